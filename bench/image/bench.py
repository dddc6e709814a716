"""JPEGs from the image server, against a loop that renders the same images without any server

The cache is off, so every request renders. The clients are on the other CPU and ask for different
images at any moment, since the server renders one image only once for all who want it at the same
time. CPU time tells what serving costs; by the clock, whoever else wants the CPU takes part, and
the server has to keep its CPU busy.
"""

import http.client
import threading
import time

from kit import program
from kit.contest import Contest, Figure, at_least
from kit.process import QUIET, Process, pinned, shown, timed

TURNS = 24  # over all images, in each round
CLIENTS = 2  # one image is rendered while another is on its way
PATHS = [f"/{name}.jpg?size={size}" for name in ("sunset", "waves") for size in range(1, 9)]
# On one CPU more workers or helpers would only take turns, with a picture each in the cache.
RUNTIMES = (
    ("event", ["--loops", 1, "--helpers", 1]),
    ("pool", ["--threads", 1]),
    ("thread", []),
)


class Client(threading.Thread):
    """One connection, over which each of its images is fetched TURNS times."""

    def __init__(self, port, paths):
        super().__init__()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.connect()
        self.paths = paths
        self.images = self.bytes = 0

    def run(self):
        for _ in range(TURNS):
            for path in self.paths:
                self.connection.request("GET", path)
                response = self.connection.getresponse()
                body = response.read()
                if response.status != 200:
                    return
                self.images += 1
                self.bytes += len(body)
        self.connection.close()


def check(made, expected):
    if made != expected:
        raise RuntimeError(f"{made[0]} images of {made[1]} bytes, not {expected[0]} of {expected[1]}")


def serve(command, expected):
    """JPEGs in a second of the server's CPU time, and by the clock; they have to be as many, and of
    as many bytes, as the loop's."""
    with Process(command) as server:
        port = server.port()
        clients = [Client(port, PATHS[first::CLIENTS]) for first in range(CLIENTS)]
        cpu, begun = server.cpu(), time.monotonic()
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        cpu, wall = (server.cpu() - cpu) / 1e9, time.monotonic() - begun
    check([sum(c.images for c in clients), sum(c.bytes for c in clients)], expected)
    return len(PATHS) * TURNS / cpu, len(PATHS) * TURNS / wall


def render(command):
    """The same of the loop."""
    usage = timed(command)
    images = int(usage.output.split()[0])
    return images / usage.cpu, images / usage.wall


def run():
    contest = Contest(Figure("JPEGs in a second of CPU time", "/s"),
                      Figure("JPEGs in a second by the clock", "/s"))
    pictures = program.build_folder() / "pictures"
    peer = program.c("image-loop", "bench/image/loop.c", "servers/common/ppm.c",
                     "servers/common/scale.c", flags=[program.include("servers/common"), "-lturbojpeg"])
    command = pinned([peer, program.relative(pictures), TURNS])
    print("  " + shown(command))
    contest.enter("loop, by hand", lambda: render(command))
    expected = [int(word) for word in timed(command).output.split()]
    for runtime, options in RUNTIMES:
        server = program.relative(program.build_folder() / "bin" / f"image-{runtime}")
        ours = pinned([server, *options, "--listen", "127.0.0.1:0", "--root",
                       program.relative(pictures), "--cache-bytes", 0, *QUIET])
        print("  " + shown(ours))
        contest.enter(runtime, lambda ours=ours: serve(ours, expected), at_least(0.95),
                      at_least(0.95, aim=True))
    return contest.run()
