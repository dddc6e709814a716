"""Compiles a program (program.py) and runs it under all runtimes: what comes out is for compare.py.

    tools = Tools(Path("build/san-address-undefined"), sanitizer="address,undefined")
    build = compile_text(text, folder, tools)
    for result in run_all(build, tools): ...

What fluxc emits is, with the nodes, a shared library, which the runners of all runtimes
(build/tests/random/runner-RUNTIME, see the Makefile) load in place of their stub: so a program is
compiled twice, for trace and for the others, and linked to no runtime at all.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import nodes
from oracle import Oracle
from program import read

sys.path.append(str(Path(__file__).resolve().parent.parent))
import checker  # noqa: E402

HERE = Path(__file__).resolve().parent
RUNTIMES = ["thread", "pool", "event", "trace"]
COUNTS = {"thread": "--threads", "pool": "--threads", "event": "--loops", "trace": "--seed"}
LIMIT = 120  # seconds: kit.c sees a hang earlier


class Problem(Exception):
    """What is wrong with a program. kind: a word, the same for the same kind of defect; run: the
    run in which it showed, if it was one."""

    def __init__(self, kind, text, run=None):
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text
        self.run = run


@dataclass
class Tools:
    """What is under test. Controls put other compilers and libraries of runtimes here."""

    build: Path
    sanitizer: str = ""
    runtimes: list = field(default_factory=lambda: list(RUNTIMES))
    fluxc: Path = None
    runners: Path = None  # a folder
    cc: str = "gcc"
    counts: tuple = (1, 2, 8)  # of threads, workers and loops
    seeds: tuple = (1, 2)  # of trace
    check_steps: bool = True
    only: list = None  # these runs and no others

    def __post_init__(self):
        self.build = self.build.absolute()
        self.fluxc = self.fluxc or self.build / "bin/fluxc"
        self.runners = self.runners or self.build / "tests/random"

    def runs(self, program):
        """(runtime, arguments) of each run."""
        if self.only is not None:
            yield from self.only
            return
        for runtime in self.runtimes:
            counts = self.seeds if runtime == "trace" else self.counts_for(runtime, program)
            for turn, number in enumerate(counts):
                yield runtime, [COUNTS[runtime], str(number), *self.limits(runtime, turn, program)]

    def counts_for(self, runtime, program):
        """Where a flow needs others to go on, there is a thread for all of them, if it keeps its own:
        under thread always, under pool in the middle of a node."""
        keeps = {"thread": program.meets or program.mail, "pool": program.meets}.get(runtime)
        least = 2 + sum(source.flows for source in program.sources) if keeps else 1
        return sorted({max(least, count) for count in self.counts})

    def limits(self, runtime, turn, program):
        """In every second run sources have to wait for room, unless a flow needs others; trace
        chooses in another way there."""
        options = ["--quiet"] if runtime == "trace" else []
        if turn == 1:
            if runtime == "trace":
                options += ["--priorities"]
            if not program.meets and not program.mail:
                options += ["--max-flows", "2"]
                options += ["--queue", "1"] if runtime == "pool" else []
        return options


@dataclass
class Build:
    folder: Path
    text: str
    program: object
    expected: object
    profiled: bool  # compiled with --profile


@dataclass
class Result:
    runtime: str
    arguments: list
    command: str  # to repeat it by hand
    status: int  # negative: a signal
    out: str
    err: str
    profile: dict = None  # what it has counted, if it was to


def call(command, folder, env=None):
    process = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=LIMIT,
        check=False,
    )
    return process.returncode, process.stdout.decode(), process.stderr.decode(errors="replace")


# ---- compiling -----------------------------------------------------------------------------------

# What shortens the compiler's work and leaves nothing out that AddressSanitizer would not tell.
SANITIZE = [
    "-fno-sanitize-recover=all",
    "-fno-sanitize=null,alignment,object-size",
    "--param=asan-instrumentation-with-call-threshold=0",
]

EXPECTED_WARNINGS = {
    "dropped-outputs",
    "early-acquisition",
    "endless-repeat",
    "held-over-await",
    "held-over-blocking",
    "held-over-repeat",
    "missing-default",
    "source-constraint",
    "unreachable-arm",
}


def fluxc(tools, folder, *options):
    status, out, err = call([tools.fluxc, *options, "program.flux"], folder)
    if status != 0:
        named = re.search(r"error: .*\[([a-z-]+)\]$", err, re.M)
        raise Problem(f"refused-{named[1] if named else status}", err)
    return out, err


def is_profiled(text):
    """Every third program measures itself."""
    return zlib.crc32(text.encode()) % 3 == 0


def emit(tools, folder, profiled):
    """The C for each runtime, of which those that ask for no steps differ by its name alone."""
    texts = {}
    for runtime in tools.runtimes:
        name = "trace" if runtime == "trace" else "flows"
        options = [f"--runtime={runtime}", "--no-lines", "-o", f"{name}.c"]
        _, err = fluxc(tools, folder, *options, *(["--profile"] if profiled else []))
        emitted = (folder / f"{name}.c").read_text().replace(f"{name}.h", "flows.h")
        texts[runtime] = re.sub(rf"\b(flux_runtime_is_)?{runtime}\b", r"\1NAME", emitted)
        found = set(re.findall(r"warning: .*\[-W([a-z-]+)\]$", err, re.M))
        if found - EXPECTED_WARNINGS or re.search(r"\berror:", err):
            raise Problem("warning", err)
    plain = {text for runtime, text in texts.items() if runtime != "trace"}
    if len(plain) > 1:
        raise Problem("emitted", "what is emitted differs by more than the runtime's name")


def compile_c(tools, folder, name, program):
    """name.c and the nodes to a library in the folder `name`."""
    (folder / name).mkdir(exist_ok=True)
    (folder / f"{name}-nodes.c").write_text(nodes.c_text(program, f"{name}.c"))
    sanitize = [f"-fsanitize={tools.sanitizer}", *SANITIZE] if tools.sanitizer else []
    command = [*tools.cc.split(), "-std=gnu11", "-w", "-O0", "-fPIC", "-shared", *sanitize]
    command += ["-I", tools.build / "include", "-I", HERE, f"{name}-nodes.c"]
    command += ["-o", f"{name}/libprogram.so"]
    status, _, err = call(command, folder)
    if status != 0:
        raise Problem("compiler", err)


def check_steps(tools, folder):
    try:
        checker.check_program(tools.fluxc, "program.flux", folder=folder)
    except checker.Wrong as wrong:
        raise Problem("steps", str(wrong)) from None


def compile_text(text, folder, tools):
    """Everything that the runs need, in this folder."""
    folder = Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "program.flux").write_text(text)
    program = read(text)
    expected = Oracle(program).run()
    (folder / "plan").write_bytes(expected.plan)
    (folder / "expected").write_text(expected.text)
    profiled = is_profiled(text)
    emit(tools, folder, profiled)
    if tools.check_steps:
        check_steps(tools, folder)
    if set(tools.runtimes) - {"trace"}:
        compile_c(tools, folder, "flows", program)
    if "trace" in tools.runtimes:
        compile_c(tools, folder, "trace", program)
    return Build(folder, text, program, expected, profiled)


# ---- running -------------------------------------------------------------------------------------


def run(build, tools, runtime, arguments):
    library = build.folder / ("trace" if runtime == "trace" else "flows")
    command = [tools.runners / f"runner-{runtime}", *arguments]
    profile = build.folder / "profile.json"
    if build.profiled:
        profile.unlink(missing_ok=True)
        command += ["--profile", profile]
    # That a busy machine holds up a loop is nothing to be said here.
    env = {**os.environ, "LD_LIBRARY_PATH": str(library), "FLUX_STALL": "0"}
    try:
        status, out, err = call(command, build.folder, env)
    except subprocess.TimeoutExpired as late:
        status, out, err = -signal.SIGKILL, "", (late.stderr or b"").decode(errors="replace")
    words = [f"LD_LIBRARY_PATH={library}", *map(str, command)]
    shown = f"cd {build.folder} && {shlex.join(words)}"
    ended = status == 0 and build.profiled and profile.exists()  # who is killed has written nothing
    counted = json.loads(profile.read_text()) if ended else None
    return Result(runtime, arguments, shown, status, out, err, counted)


def run_all(build, tools):
    for runtime, arguments in tools.runs(build.program):
        yield run(build, tools, runtime, arguments)
