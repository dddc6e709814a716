"""flows that block in the middle of a node, in sleep(), under `event`

All of them are asleep at one moment; counted is resident memory and page tables. The peer is as
many threads with stacks of 64 KiB as one dares to start; their stacks in the kernel, 16 KiB each,
are not counted. Afterwards the resident memory has to be given back, and, with all stacks in use, a
flow that runs out of its own has to be caught.
"""

import subprocess
import time

from kit import program
from kit.contest import Contest, Figure, above, below
from kit.process import QUIET, Process, pinned, shown

FLOWS, THREADS = 100_000, 10_000
SECONDS = 8  # of sleep: longer than it takes to start and to count them
KIB = 1024
PATIENCE = 10  # seconds until memory has to be back


def footprint(process):
    return process.memory() + process.page_tables()


def asleep(server, flows, seconds):
    server.tell(f"sleep {flows} {seconds}\n")
    if server.line() != f"asleep {flows}":
        raise RuntimeError("not all flows slept at one moment")


def awake(server):
    server.tell("wait\n")
    if server.line() != "awake":
        raise RuntimeError("not all flows have woken")


def of_a_flow(command):
    """KiB of each flow, and how much of it came back, in per cent."""
    with Process(command) as server:
        asleep(server, 100, 1)
        awake(server)
        before, resident = footprint(server), server.memory()
        asleep(server, FLOWS, SECONDS)
        growth, more = footprint(server) - before, server.memory() - resident
        awake(server)
        end = time.monotonic() + PATIENCE
        kept = more
        while kept > 0.02 * more and time.monotonic() < end:
            time.sleep(0.1)
            kept = server.memory() - resident
    return growth / FLOWS / KIB, 100 * (1 - kept / more)


def of_a_thread(command):
    with Process(command) as threads:
        threads.line()
        before = footprint(threads)
        threads.tell("\n")
        threads.line()
        growth = footprint(threads) - before
        threads.tell("\n")
        threads.wait()
    return growth / THREADS / KIB


def overflow(command):
    """What a program says when a flow has no stack left while all the others sleep."""
    server = Process(command, errors=subprocess.PIPE)
    try:
        asleep(server, FLOWS, SECONDS)
        server.tell("overflow\n")
        said = server.process.stderr.read().decode(errors="replace").strip()
        return server.wait(), said
    finally:
        server.kill()


def run():
    contest = Contest(Figure("memory of each thread, of each flow, asleep", "KiB", digits=2),
                      Figure(f"resident memory of that, given back within {PATIENCE} s", "%", digits=0))

    threads = program.c("sleepers-threads", "bench/sleepers/threads.c", flags=["-pthread"])
    peer = pinned([threads, THREADS, SECONDS])
    sleepers = program.flux("sleepers", "event", "bench/sleepers/sleepers.flux",
                            "bench/sleepers/nodes.c", "bench/kit/command.c")
    ours = pinned([sleepers, "--loops", 1, "--max-flows", 2 * FLOWS, *QUIET])
    for command in (peer, ours):
        print("  " + shown(command))
    contest.enter(f"{THREADS:,} threads", lambda: of_a_thread(peer))
    contest.enter(f"event, {FLOWS:,} flows", lambda: of_a_flow(ours), below(6), above(90))
    missed = contest.run()

    status, said = overflow(ours)
    caught = status != 0 and "stack" in said
    print(f"    an overflowing stack: status {status}, {said.splitlines()[-1:]}"
          f"  bar: is caught: {'holds' if caught else 'MISSES'}")
    return missed if caught else [*missed, "an overflowing stack is not caught"]
