#!/usr/bin/env python3
"""Checks constraint.pml with SPIN, in the configurations below; docs/model.md says what they show.

    tests/model/run.py [--short] [--trail] [NAME...]

--short: those that take a second. --trail: where something is found, the steps that lead there are
printed, also if it should be found; if it should not, they always are. A complete run in which everything comes out as it should writes
down, in the file `checked`, what the C functions that the model follows look like; the other runs
fail when they no longer look like that. Exit status 77: there is no spin.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODEL = HERE / "constraint.pml"
CHECKED = HERE / "checked"
MEMORY = 7500  # MiB, for a run

HOLDS = "holds"
STUCK = "a flow never ends"
WRONG = "an assertion fails"
CYCLE = "a cycle without progress"


@dataclass
class Configuration:
    name: str
    defines: str
    outcome: str = HOLDS
    short: bool = False
    cycles: bool = False  # looks for flows that go on for ever, under weak fairness


def holds(name, defines, short=False, cycles=False):
    return Configuration(name, defines, HOLDS, short, cycles=cycles)


def control(name, defines, outcome):
    return Configuration(name, defines + " NO_WEAK_FAILURE", outcome, True)


CONFIGURATIONS = [
    holds("one", "FLOWS=3 CONSTRAINTS=1", short=True),
    holds("one-pool", "FLOWS=3 CONSTRAINTS=1 POOL=2", short=True),
    holds("one-session", "FLOWS=3 CONSTRAINTS=1 SESSIONS NO_WEAK_FAILURE", short=True),
    holds("one-ends", "FLOWS=2 CONSTRAINTS=1 NO_WEAK_FAILURE", short=True, cycles=True),
    holds("two", "FLOWS=3 CONSTRAINTS=2"),
    holds("two-pool", "FLOWS=3 CONSTRAINTS=2 POOL=2"),
    holds("two-spurious", "FLOWS=2 CONSTRAINTS=2 SPURIOUS=2"),
    holds("two-session", "FLOWS=3 CONSTRAINTS=2 SESSIONS COARSE POOL=3"),
    holds("two-nested", "FLOWS=3 CONSTRAINTS=2 NESTED COARSE"),
    holds("again", "FLOWS=3 CONSTRAINTS=1 ROUNDS=2 NO_WEAK_FAILURE"),
    holds("again-pool", "FLOWS=3 CONSTRAINTS=1 ROUNDS=2 POOL=2 NO_WEAK_FAILURE"),
    holds("ends", "FLOWS=3 CONSTRAINTS=1 NO_WEAK_FAILURE", cycles=True),
    holds("three", "FLOWS=3 CONSTRAINTS=3 COARSE"),
    holds("three-pool", "FLOWS=3 CONSTRAINTS=3 COARSE POOL=2"),
    holds("three-session", "FLOWS=3 CONSTRAINTS=3 COARSE SESSIONS WRITERS POOL=2"),
    control("no-order", "FLOWS=2 CONSTRAINTS=2 NESTED COARSE BREAK_ORDER", STUCK),
    control("upgrade", "FLOWS=2 CONSTRAINTS=1 NESTED COARSE BREAK_UPGRADE", STUCK),
    control("no-reentry", "FLOWS=1 CONSTRAINTS=1 NESTED COARSE BREAK_REENTRY", STUCK),
    control("mark", "FLOWS=2 CONSTRAINTS=1 BREAK_MARK", STUCK),
    control("give", "FLOWS=3 CONSTRAINTS=1 BREAK_GIVE", STUCK),
    control("look", "FLOWS=3 CONSTRAINTS=1 BREAK_LOOK", WRONG),
    control("hand-over", "FLOWS=3 CONSTRAINTS=1 BREAK_HAND_OVER", WRONG),
    control("barge", "FLOWS=3 CONSTRAINTS=1 BREAK_BARGE", WRONG),
    control("guard", "FLOWS=3 CONSTRAINTS=1 BREAK_GUARD", STUCK),
    control("seat", "FLOWS=3 CONSTRAINTS=1 BREAK_SEAT", STUCK),
]


# ---- the C functions that the model follows ------------------------------------------------------

FOLDER = ROOT / "runtimes"
FILES = ["core/constraint.c", "core/guard.c", "core/guard.h", "core/seat.c", "core/session.c",
         "core/queue.c", "pool/pool.c"]

# Of constraint.c: what is the same with another name, runs on one thread alone, or only looks.
NOT_MODELLED = {"peek", "put", "take_alone", "give_alone", "flux_take_session", "flux_give_session",
                "queue_length", "fluxi_constraints_summary"}

FUNCTION = re.compile(r"^[a-z][^\n;{}]*?\b(\w+)\([^;{}]*\)\n\{\n.*?^\}", re.M | re.S)
CONSTANT = re.compile(r"^#define +(\w+) +[^\\\n]+$", re.M)


def definitions(file):
    """The functions and constants of a C file: a digest of each, for which comments and spaces do
    not count, nor calls of the checker of debug builds."""
    text = re.sub(r"/\*.*?\*/|\bfluxi_order_\w+\([^;]*\);", " ", (FOLDER / file).read_text(),
                  flags=re.S)
    found = [*FUNCTION.finditer(text), *CONSTANT.finditer(text)]
    return {match[1]: hashlib.sha256("".join(match[0].split()).encode()).hexdigest()[:16]
            for match in found}


def followed():
    """What the model follows, as `FILE NAME DIGEST` lines, and what is wrong with that."""
    known = {file: definitions(file) for file in FILES}
    lines, problems, names = [], [], set()
    for name, where in re.findall(r"/\* follows (\w+)(?:, of (\S+\.c))?", MODEL.read_text()):
        files = [file for file in FILES if name in known[file]
                 and (not where or file.endswith(f"/{where}"))]
        if not files:
            problems.append(f"{name}, which the model follows, is no longer there")
        for file in files[:1]:
            names.add((file, name))
            lines.append(f"{file} {name} {known[file][name]}")
    for name in known["core/constraint.c"]:
        if ("core/constraint.c", name) not in names and name not in NOT_MODELLED:
            problems.append(f"{name} of core/constraint.c is not in the model")
    return lines, problems


def changes(lines):
    before = set(CHECKED.read_text().splitlines()) if CHECKED.exists() else set()
    return [" ".join(line.split()[:2]) + " is not what the model was checked against"
            for line in lines if line not in before]


# ---- SPIN ----------------------------------------------------------------------------------------


def command(words, folder):
    return subprocess.run(words, cwd=folder, capture_output=True, text=True)


def check(configuration, folder):
    """Runs SPIN; returns the outcome and a line of figures."""
    defines = [f"-D{word}" for word in configuration.defines.split()]
    kind = ["-DNP", "-DNFAIR=4"] if configuration.cycles else ["-DSAFETY"]
    options = ["-l", "-f"] if configuration.cycles else []
    table = "-w20" if configuration.short else "-w26"
    for words in (["spin", "-a", *defines, MODEL],
                  ["gcc", "-w", "-O0" if configuration.short else "-O2", *kind, "-DCOLLAPSE", "-DVECTORSZ=512",
                   f"-DMEMLIM={MEMORY}", "-o", "pan", "pan.c"]):
        made = command(words, folder)
        if made.returncode != 0:
            raise RuntimeError(made.stdout + made.stderr)
    begun = time.monotonic()
    out = command(["./pan", "-m2000000", table, *options], folder).stdout
    seconds = time.monotonic() - begun
    if "Search not completed" in out and "errors: 0" in out:
        raise RuntimeError(f"{configuration.name}: not completed\n{out}")
    numbers = [re.search(pattern, out) for pattern in
               (r"(\d+) states, stored", r"depth reached (\d+)", r"([\d.]+)\s+total actual memory")]
    if not all(numbers):
        raise RuntimeError(f"{configuration.name}: SPIN says\n{out}")
    states, depth, memory = (float(number[1]) for number in numbers)
    outcomes = {"pan:1: invalid end state": STUCK, "pan:1: assertion violated": WRONG,
                "pan:1: non-progress cycle": CYCLE, "errors: 0": HOLDS}
    outcome = next((mine for its, mine in outcomes.items() if its in out), out)
    return outcome, f"{states:13,.0f} {depth:7,.0f} {memory:9,.0f} {seconds:8.1f}"


def steps_of_trail(configuration, folder):
    """What led to what was found: a line for each step, then the state at the end."""
    defines = [f"-D{word}" for word in configuration.defines.split()]
    return command(["spin", "-t", "-p", "-k", f"{MODEL.name}.trail", *defines, MODEL], folder).stdout


def check_all(configurations, trail=False):
    failed = []
    print(f"{'configuration':<15} {'states':>13} {'depth':>7} {'MiB':>9} {'seconds':>8}  outcome")
    for configuration in configurations:
        with tempfile.TemporaryDirectory() as folder:
            outcome, figures = check(configuration, folder)
            right = outcome == configuration.outcome
            found = outcome != HOLDS and (trail or not right)
            steps = steps_of_trail(configuration, folder) if found else ""
        wanted = "" if right else f", but should: {configuration.outcome}"
        print(f"{configuration.name:<15} {figures}  {outcome}{wanted}\n{steps}", end="", flush=True)
        if not right:
            failed.append(configuration.name)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="what takes a second")
    parser.add_argument("--trail", action="store_true", help="the steps to what is found")
    parser.add_argument("names", nargs="*", metavar="NAME", help="configurations")
    given = parser.parse_args()
    complete = not given.short and not given.names
    if shutil.which("spin") is None:
        print("there is no spin (Debian: apt-get install spin)")
        return 77
    lines, problems = followed()
    if not complete:
        problems += changes(lines)
    for problem in problems:
        print(problem)
    if problems:
        print("tests/model/constraint.pml is to follow the C code; then `make model` checks it, "
              "and writes that down")
        return 1
    failed = check_all([c for c in CONFIGURATIONS
                        if (not given.short or c.short)
                        and (not given.names or c.name in given.names)], given.trail)
    if failed:
        print("not as it should be: " + " ".join(failed))
        return 1
    if complete:
        CHECKED.write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
