"""Finds the tests, has make build what they need, runs them side by side, and counts.

    python3 tests/harness/check.py --build=build --runtimes='thread event' [PATTERN]

The last line is 'N passed, M failed', with ', K skipped' where some could not run here.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import kinds
from process import Failure, Skip


class Display:
    """One line that changes on a terminal; a line for each test elsewhere."""

    def __init__(self, total):
        self.terminal = sys.stdout.isatty()
        self.total = total
        self.done = 0
        self.failed = 0

    def show(self, name, outcome, seconds, text=""):
        self.done += 1
        self.failed += outcome == "FAILED"
        if self.terminal:
            print("\r\033[K", end="")
        if outcome == "FAILED" or not self.terminal:
            print(f"{outcome:<7} {name} {seconds:.1f} s")
            if text:
                print("        " + text.replace("\n", "\n        "))
        if self.terminal and self.done < self.total:
            failed = f", {self.failed} failed" if self.failed else ""
            print(f"{self.done}/{self.total}{failed}  {name[:60]}", end="")
        sys.stdout.flush()


def build(make, targets, jobs):
    """Builds as much as can be built; returns the targets that could not be."""
    process = subprocess.Popen(
        [*make.split(), "--no-print-directory", "-s", "-k", "-O", f"-j{jobs}", *targets],
        env={**os.environ, "LC_ALL": "C"},
        stderr=subprocess.PIPE,
        text=True,
    )
    missing = set()
    for line in process.stderr:
        target = re.search(r"Target '(.*)' not remade|No rule to make target '(.*)'", line)
        if target:
            missing.update(target.groups())
        if not target or target[2]:
            print(line, end="", file=sys.stderr)
    if process.wait() != 0:
        missing.update(t for t in targets if t != "all" and not os.path.exists(t))
    return missing


def perform(test, missing):
    begun = time.monotonic()
    try:
        if missing.intersection(test.targets):
            return "FAILED", 0, "could not be built, see above"
        test.action()
        outcome, text = "ok", ""
    except Failure as failure:
        outcome, text = "FAILED", str(failure)
    except Skip as skip:
        outcome, text = "skipped", str(skip)
    except (OSError, ValueError) as error:
        outcome, text = "FAILED", f"{type(error).__name__}: {error}"
    return outcome, time.monotonic() - begun, text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--make", default="make")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--runtimes", default="thread pool event trace")
    parser.add_argument("--sanitizer", default="")
    parser.add_argument("--kinds", default="", help="only these, such as 'run runtime'")
    parser.add_argument("--rewrite", action="store_true", help="golden: write expected files")
    parser.add_argument("pattern", nargs="?", default="")
    options = parser.parse_args()

    context = kinds.Context(
        build=Path(options.build).absolute(),
        runtimes=options.runtimes.split(),
        sanitizer=options.sanitizer,
        rewrite=options.rewrite,
    )
    tests = [test for test in kinds.discover(context) if options.pattern in test.name]
    if options.kinds:
        tests = [test for test in tests if test.name.split("/")[0] in options.kinds.split()]
    for test in tests:  # make knows files by the name of the build folder as it was given
        test.targets = [str(n).replace(str(context.build), options.build) for n in test.needs]
    # Variables of make's command line go on to the makes that run below, the rest of it does not.
    flags = re.sub(r"\s?(-j\d*|--jobserver-\S+)", "", os.environ.get("MAKEFLAGS", ""))
    os.environ["MAKEFLAGS"] = flags
    os.environ.pop("MAKELEVEL", None)

    targets = sorted({target for test in tests for target in test.targets})
    missing = build(options.make, targets, options.jobs) if targets else set()

    # The thread sanitizer would have each program that it has watched sleep for a second.
    os.environ.setdefault("TSAN_OPTIONS", "atexit_sleep_ms=0")

    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    display = Display(len(tests))
    # As many again wait for something as there are that compute; the longest begin first.
    tests.sort(key=lambda test: -test.limit)
    with ThreadPoolExecutor(options.jobs) as computing, ThreadPoolExecutor(options.jobs) as waiting:
        running = {
            (waiting if test.waits else computing).submit(perform, test, missing): test
            for test in tests
        }
        for future in as_completed(running):
            outcome, seconds, text = future.result()
            counts[outcome] += 1
            display.show(running[future].name, outcome, seconds, text)

    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"{counts['ok']} passed, {counts['FAILED']} failed{skipped}")
    return 1 if counts["FAILED"] or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
