"""how long fluxc takes for 1,000, 10,000 and 50,000 nodes, by the shape of the program

The peer is fluxc itself, on a program a fifth of the size: five times the nodes may cost 5 x 1.3
times the CPU time. A program of 10,000 nodes has to take less than a second.
"""

import sys
from pathlib import Path

from kit import program
from kit.contest import Contest, Figure, at_most, below
from kit.process import pinned, shown, timed

sys.path.insert(0, str(Path(__file__).resolve().parent))
from generate import SHAPES  # noqa: E402

SMALL, MIDDLE, LARGE = 1_000, 10_000, 50_000
SLACK = 1.3  # caches, and what a larger program is sorted with
BARS = {MIDDLE: below(1000), SMALL: None, LARGE: at_most(LARGE / MIDDLE * SLACK)}


def command_for(shape, count):
    name = f"{shape.__name__}{count}"
    source = program.output(f"compile/{name}.flux")
    source.write_text(shape(count))
    emitted = source.with_name(f"{name}_flux.c")
    return pinned([program.relative(path) if isinstance(path, Path) else path
                   for path in (program.fluxc(), "-w", "-o", emitted, source)])


def run():
    missed = []
    for shape in SHAPES:
        contest = Contest(Figure(f"{shape.__name__}: CPU time of a compilation", "ms"))
        for count, bar in BARS.items():
            command = command_for(shape, count)
            contest.enter(f"{count:,} nodes", lambda c=command: timed(c).cpu * 1e3, bar)
        print("  " + shown(command))
        missed += contest.run()
    return missed
