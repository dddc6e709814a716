"""what it costs to start and end a flow, against a thread's pthread_create and pthread_join

Everything runs on one CPU, sources and workers alike, so CPU time is what limits the rate; by the
clock the same is shown, without a bar, since there the rest of the machine takes part.
"""

from kit import program
from kit.contest import Contest, Figure, above, at_most
from kit.process import pinned, shown, timed

THREADS = 100_000
FLOWS = 3_000_000
MILLION = 1_000_000


def cost(command):
    """Nanoseconds of CPU time of each thread."""
    return timed(command).cpu / THREADS * 1e9


def rate(command):
    """Millions of flows in a second of CPU time, and by the clock."""
    usage = timed(command)
    return FLOWS / usage.cpu / MILLION, FLOWS / usage.wall / MILLION


def run():
    threads = Contest(Figure("CPU time of one thread, of one flow", "ns", digits=0))
    flows = Contest(Figure("flows begun and ended in a second of CPU time", "M/s", digits=2),
                    Figure("the same by the clock", "M/s", digits=2))

    def enter(contest, measure, label, command, bar=None):
        print("  " + shown(command))
        contest.enter(label, lambda: measure(command), bar)

    ours = {
        runtime: program.flux("flows", runtime, "bench/flows/flows.flux", "bench/flows/nodes.c",
                              "bench/kit/flows.c")
        for runtime in ("thread", "pool", "event")
    }
    peer = program.c("flows-threads", "bench/flows/threads.c", flags=["-pthread"])
    enter(threads, cost, "pthread_create and join", pinned([peer, THREADS]))
    enter(threads, cost, "thread", pinned([ours["thread"], "--flows", THREADS]), at_most(1.3))
    enter(flows, rate, "event", pinned([ours["event"], "--loops", 1, "--flows", FLOWS]), above(1))
    for count in (1, 4):
        enter(flows, rate, f"pool, {count} threads",
              pinned([ours["pool"], "--threads", count, "--flows", FLOWS]), above(1))
    return threads.run() + flows.run()
