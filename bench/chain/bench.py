"""what ten trivial nodes cost as a flow, against the same nodes called one after the other"""

from kit import program
from kit.contest import Contest, Figure, at_most
from kit.process import pinned, shown, timed

FLOWS = 10_000_000
# How a runtime is told to use one thread for its flows, how many it gets, and its bar.
RUNTIMES = (
    ("event", ["--loops", 1], FLOWS, at_most(1.5)),
    ("pool", ["--threads", 1], FLOWS // 5, None),
    ("thread", [], FLOWS // 100, None),
)


def run():
    contest = Contest(Figure("CPU time of one flow of ten nodes", "ns"))

    def enter(label, command, flows, bar=None):
        print("  " + shown(command))
        contest.enter(label, lambda: timed(command).cpu / flows * 1e9, bar)

    direct = program.c("chain-direct", "bench/chain/direct.c", "bench/chain/nodes.c",
                       flags=program.header("bench/chain/chain.flux"))
    enter("direct calls", pinned([direct, FLOWS]), FLOWS)
    for runtime, options, flows, bar in RUNTIMES:
        ours = program.flux("chain", runtime, "bench/chain/chain.flux", "bench/chain/nodes.c",
                            "bench/kit/flows.c")
        enter(runtime, pinned([ours, *options, "--flows", flows]), flows, bar)
    return contest.run()
