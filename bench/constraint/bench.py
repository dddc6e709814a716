"""what it costs to take a constraint and to give it back, against a pthread_rwlock_t

Alone: what turns.flux takes more of CPU time with a constraint than without, divided by the number
of times that it is taken. Together: eight flows, or threads, want the same one, on all CPUs; by
the clock. Flows get it in the order in which they came (R33), a pthread_rwlock_t is taken by
whoever is fast: so at last the longest that anybody has waited for it where half of the eight read
and half of them write. (Whoever is taken off its CPU there has waited as well, on both sides.)
"""

from kit import program
from kit.contest import Contest, Figure, at_least, at_most, below
from kit.process import all_cpus, pinned, shown, timed

TAKES = 10  # in a turn
TURNS = 400_000  # of one flow
TOGETHER, EACH = 8, 50_000  # flows, and turns of each
MIXED = 20_000  # turns, of one take
MODES = {"writer": "write", "reader": "read"}
# Bars of a single flow; the runtimes that use more than one thread have to be ready for another.
RUNTIMES = (
    ("event, 1 loop", "event", ["--loops", 1], below(5)),
    ("event, 2 loops", "event", ["--loops", 2], below(20)),
    ("pool", "pool", ["--threads", TOGETHER], at_most(1.5)),
    ("thread", "thread", [], at_most(1.5)),
)
CROWD = at_least(0.9)
AMOUNTS = ("bench/kit/flows.c", "bench/constraint/turns.c")  # --flows, --turns


def build(name, runtime, header):
    return program.flux(f"constraint-{name}", runtime, f"bench/constraint/{name}.flux",
                        "bench/constraint/nodes.c", "bench/constraint/add.c", *AMOUNTS, flags=header)


def alone(with_it, without):
    """Nanoseconds of one take and give."""
    return (timed(with_it).cpu - timed(without).cpu) / (TURNS * TAKES) * 1e9


def together(command):
    return TOGETHER * EACH * TAKES / timed(command).wall / 1e6


def run():
    header = program.header("bench/constraint/turns.flux")  # the same for all three programs
    peer = program.c("constraint-rwlock", "bench/constraint/rwlock.c", "bench/constraint/add.c",
                     flags=[*header, "-pthread"])
    runtimes = sorted({runtime for _, runtime, _, _ in RUNTIMES})
    ours = {(name, runtime): build(name, runtime, header)
            for name in ("turns", *MODES) for runtime in runtimes}
    missed = []
    for name, mode in MODES.items():
        single = Contest(Figure(f"take and give, {name}, alone", "ns"))
        crowd = Contest(Figure(f"takes, {name}, {TOGETHER} at once, by the clock", "M/s", digits=2))

        def enter(label, with_it, without, many, bar=None, single=single, crowd=crowd):
            print("  " + shown(with_it))
            single.enter(label, lambda: alone(with_it, without), bar)
            print("  " + shown(many))
            crowd.enter(label, lambda: together(many), bar and CROWD)

        enter("pthread_rwlock_t", pinned([peer, mode, 1, TURNS]), pinned([peer, "none", 1, TURNS]),
              pinned([peer, mode, TOGETHER, EACH], all_cpus()))
        for label, runtime, options, bar in RUNTIMES:
            amount = [*options, "--flows", 1, "--turns", TURNS]
            enter(label, pinned([ours[name, runtime], *amount]),
                  pinned([ours["turns", runtime], *amount]),
                  pinned([ours[name, runtime], *options, "--flows", TOGETHER, "--turns", EACH],
                         all_cpus()), bar)
        missed += single.run() + crowd.run()
    return missed + longest_waits()


def longest_waits():
    waits = Contest(Figure("longest wait of a reader", "ms", digits=2),
                    Figure("longest wait of a writer", "ms", digits=2))

    def enter(label, command):
        print("  " + shown(command))
        waits.enter(label, lambda: tuple(int(ns) / 1e6 for ns in timed(command).output.split()))

    source = "bench/constraint/mixed.flux"
    peer = program.c("constraint-mixed-rwlock", "bench/constraint/mixed_rwlock.c",
                     "bench/constraint/waits.c", flags=["-pthread"])
    enter("pthread_rwlock_t", pinned([peer, TOGETHER, MIXED], all_cpus()))
    ours = {runtime: program.flux("constraint-mixed", runtime, source, "bench/constraint/mixed.c",
                                  "bench/constraint/waits.c", *AMOUNTS)
            for runtime in ("event", "pool", "thread")}
    for label, runtime, options, _ in RUNTIMES:
        enter(label, pinned([ours[runtime], *options, "--flows", TOGETHER, "--turns", MIXED],
                            all_cpus()))
    return waits.run()
