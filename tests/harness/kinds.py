"""The kinds of tests. Each maker yields tests for the files it finds; ../README.md describes them.

A test is a name, the programs that make has to build for it, a function that returns when the test has
passed and raises Failure or Skip otherwise, and what helps to find the order in which tests begin.
"""

import difflib
import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from runpy import run_path
from typing import Callable

import profiles
from process import Failure, Skip, run

sys.path.insert(0, str(Path(__file__).parent.parent))
import checker  # noqa: E402

WARNINGS = "-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror".split()

# How a program is started under each runtime, to see that what it prints does not depend on it.
VARIANTS = {
    "thread": [["--threads", n] for n in ("1", "2", "8")],
    "pool": [["--threads", n] for n in ("1", "2", "8")],
    "event": [["--loops", n] for n in ("1", "2", "8")],
    "trace": [["--seed", str(n)] for n in range(1, 51)]
    + [["--seed", str(n), "--priorities"] for n in range(1, 11)],
}


@dataclass
class Test:
    name: str
    action: Callable[[], None]
    needs: list = field(default_factory=list)
    limit: int = 60  # seconds that it may take: the order in which tests begin goes by that
    waits: bool = False  # for clients, timers and others more than it computes: runs beside those


@dataclass
class Context:
    """What the suite runs on."""

    build: Path  # absolute
    runtimes: list
    sanitizer: str  # "address,undefined", "thread" or ""
    rewrite: bool
    checked: dict = field(default_factory=dict)  # programs, and what the checker said of each

    @property
    def fluxc(self):
        return self.build / "bin" / "fluxc"

    @property
    def checked_fluxc(self):
        """The same, followed by a look at what it has made of the program (tests/checker)."""
        return Path("tests/checker/bin/fluxc").absolute()

    @property
    def environment(self):
        return {"FLUXC": str(self.checked_fluxc), "FLUXC_REAL": str(self.fluxc)}

    def check_program(self, source, runtimes=checker.RUNTIMES):
        """For programs that make has compiled. Many tests run the same one: it is looked at once."""
        options = source.parent / "options"
        words = options.read_text().split() if options.exists() else []
        for runtime_name in runtimes:
            if (source, runtime_name) not in self.checked:
                try:
                    checker.check_program(self.fluxc, source, words, [runtime_name])
                    self.checked[source, runtime_name] = None
                except checker.Wrong as wrong:
                    self.checked[source, runtime_name] = wrong
            if wrong := self.checked[source, runtime_name]:
                raise Failure(f"the checker says: {wrong}")

    def limit(self, *files):
        """Seconds: the default, or what a line "limit: 120 s" in one of the files says."""
        seconds = 60
        for file in files:
            found = re.search(r"\blimit: (\d+) s\b", file.read_text(errors="replace"))
            if found:
                seconds = int(found[1])
        soak = int(os.environ.get("FLUX_SOAK_SECONDS", 0)) * 3  # one for each way to run a program
        return soak + seconds * (4 if self.sanitizer else 1)


def discover(context):
    makers = [unit, golden, coverage, programs, profile, bench, random_programs]
    makers += [runtime, cli, server, sim, faults, invalid, fuzz]
    for maker in makers:
        yield from maker(context)


def check_equal(expected, actual, result):
    if expected == actual:
        return
    lines = difflib.unified_diff(
        expected.splitlines(), actual.splitlines(), "expected", "actual", lineterm=""
    )
    raise Failure(result.report("\n".join(lines) or "the last line is not complete"))


def check_status(result, status=0):
    if result.status == 77:
        raise Skip(result.out.strip() or result.err.strip())
    if result.status != status:
        raise Failure(result.report(f"exit {result.status} instead of {status}"))


# ---- unit and runtime: C programs that fail by their exit status ---------------------------------


def unit(context):
    for source in sorted(Path("tests/unit").glob("*_test.c")):
        program = context.build / source.with_suffix("")

        def action(source=source, program=program):
            check_status(run([program], context.limit(source)))

        yield Test(f"unit/{source.stem}", action, [program])


def runtime(context):
    for source in sorted(Path("tests/runtime").glob("*.c")):
        text = source.read_text()
        named = re.search(r"// runtimes:(.*)", text)
        options = re.search(r"// args:(.*)", text)
        for name in context.runtimes:
            if named and name not in named[1].split():
                continue
            program = context.build / f"tests/runtime/{source.stem}-{name}"
            command = [program] + (options[1].split() if options else [])

            def action(source=source, command=command):
                check_status(run(command, context.limit(source)))

            limit = context.limit(source)
            yield Test(f"runtime/{source.stem}:{name}", action, [program], limit, waits=True)


# ---- golden: what fluxc says, word for word ------------------------------------------------------


def golden(context):
    for source in sorted(Path("tests/golden").glob("*.flux")):

        def action(source=source):
            first = source.open(errors="replace").readline()
            options = first.removeprefix("// fluxc:").split() if "// fluxc:" in first else []
            emits = any(option.startswith(("--emit", "-d")) for option in options)
            if not emits:
                options.append("--emit=prog")
            if not any(option.startswith("-d") for option in options):
                options += ["-o", "-"]
            command = [context.checked_fluxc, *options, source.name]
            result = run(
                command, context.limit(source), cwd=source.parent, env=context.environment
            )
            said = (result.out if emits else "") + result.err + f"exit {result.status}\n"
            expected = source.with_suffix(".expected")
            if context.rewrite:
                expected.write_text(said)
            elif not expected.exists():
                raise Failure(f"{expected} is missing; `make golden` writes it:\n{said}")
            else:
                check_equal(expected.read_text(), said, result)

        yield Test(f"golden/{source.stem}", action, [context.fluxc])


def coverage(_context):
    """Every rule and every diagnostic has a case."""

    def rules():
        defined = set(re.findall(r"^### (R\d+) ", Path("docs/language.md").read_text(), re.M))
        shown = set()
        for path in Path("tests/golden").glob("R*.flux"):
            shown.update(re.match(r"((?:R\d+-)*)", path.name)[1].split("-"))
        for folder in ("tests/run", "tests/runtime", "tests/cli", "tests/unit", "tests/server"):
            for path in Path(folder).rglob("*"):
                if path.is_file():
                    shown.update(re.findall(r"\bR\d+\b", path.read_text(errors="replace")))
        missing = sorted(defined - shown, key=lambda rule: int(rule[1:]))
        if missing:
            raise Failure("rules of docs/language.md without a case: " + " ".join(missing))

    def diagnostics():
        table = Path("fluxc/diag.def").read_text()
        defined = set(re.findall(r'^DIAG\(\s*\w+\s*,\s*"([^"]+)"', table, re.M))
        shown = set()
        for path in [*Path("tests/golden").glob("*.expected"), *Path("tests/cli").glob("*.sh")]:
            shown.update(re.findall(r"\[(?:-W)?([a-z0-9-]+)\]", path.read_text(errors="replace")))
        missing = sorted(defined - shown)
        if missing:
            raise Failure("diagnostics without a case: " + " ".join(missing))

    yield Test("coverage/rules", rules)
    yield Test("coverage/diagnostics", diagnostics)


# ---- run: programs that print the same under every runtime ---------------------------------------


def folders_of_programs():
    """(folder, source, name) of each."""
    for folder in sorted([*Path("tests/run").glob("*"), *Path("examples").glob("*")]):
        source = folder / f"{folder.name}.flux"
        if source.exists():
            yield folder, source, str(folder).removeprefix("tests/")


def programs(context):
    for folder, source, name in folders_of_programs():
        for runtime_name, variants in variants_of(folder, context):
            program = context.build / f"{folder}-{runtime_name}"

            def action(
                folder=folder,
                source=source,
                program=program,
                variants=variants,
                runtime_name=runtime_name,
            ):
                context.check_program(source, [runtime_name])
                for options in variants:
                    run_program(context, folder, source, program, options)

            yield Test(f"{name}:{runtime_name}", action, [program])

        yield from emitted_test(name, folder, context)
    for folder in sorted(Path("servers").glob("*")):
        if (folder / f"{folder.name}.flux").exists():
            yield from emitted_test(str(folder), folder, context)


def emitted_test(name, folder, context):
    """The C that fluxc writes for this program is compiled by all compilers that there are."""
    emitted = [context.build / f"gen/{folder}-{r}/{folder.name}_flux.c" for r in context.runtimes]
    if not context.sanitizer:

        def action():
            context.check_program(folder / f"{folder.name}.flux")
            compile_everywhere(context, emitted)

        yield Test(f"emitted/{name}", action, emitted)


def variants_of(folder, context):
    """Pairs of a runtime and option lists. A file `runtimes` may replace the usual ones: each line
    a runtime, and options of one variant after it."""
    table = VARIANTS
    if (folder / "runtimes").exists():
        table = {}
        for line in (folder / "runtimes").read_text().splitlines():
            name, *options = line.split()
            table.setdefault(name, []).extend([options] if options else VARIANTS[name])
    for name in context.runtimes:
        if name in table:
            variants = table[name]
            yield name, variants[:10] if context.sanitizer else variants


# Variants in which a program that measures itself is run: one of each runtime, and some seeds.
PROFILED = {"thread": 1, "pool": 1, "event": 2, "trace": 4}
# Without FLUX_ALL: one where flows run side by side, and the one that tells its calls.
PROFILED_USUAL = ("event", "trace")


def profile(context):
    """The programs once more, compiled with --profile: they print the same, and what they have
    counted adds up."""
    everything = os.environ.get("FLUX_ALL")
    for folder, source, name in folders_of_programs():
        for runtime_name, variants in variants_of(folder, context):
            if runtime_name not in PROFILED_USUAL and not everything:
                continue
            program = context.build / f"profiled/{folder}-{runtime_name}"
            some = variants[-PROFILED[runtime_name] :]

            def action(folder=folder, source=source, program=program, some=some):
                for options in some:
                    run_profiled(context, folder, source, program, options)

            yield Test(f"profile/{name}:{runtime_name}", action, [program])
        if everything and not context.sanitizer:
            gen = [context.build / f"gen/profiled/{folder}-{r}" for r in context.runtimes]
            emitted = [path / f"{folder.name}_flux.c" for path in gen]

            def compiled(emitted=emitted):
                compile_everywhere(context, emitted)

            yield Test(f"profile/emitted/{name}", compiled, emitted)


def run_profiled(context, folder, source, program, options):
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "profile.json")
        result = run_program(context, folder, source, program, options, {"FLUX_PROFILE": str(file)})
        if (folder / "status").exists():
            return  # it has not come to its end
        try:
            told = result.err if "trace: flow" in result.err else None
            profiles.check(json.loads(file.read_text()), told)
        except (OSError, ValueError, KeyError, profiles.Wrong) as wrong:
            raise Failure(result.report(f"its profile: {wrong!r}")) from None


def run_program(context, folder, source, program, options, more_env=None):
    arguments = folder / "args"
    command = [program, *options, *(arguments.read_text().split() if arguments.exists() else [])]
    driver = folder / "driver"
    if driver.exists():
        command = [driver, *command]
    env = {"PYTHONPATH": str(Path("tests/harness").absolute()), "PYTHONDONTWRITEBYTECODE": "1"}
    result = run(command, context.limit(source), env={**env, **(more_env or {})})
    status = folder / "status"
    check_status(result, int(status.read_text()) if status.exists() else 0)
    actual = result.out
    if (folder / "sort").exists():
        actual = "".join(sorted(actual.splitlines(keepends=True)))
    check_equal((folder / "expected").read_text(), actual, result)
    log = folder / "expected-log"
    for pattern in log.read_text().splitlines() if log.exists() else []:
        if not re.search(pattern, result.err):
            raise Failure(result.report(f"no line of the log matches '{pattern}'"))
    return result


def compile_everywhere(context, emitted):
    """What fluxc emits compiles without a warning, and its header in C++ too."""
    compilers = [["gcc"], ["clang"]]
    with tempfile.TemporaryDirectory() as scratch:
        for compiler in compilers:
            if not shutil.which(compiler[0]):
                continue
            for file in emitted:
                options = options_for(context, file)
                check_status(
                    run([*compiler, *WARNINGS, "-O1", *options, "-c", file, "-o", f"{scratch}/o"], 60)
                )
        if emitted[0].is_relative_to(context.build / "gen/servers"):
            return  # their own headers are C
        header = emitted[0].with_suffix(".h")
        options = options_for(context, emitted[0])
        probe = Path(scratch, "probe.cc")
        probe.write_text(f'#include "{header}"\n')
        flags = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
        check_status(run(["g++", *flags, *options, probe], 60))


def options_for(context, emitted):
    """build/gen/tests/run/NAME-RUNTIME/NAME_flux.c comes from tests/run/NAME."""
    source = str(emitted.parent.relative_to(context.build / "gen")).rpartition("-")[0]
    source = source.removeprefix("profiled/")
    options = ["-I", context.build / "include", "-I", source]
    if source.startswith("servers/"):
        options += ["-I", "servers/common", "-D_GNU_SOURCE"]  # the headers of its nodes ask for it
    return options


def bench(context):
    """The programs of bench/, and those that it generates, are compiled there and checked here."""
    for source in sorted(Path("bench").glob("*/*.flux")):
        yield Test(
            f"bench/{source.parent.name}-{source.stem}",
            lambda source=source: context.check_program(source),
            [context.fluxc],
        )

    def generated():
        shapes = run_path("bench/compile/generate.py")["SHAPES"]
        with tempfile.TemporaryDirectory() as scratch:
            for shape in shapes:
                source = Path(scratch, f"{shape.__name__}.flux")
                source.write_text(shape(300))
                context.check_program(source)

    yield Test("bench/compile", generated, [context.fluxc])


# ---- random: generated programs, and what an oracle says of them ---------------------------------

SEEDS_PER_TEST = 20
SEEDS = 240
SEEDS_SANITIZED = 60


def random_programs(context):
    """Seeds from 1 on in several tests, which run side by side; `make soak` runs more. And programs
    in the same form that somebody has written."""
    tool = Path("tests/random/soak.py")
    needs = [context.build / f"tests/random/runner-{name}" for name in context.runtimes]
    tools = [f"--build={context.build}", f"--sanitizer={context.sanitizer}"]
    tools.append(f"--runtimes={' '.join(context.runtimes)}")
    env = {"PYTHONDONTWRITEBYTECODE": "1"}
    for first in range(1, SEEDS_SANITIZED if context.sanitizer else SEEDS, SEEDS_PER_TEST):
        name = f"{first}-{first + SEEDS_PER_TEST - 1}"

        def action(first=first, name=name):
            command = ["python3", tool, *tools, "--jobs=1", "--afresh", "--as-they-are"]
            command += [f"--first={first}", f"--seeds={SEEDS_PER_TEST}"]
            command += [f"--log={context.build}/random/{name}/log"]
            check_status(run(command, context.limit(tool), env=env))

        yield Test(f"random/{name}", action, [*needs, "all"], context.limit(tool))

    for source in sorted(Path("tests/random/programs").glob("*.flux")):

        def alone(source=source):
            command = ["python3", "tests/random/compare.py", *tools, source]
            check_status(run(command, context.limit(source), env=env))

        yield Test(f"random/{source.stem}", alone, [*needs, "all"])

    def controls():
        check_status(run(["python3", "tests/random/controls.py", "--apply"], context.limit(tool)))

    yield Test("random/controls-apply", controls)


# ---- invalid: programs with one mistake each -----------------------------------------------------


def invalid(context):
    """Mutants of valid programs; `make mutants` makes more."""

    def action():
        tool = Path("tests/invalid/mutants.py")
        count = 1200 if context.sanitizer else 4000
        command = [sys.executable, tool, context.fluxc, f"--count={count}", "--random=40"]
        check_status(run(command, context.limit(tool)))

    limit = context.limit(Path("tests/invalid/mutants.py"))
    yield Test("invalid/mutants", action, [context.fluxc], limit)


# ---- cli, server, fuzz: scripts and inputs -------------------------------------------------------


def cli(context):
    for script in sorted(Path("tests/cli").glob("*.sh")):

        def action(script=script):
            with tempfile.TemporaryDirectory() as scratch:
                env = {
                    **context.environment,
                    "BUILD": str(context.build),
                    "ROOT": os.getcwd(),
                    "PKG_CONFIG_PATH": str(context.build / "lib/pkgconfig"),
                    "FLAGS": f"-fsanitize={context.sanitizer}" if context.sanitizer else "",
                }
                limit = context.limit(script)
                check_status(run(["sh", script.absolute()], limit, cwd=scratch, env=env))

        yield Test(f"cli/{script.stem}", action, ["all"], context.limit(script))


# What servers are run under unless FLUX_ALL is set, as CI does: a line "# check: event" in a test has
# it run under less.
SERVER_RUNTIMES = ["thread", "pool", "event"]


def server(context):
    for script in sorted(Path("tests/server").glob("*")):
        if not (script.is_file() and os.access(script, os.X_OK)):
            continue
        found = re.search(r"^# check: (.*)", script.read_text(), re.MULTILINE)
        usual = found[1].split() if found else SERVER_RUNTIMES
        for name in context.runtimes:
            if name not in usual and not os.environ.get("FLUX_ALL"):
                continue

            def action(script=script, name=name):
                sources = [*Path("servers").glob("*/*.flux"), *Path("tools").glob("*/*.flux")]
                for source in sorted(sources):
                    context.check_program(source, [name])
                env = {
                    "PYTHONPATH": str(Path("tests/harness").absolute()),
                    "PYTHONDONTWRITEBYTECODE": "1",
                }
                command = [script.absolute(), context.build / "bin", name]
                check_status(run(command, context.limit(script), env=env))

            libraries = " ".join(re.findall(r"# needs: (.*)", script.read_text())).split()
            needs = ["all", *(context.build / library for library in libraries)]
            limit = context.limit(script)
            yield Test(f"server/{script.stem}:{name}", action, needs, limit, waits=True)


def sim(context):
    models = sorted(Path("tests/sim/models").glob("*.flux"))
    needs = [context.build / "tests/sim" / model.stem for model in models]
    for script in sorted(Path("tests/sim").glob("*.py")):
        if not os.access(script, os.X_OK):
            continue

        def action(script=script):
            check_status(run([script.absolute(), context.build], context.limit(script)))

        yield Test(f"sim/{script.stem}", action, needs, context.limit(script))


# Calls of a kind that fail in a program; `make faults` has all of them fail.
FAULTS = "8"
FAULTS_SANITIZED = "4"


def faults(context):
    """One call of a program's fails, one after the other: a script for each runtime."""
    if "thread" in context.sanitizer:
        return  # address sanitizer sees what goes wrong with memory when a call fails
    sample = os.environ.get("FLUX_FAULTS", FAULTS_SANITIZED if context.sanitizer else FAULTS)
    patience = 20 if sample == "all" else 1
    for script in sorted(Path("tests/faults").glob("*")):
        if not (script.is_file() and os.access(script, os.X_OK)):
            continue
        for name in context.runtimes:

            def action(script=script, name=name):
                command = [script.absolute(), context.build, name]
                env = {"PYTHONDONTWRITEBYTECODE": "1", "FLUX_FAULTS": sample}
                check_status(run(command, patience * context.limit(script), env=env))

            programs = " ".join(re.findall(r"# needs: (.*)", script.read_text())).split()
            needs = [context.build / f"{program}-{name}" for program in programs]
            needs.append(context.build / "tests/faults/faults.so")
            limit = context.limit(script)
            yield Test(f"faults/{script.name}:{name}", action, needs, limit, waits=True)


def fuzz(context):
    """The committed inputs of a fuzzer, once each; `make fuzz` looks for new ones."""
    for source in sorted(Path("tests/fuzz").glob("*_fuzz.c")):
        program = context.build / source.with_suffix("")
        corpus = Path("tests/fuzz") / source.stem.removesuffix("_fuzz")

        def action(source=source, program=program, corpus=corpus):
            inputs = sorted(path for path in corpus.glob("*") if path.is_file())
            check_status(run([program, *inputs], context.limit(source)))
            for path in inputs:
                if path.suffix == ".flux":
                    context.check_program(path)

        yield Test(f"fuzz/{corpus.name}", action, [program, context.fluxc])
