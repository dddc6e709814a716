"""an echo server that has little to do: how fast it answers, and what it uses while it is idle

The server is examples/echo, its peer a thread for each connection that blocks in recv. Requests come
a millisecond apart on a connection that stays open, so that every one finds the server asleep.
"""

import socket
import subprocess
import time

from kit import program
from kit.contest import Contest, Figure, below
from kit.process import LOAD_CPU, QUIET, Process, pinned, shown

REQUESTS = 1000  # of each round
IDLE_CONNECTIONS, IDLE_SECONDS = 100, 1.5
RUNTIMES = (("event", ["--loops", 1]), ("pool", ["--threads", 4]), ("thread", []))


def greet(port):
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(b"x")
    client.recv(1)
    return client


def visit(command, client):
    """Starts a server, times its answers and leaves it alone for a while. Returns the median and
    the 99th percentile, in microseconds, and microseconds of CPU time per idle second."""
    with Process(command) as server:
        port = server.port()
        timing = pinned([client, port, REQUESTS], [LOAD_CPU])
        done = subprocess.run(timing, check=True, capture_output=True, text=True)
        median, late = map(float, done.stdout.split())
        clients = [greet(port) for _ in range(IDLE_CONNECTIONS)]
        before = server.cpu()
        time.sleep(IDLE_SECONDS)
        idle = (server.cpu() - before) / 1e3 / IDLE_SECONDS
        for each in clients:
            each.close()
    return median, late, idle


def run():
    contest = Contest(
        Figure(f"median of {REQUESTS:,} answers", "us"),
        Figure("99th percentile", "us"),
        Figure(f"CPU time per second, {IDLE_CONNECTIONS} connections open and idle", "us", digits=0),
    )
    client = program.c("echo-client", "bench/echo/client.c")

    def enter(label, command, *bars):
        print("  " + shown(command))
        contest.enter(label, lambda: visit(command, client), *bars)

    peer = program.c("echo-blocking", "bench/echo/blocking.c", flags=["-pthread"])
    enter("blocking, by hand", pinned([peer]))
    for runtime, options in RUNTIMES:
        echo = program.flux("echo", runtime, "examples/echo/echo.flux", "examples/echo/nodes.c")
        enter(runtime, pinned([echo, *options, *QUIET]), below(500),
              below(1000, aim=True), below(1000))
    return contest.run()
