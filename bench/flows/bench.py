"""what it costs to start and end a flow, against a thread's pthread_create and pthread_join

Everything runs on one CPU, sources and workers alike, so CPU time is what limits the rate; by the
clock the same is shown, without a bar, since there the rest of the machine takes part.
"""

from kit import program
from kit.contest import Contest, above, at_most
from kit.process import pinned, shown, timed

THREADS = 100_000
FLOWS = 3_000_000
MILLION = 1_000_000


def run():
    peer = program.c("flows-threads", "bench/flows/threads.c", flags=["-pthread"])
    ours = {
        runtime: program.flux("flows", runtime, "bench/flows/flows.flux", "bench/flows/nodes.c",
                              "bench/kit/flows.c")
        for runtime in ("thread", "pool", "event")
    }
    commands = {
        "threads": pinned([peer, THREADS]),
        "thread": pinned([ours["thread"], "--flows", THREADS]),
        "pool": pinned([ours["pool"], "--threads", 1, "--flows", FLOWS]),
        "pool, 4 threads": pinned([ours["pool"], "--threads", 4, "--flows", FLOWS]),
        "event": pinned([ours["event"], "--loops", 1, "--flows", FLOWS]),
    }
    for command in commands.values():
        print("  " + shown(command))

    each = Contest("CPU time of one thread, of one flow", "ns", digits=0)
    each.enter("pthread_create and join", lambda: timed(commands["threads"]).cpu / THREADS * 1e9)
    each.enter("thread", lambda: timed(commands["thread"]).cpu / THREADS * 1e9, at_most(1.3))

    by_cpu = Contest("flows begun and ended in a second of CPU time", "M/s", digits=2)
    by_clock = Contest("the same, by the clock", "M/s", digits=2)
    for label, bar in (("event", above(1)), ("pool", above(1)), ("pool, 4 threads", above(1))):
        usages = []  # one run serves both

        def measure(command=commands[label], usages=usages):
            usages.append(timed(command))
            return FLOWS / usages[-1].cpu / MILLION

        by_cpu.enter(label, measure, bar)
        by_clock.enter(label, lambda usages=usages: FLOWS / usages.pop(0).wall / MILLION)
    return each.run() + by_cpu.run() + by_clock.run()
