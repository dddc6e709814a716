"""how long fluxc takes for 1,000, 10,000 and 50,000 nodes, by the shape of the program

The peer is fluxc itself, on a program a fifth of the size: five times the nodes may cost 5 x 1.3
times the CPU time. A program of 10,000 nodes has to take less than a second.
"""

import sys
from pathlib import Path

from kit import program
from kit.contest import Contest, at_most, below
from kit.process import pinned, shown, timed

HERE = Path(__file__).resolve().parent
SMALL, MIDDLE, LARGE = 1_000, 10_000, 50_000
SLACK = 1.3  # caches, and what a larger program is sorted with


def run():
    sys.path.insert(0, str(HERE))
    from generate import SHAPES  # pylint: disable=import-outside-toplevel

    folder = program.build_folder() / "bench" / "compile"
    folder.mkdir(parents=True, exist_ok=True)
    missed = []
    for shape in SHAPES:
        contest = Contest(f"{shape.__name__}: CPU time of a compilation", "ms")
        for count, bar in (
            (MIDDLE, below(1000)),
            (SMALL, None),
            (LARGE, at_most(LARGE / MIDDLE * SLACK)),
        ):
            source = folder / f"{shape.__name__}{count}.flux"
            source.write_text("\n".join(shape(count)) + "\n")
            output = program.relative(folder / f"{source.stem}_flux.c")
            command = pinned([program.relative(program.fluxc()), "-w", "-o", output,
                              program.relative(source)])
            contest.enter(f"{count:,} nodes", lambda c=command: timed(c).cpu * 1e3, bar)
        print("  " + shown(command))
        missed += contest.run()
    return missed
