"""That the kit can fail: compilers and runtimes that are broken on purpose, and are all to be caught.

    python3 tests/random/controls.py --build=build [--seeds=200] [NAME...]
    python3 tests/random/controls.py --apply        only sees that each still applies

Each file in controls/ tells what is broken, and in which place of the sources. The text that is to be
replaced has to be there exactly once, so that a control cannot outlive what it breaks. The sources and
the build folder are copied, and what has changed is built again there.

A compiler is tried twice: first the checker of steps (../checker) has to find what is wrong, without
running anything; then, with the checker left out, the runs alone. Each time seeds are tried from 1 on
until one fails. Last, the unbroken ones have to pass all seeds that have been tried.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from compare import try_text
from execute import Problem, Tools, check_steps
from generate import generate
from program import write
from workers import pool

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCES = ("Makefile", "fluxc", "grammar", "runtimes", "tests/random")
BUILT = ("settings", "obj/fluxc", "obj/gen", "obj/runtimes", "obj/tests/random", "gen/flux.tab.h",
         "gen/flux.tab.c", "gen/flux.lex.h", "gen/flux.lex.c", "lib", "include", "bin/fluxc",
         "tests/random")  # fmt: skip
ORDINARY = 20  # seeds, at least, that the unbroken ones have to pass
PATIENCE = "8"  # seconds in which nothing moves: a hang (kit.c)


@dataclass
class Control:
    name: str
    about: str
    file: str
    was: str
    instead: str

    @property
    def of_compiler(self):
        return self.file.startswith("fluxc/")


@dataclass
class Catch:
    """The seed that was caught, and by what; seed None: none."""

    seed: int = None
    kind: str = ""
    under: str = ""
    seconds: float = 0

    def __str__(self):
        if self.seed is None:
            return f"NOT CAUGHT ({self.seconds:.0f} s)"
        return f"seed {self.seed}: {self.kind}{self.under} ({self.seconds:.0f} s)"


def read_control(path):
    about, _, rest = path.read_text().partition("\n@file ")
    file, _, rest = rest.partition("\n@was\n")
    was, _, instead = rest.partition("\n@is\n")
    if not (file and was and instead):
        sys.exit(f"{path}: not a control")
    return Control(path.name, " ".join(about.split()), file, was + "\n", instead)


def apply(control, folder):
    path = folder / control.file
    text = path.read_text() if path.exists() else ""
    count = text.count(control.was)
    if count != 1:
        sys.exit(f"controls/{control.name} does not apply: {control.file} has its text {count} times")
    path.write_text(text.replace(control.was, control.instead))


# ---- building ------------------------------------------------------------------------------------


def copy(source, target, names):
    """Files and folders, with their times."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        way = shutil.copytree if (source / name).is_dir() else shutil.copy2
        way(source / name, target / name)


def build(control, build_folder, folder, jobs):
    """The tree, broken, in this folder; only what depends on the change is compiled."""
    copy(ROOT, folder, SOURCES)
    copy(build_folder, folder / "build", BUILT)
    apply(control, folder)
    tools = Tools(build_folder)
    if control.of_compiler:
        tools.fluxc = folder / "build/bin/fluxc"
        targets = ["build/bin/fluxc"]
    else:
        tools.runners = folder / "build/tests/random"
        targets = [f"build/tests/random/runner-{runtime}" for runtime in tools.runtimes]
    # With the variables of the make that runs this, but for where it builds.
    flags = re.sub(r"\s?(-j\d*|--jobserver-\S+)", "", os.environ.get("MAKEFLAGS", ""))
    environment = {**os.environ, "MAKEFLAGS": flags}
    environment.pop("MAKELEVEL", None)
    command = ["make", "-s", f"-j{jobs}", "BUILD=build", "WERROR=", *targets]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"controls/{control.name} cannot be built:\n{done.stderr.decode()}")
    return tools


# ---- trying --------------------------------------------------------------------------------------


def look(text, folder, tools):
    """The checker alone."""
    folder.mkdir(parents=True)
    (folder / "program.flux").write_text(text)
    check_steps(tools, folder)


def try_seed(job):
    seed, tools, scratch = job
    folder = Path(scratch, str(seed))
    text = write(generate(seed))
    try:
        (look if tools.check_steps else try_text)(text, folder, tools)
    except Problem as problem:
        return seed, problem.kind, f" under {problem.run[0]}" if problem.run else ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return seed, None, ""


def hunt(tools, seeds, jobs):
    """The first of the seeds at which something is wrong."""
    begun = time.monotonic()
    catch = Catch()
    with tempfile.TemporaryDirectory(prefix="flux-controls-") as scratch:
        work = ((seed, tools, scratch) for seed in range(1, seeds + 1))
        with pool(jobs) as workers:
            for seed, kind, under in workers.imap(try_seed, work):
                if kind is not None:
                    catch = Catch(seed, kind, under)
                    break
    catch.seconds = time.monotonic() - begun
    return catch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--apply", action="store_true", help="only see that each applies")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    os.environ["KIT_PATIENCE"] = PATIENCE

    controls = [read_control(path) for path in sorted((HERE / "controls").iterdir())]
    controls = [c for c in controls if not options.names or c.name in options.names]
    for control in controls:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, control.file).parent.mkdir(parents=True)
            shutil.copy(ROOT / control.file, Path(folder, control.file))
            apply(control, Path(folder))
    if options.apply:
        return 0

    build_folder = options.build.absolute()
    missed, last = 0, ORDINARY
    print(f"{'control':22} {'by the checker of steps':34} by running", flush=True)
    for control in controls:
        with tempfile.TemporaryDirectory(prefix="flux-control-") as folder:
            tools = build(control, build_folder, Path(folder), options.jobs)
            seen = hunt(tools, options.seeds, options.jobs) if control.of_compiler else "-"
            tools.check_steps = False
            ran = hunt(tools, options.seeds, options.jobs)
        missed += ran.seed is None or (control.of_compiler and seen.seed is None)
        last = max(last, ran.seed or options.seeds)
        print(f"{control.name:22} {str(seen):34} {ran}", flush=True)
    tools = Tools(build_folder)
    seen = hunt(tools, last, options.jobs)
    tools.check_steps = False
    ran = hunt(tools, last, options.jobs)
    good = seen.seed is None and ran.seed is None
    print(f"{'ordinary':22} {f'seeds 1 to {last} pass' if good else f'{seen}; {ran}'}")
    print(f"{len(controls) - missed + good} passed, {missed + (not good)} failed")
    return 1 if missed or not good else 0


if __name__ == "__main__":
    sys.exit(main())
