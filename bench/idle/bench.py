"""user memory of connections and flows that wait in `await`

Growth of the resident memory by a second batch, so that start-up does not count, divided by its
number. The peer is the same echo server written by hand for libevent, an event for each connection.
"""

import resource
import socket

from kit import program
from kit.contest import Contest, Figure, below
from kit.process import QUIET, Process, pinned, shown

FIRST, SECOND = 5_000, 10_000  # connections
CROWD = 500  # of them come at once
FLOWS = 100_000  # in await, on a hundred descriptors
BAR = 400  # bytes


def connect(port, count):
    """Connections that have had one answer each."""
    clients = []
    for _ in range(count // CROWD):
        crowd = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(CROWD)]
        for client in crowd:
            client.sendall(b"hello\n")
        for client in crowd:
            if client.recv(64) != b"hello\n":
                raise RuntimeError("the echo server did not answer")
        clients += crowd
    return clients


def of_a_connection(command):
    with Process(command) as server:
        port = server.port()
        clients = connect(port, FIRST)
        before = server.settled_memory()
        clients += connect(port, SECOND)
        growth = server.settled_memory() - before
        for client in clients:
            client.close()
    return growth / SECOND


def of_a_flow(command):
    with Process(command) as server:
        server.tell(f"start {FIRST}\n")
        server.line()
        before = server.settled_memory()
        server.tell(f"start {FLOWS}\n")
        server.line()
        growth = server.settled_memory() - before
        server.tell("wake\n")
        if server.line() != "gone":
            raise RuntimeError("not all flows have come back")
    return growth / FLOWS


def run():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < FIRST + SECOND + 100:
        raise RuntimeError(f"a process may open {hard} descriptors only, see ulimit -Hn")

    connections = Contest(Figure(f"memory of each of {SECOND:,} idle connections", "B", digits=0))
    flows = Contest(Figure(f"memory of each of {FLOWS:,} flows in await", "B", digits=0))

    def enter(contest, label, measure, command, bar):
        print("  " + shown(command))
        contest.enter(label, lambda: measure(command), bar)

    peer = program.c("idle-loop", "bench/idle/loop.c", flags=["-levent_core"])
    enter(connections, "libevent by hand", of_a_connection, pinned([peer]), None)
    for runtime, options in (("event", ["--loops", 1]), ("pool", ["--threads", 8])):
        echo = program.flux("echo", runtime, "examples/echo/echo.flux", "examples/echo/nodes.c")
        enter(connections, runtime, of_a_connection,
              pinned([echo, *options, "--max-flows", 20_000, *QUIET]), below(BAR))
        waiting = program.flux("waiting", runtime, "bench/idle/waiting.flux",
                               "bench/idle/waiting.c", "bench/kit/command.c")
        enter(flows, runtime, of_a_flow,
              pinned([waiting, *options, "--max-flows", 2 * FLOWS, *QUIET]), below(BAR))
    return connections.run() + flows.run()
