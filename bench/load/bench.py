"""the load generator: CPU time of a request, beside wrk; what it measures, beside wrk and httperf

A request's CPU time is that of the generator alone, user and system, on a CPU of its own, in a closed
loop without pauses before the web server, which sends 1 KB each time. What wrk and httperf measure
is compared before a server each of whose answers takes 10 ms, so that the time the generators need
themselves does not matter. The lag is how late requests of a constant rate are seen to.
"""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from kit import contest, program
from kit.contest import Contest, Figure, at_least, at_most, below, within
from kit.process import LOAD_CPU, QUIET, Process, pinned, shown, timed

ROUNDS = 7  # at least
SECONDS = 2
AGREE = 0.03


def first_of_all():
    """What makes a CPU a quiet one, where that is allowed: the rest of the machine waits."""
    words = ["chrt", "-f", "50"]
    allowed = subprocess.run([*words, "true"], stderr=subprocess.DEVNULL).returncode == 0
    return words if allowed else []


class Generator:
    """One that runs to its end on the load's CPU, and what its output says."""

    def __init__(self, words, read, before=()):
        self.command = pinned([*before, *words], [LOAD_CPU])
        self.read = read
        print("  " + shown(self.command))

    def run(self):
        usage = timed(self.command, subprocess.DEVNULL)
        return usage, self.read(usage.output)


def fluxload(url, *options, before=()):
    words = [program.relative(program.build_folder() / "bin/fluxload"), "--force", "--format=json",
             "--log-level=error", *options, url]  # fmt: skip
    return Generator(words, lambda output: json.loads(output)["points"][0], before)


UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1}


def read_wrk(output):
    found = re.search(r"Latency +([\d.]+)(us|ms|s)\b", output)
    if "Socket errors" in output or "Non-2xx" in output:
        raise RuntimeError(f"wrk had errors:\n{output}")
    return {
        "requests": int(re.search(r"(\d+) requests in", output)[1]),
        "mean": float(found[1]) * UNITS[found[2]],
    }


def wrk(url, connections, before=()):
    words = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", url]
    return Generator(words, read_wrk, before)


def read_httperf(output):
    return {
        "requests": int(re.search(r"replies (\d+)", output)[1]),
        "mean": float(re.search(r"Reply time \[ms\]: response ([\d.]+)", output)[1]) * 1e-3,
    }


def httperf(port, rate, count, before):
    words = ["httperf", "--server=127.0.0.1", f"--port={port}", "--uri=/", f"--rate={rate}",
             f"--num-conns={count}", "--num-calls=1", "--hog"]  # fmt: skip
    return Generator(words, read_httperf, before)


def checked(point):
    if point["failed"] > 0:
        raise RuntimeError(f"fluxload had errors: {point['errors']}")
    return point


def a_request(url):
    missed = []
    for connections in (64, 1000):
        peer = wrk(url, connections)
        ours = fluxload(url, f"--load=closed:{connections},0", f"--duration={SECONDS}", "--warmup=0")

        def of_peer(peer=peer):
            usage, said = peer.run()
            return 1e6 * usage.cpu / said["requests"], said["requests"] / SECONDS

        def of_ours(ours=ours):
            usage, point = ours.run()
            return 1e6 * usage.cpu / checked(point)["planned"], point["throughput"]["mean"]

        race = Contest(Figure(f"CPU time of a request, {connections} connections", "us"),
                       Figure("answers by the clock", "/s", digits=0))
        race.enter("wrk", of_peer)
        race.enter("fluxload", of_ours, at_most(1), at_least(1 - AGREE, aim=True))
        missed += race.run()
    return missed


def an_answer(port):
    """Of 10 ms, as others measure it."""
    url = f"http://127.0.0.1:{port}/"
    quiet = first_of_all()
    missed = []

    def mean(generator):
        return 1e3 * generator.run()[1]["mean"]

    def our_mean(generator, which):
        value = checked(generator.run()[1])[which]
        return 1e3 * value["mean"]

    peer = wrk(url, 20, quiet)
    ours = fluxload(url, "--load=closed:20,0", f"--duration={SECONDS}", "--warmup=0",
                    before=quiet)  # fmt: skip
    race = Contest(Figure("an answer of 10 ms, 20 connections", "ms", digits=2))
    race.enter("wrk", lambda: mean(peer))
    race.enter("fluxload", lambda: our_mean(ours, "mean"), within(AGREE))
    missed += race.run()

    rate = 200
    count = 160  # less than a second: httperf never sleeps, and Linux stops who does not, for a while
    other = httperf(port, rate, count, quiet)
    ours_open = fluxload(url, f"--load=open:const:{rate}", f"--requests={count}",
                         "--warmup=0", "--no-keep-alive", before=quiet)  # fmt: skip
    race = Contest(Figure(f"the same, {rate} new connections a second", "ms", digits=2))
    race.enter("httperf", lambda: mean(other))
    race.enter("fluxload", lambda: our_mean(ours_open, "service"), within(AGREE))
    return missed + race.run()


def the_lag(port):
    """Beside a loop that does nothing but sleep: what the kernel, and the machine below it, need to
    wake somebody."""
    rate = 1000
    late = fluxload(f"http://127.0.0.1:{port}/", f"--load=open:const:{rate}",
                    f"--duration={SECONDS}", before=first_of_all())  # fmt: skip
    asleep = Generator([program.c("asleep", "bench/load/asleep.c"), rate, rate * SECONDS], float,
                       first_of_all())  # fmt: skip
    race = Contest(Figure(f"lag at {rate:,} requests a second, 99th percentile", "us"))
    race.enter("a loop that sleeps", lambda: asleep.run()[1])
    race.enter("fluxload", lambda: 1e6 * checked(late.run()[1])["lag"]["p99"], below(100))
    return race.run()


def run():
    for name in ("wrk", "httperf"):
        if not shutil.which(name):
            raise RuntimeError(f"{name} is not installed: make bench-load")
    contest.ROUNDS = max(contest.ROUNDS, ROUNDS)
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "page").write_bytes(b"x" * 1000)
        web = program.relative(program.build_folder() / "bin/web-event")
        server = pinned([web, "--loops", 1, "--listen", "127.0.0.1:0", "--root", folder, *QUIET])
        print("  " + shown(server))
        with Process(server) as process:
            missed += a_request(f"http://127.0.0.1:{process.port()}/page")
    later = pinned([*first_of_all(), program.flux("later", "event", "bench/load/later.flux", "bench/load/later.c"),
                    "--loops", 1, *QUIET])  # fmt: skip
    with Process(later) as process:
        port = process.port()
        missed += an_answer(port)
        missed += the_lag(port)
    return missed
