"""Goes through the calls of programs and makes each fail in turn.

    tests/faults/NAME BUILD RUNTIME [PROGRAM [CALL ERROR[*TIMES] AT]]

All of them where a program makes few calls of a kind, a sample of the others; all of them always with
FLUX_FAULTS=all. What became of them is added to BUILD/faults/.
"""

import errno
import os
import random
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from trial import FAULTS, SHORTAGES, Fault, Run, Wrong

SAMPLE = None if os.environ.get("FLUX_FAULTS") == "all" else int(os.environ.get("FLUX_FAULTS", 8))


def attempt(program, fault, usual, folder, build):
    """The outcome of one run, and what was counted in it."""
    with Run(program.command, fault, folder, build) as run:
        outcome = program.judge(run, fault, usual)
        return outcome, run.end()


def numbers(name, count, times):
    """Which calls fail: 1 to count, or some of them, and the same ones each time; fewer where
    several fail in a row, which takes longer."""
    every = range(1, count + 1)
    if SAMPLE is None or count <= SAMPLE // times:
        return every
    return sorted(random.Random(name).sample(every, max(SAMPLE // times, 1)))


def sweep(program, runtime, build, table):
    """One program; returns the failures."""
    failures = []
    counted = {}  # what was counted where nothing failed; the error matters to reads and writes
    with tempfile.TemporaryDirectory() as folder:
        program.prepare(Path(folder))
        for kind in FAULTS + SHORTAGES:
            fault = Fault(*kind[:2], times=kind[2] if len(kind) > 2 else 1)
            calls = (fault.call, fault.error if fault.call in ("read", "write") else None)
            try:
                if calls not in counted:
                    counted[calls] = attempt(program, fault, None, folder, build)[1]
            except Wrong as wrong:
                failures.append(f"{program.name} {runtime}, nothing fails: {wrong}")
                return failures
            usual = counted[calls]
            outcomes = Counter()
            for at in numbers(f"{program.name} {runtime} {fault}", usual[0], fault.times):
                fault = replace(fault, at=at)
                try:
                    outcomes[attempt(program, fault, usual, folder, build)[0]] += 1
                except Wrong as wrong:
                    outcomes["wrong"] += 1
                    failures.append(f"{program.name} {runtime} {fault}: {wrong}")
            if usual[0] > 0:
                print(program.name, runtime, str(fault).rpartition(" ")[0], usual[0],
                      *(outcomes[o] for o in ("served", "lost", "refused", "wrong")), file=table)
    return failures


def main(programs):
    """programs: a function of the folder of the build and the runtime."""
    build, runtime, *rest = sys.argv[1:]
    build = Path(build).absolute()
    chosen = [p for p in programs(build, runtime) if not rest or p.name == rest[0]]
    if len(rest) == 4:
        with tempfile.TemporaryDirectory() as folder:
            chosen[0].prepare(Path(folder))
            how, _, times = rest[2].partition("*")
            fault = Fault(rest[1], getattr(errno, how, 0), times=int(times or 1))
            _, usual = attempt(chosen[0], fault, None, folder, build)
            fault = replace(fault, at=int(rest[3]))
            print(attempt(chosen[0], fault, usual, folder, build))
        return
    results = Path(build, "faults")
    results.mkdir(exist_ok=True)
    failures = []
    with open(results / f"{Path(sys.argv[0]).name}-{runtime}", "w", buffering=1) as table:
        for program in chosen:
            failures += sweep(program, runtime, build, table)
    if failures:
        sys.exit("\n\n".join(failures[:10]) + f"\n\n{len(failures)} wrong")
