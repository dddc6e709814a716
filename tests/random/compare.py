"""What must hold of a run: everything that the oracle has told, and silence beside it.

    check(build, result)            raises Problem
    python3 tests/random/compare.py [--build=build] [--sanitizer=] SEED|FILE...
"""

import argparse
import difflib
import re
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from execute import Problem, Tools, compile_text, run_all
from generate import generate
from program import write

sys.path.append(str(Path(__file__).resolve().parent.parent / "harness"))
import profiles  # noqa: E402

STAMP = r"\d{4}-\d\d-\d\dT\S+ \S+\[\d+\] "
LOG = [  # what the runtime may say of a program whose nodes fail
    STAMP + r"error flow \d+: \w+ failed: .*; path .*",
    STAMP + r"warning: source \w+ has failed \d+ times in a row, last .*",
    STAMP + r"warning: \d+ errors? that nobody handled",
    r"trace: seed \d+",
]
KINDS = [  # what a line of standard error says about the defect
    ("sanitizer", r"(ERROR|WARNING): \w+Sanitizer|runtime error:"),
    ("hang", r"kit: hangs"),
    ("exclusion", r"kit: .* enters '|was written while"),
    ("path", r"kit: .* step \d+ is |ends after"),
    ("kit", r"kit: "),
]


def unhandled(err):
    found = re.search(r"(\d+) errors? that nobody handled", err)
    return int(found[1]) if found else 0


def compare(build, result):
    """Pairs of kind and text; none: all is well."""
    for kind, pattern in KINDS:
        if re.search(pattern, result.err):
            yield kind, ""
            break
    if result.status != 0:
        how = f"signal {signal.Signals(-result.status).name}" if result.status < 0 else result.status
        yield "exit", f"exit {how}"
        return
    out = re.sub(r"^readers of .*\n", "", result.out, flags=re.M)
    if out != build.expected.text:
        lines = difflib.unified_diff(
            build.expected.text.splitlines(), out.splitlines(), "expected", "actual", lineterm="", n=0
        )
        yield "result", "\n".join(lines)
    if build.profiled:
        yield from compare_profile(build.expected, build.program, result.profile)
    if unhandled(result.err) != build.expected.unhandled:
        yield "unhandled", f"{unhandled(result.err)} errors, not {build.expected.unhandled}"
    for line in result.err.splitlines():
        if not any(re.fullmatch(form, line) for form in LOG):
            yield "said", line
            break


def compare_profile(expected, program, profile):
    """What it has counted. Sources run once more, or many times, before they stop. (Nodes that are
    none of the program's are the kit's.)"""
    if profile is None:
        yield "profile", "there is none"
        return
    try:
        profiles.check(profile)
    except profiles.Wrong as wrong:
        yield "profile", str(wrong)
    begin = {place["node"] for place in profile["places"] if place["path"][0] in profile["sources"]}
    for name, node in profile["nodes"].items():
        counted = node["calls"], node["errors"]
        told = expected.calls[name], expected.errors[name]
        if counted != told and name in program.nodes and name not in begin:
            yield "profile", f"{name}: {counted} calls and errors, not {told}"
    births = Counter()
    for source, count in zip(program.sources, expected.births):
        births[source.node] += count
    for name, source in profile["sources"].items():
        if name in births and source["flows"] != births[name]:
            yield "profile", f"{name}: {source['flows']} flows, not {births[name]}"


def check(build, result):
    found = list(compare(build, result))
    if found:
        texts = [text for _, text in found if text]
        texts += [result.err[:4000], f"$ {result.command}"]
        run = (result.runtime, result.arguments)
        raise Problem(found[0][0], f"{result.runtime}: " + "\n".join(texts), run)


def readers(result):
    """How many readers of one constraint were inside at once, at most."""
    return max([1, *map(int, re.findall(r"^readers of \w+: (\d+)$", result.out, re.M))])


def try_text(text, folder, tools):
    """Compiles, runs and compares; Problem where something is wrong. Returns the largest number of
    readers side by side."""
    build = compile_text(text, folder, tools)
    most = 1
    for result in run_all(build, tools):
        check(build, result)
        most = max(most, readers(result))
    return most


def text_of(word):
    """A file in the form of program.py, or a seed."""
    return write(generate(int(word))) if word.isdigit() else Path(word).read_text()


def main():
    parser = argparse.ArgumentParser(description="Compiles, runs and compares programs.")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--sanitizer", default="")
    parser.add_argument("--runtimes", default="thread pool event trace")
    parser.add_argument("--folder", help="where to leave the program and what is made of it")
    parser.add_argument("programs", nargs="+", help="seeds, or files")
    options = parser.parse_args()
    tools = Tools(options.build, options.sanitizer, options.runtimes.split())
    failed = 0
    for word in options.programs:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                most = try_text(text_of(word), options.folder or scratch, tools)
                print(f"{word}: ok, at most {most} readers side by side", flush=True)
            except Problem as problem:
                failed += 1
                print(f"{word}: {problem}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
