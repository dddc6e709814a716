"""an event of the simulator: M/M/1 at load 0.9, two events a customer, beside a loop by hand

The loop by hand knows nothing but this model, draws from one generator, and keeps a mean; ours walks
through the tables of a program, draws from streams, and keeps a histogram. With 1,000 more events
pending both have a deep heap: there, 1,000 clients that pause. Beside them SimPy, where it is
installed (python3-simpy). Then two replications on two CPUs against one after the other, and
the sweep of a model of the web server.
"""

import json
import subprocess
import sys
import time

from kit import program
from kit.contest import Contest, Figure, at_most, below
from kit.process import pinned, shown, timed

CUSTOMERS = 3_000_000
SERVE = "--node=Serve:exp:1s"
COMMON = ("--format=json", "--replications=1", "--jobs=1", f"--requests={CUSTOMERS}", "--quiet")


def simulator(name, source):
    emitted, executable = program.output(f"{name}_sim.c"), program.output(f"{name}-sim")
    subprocess.run([program.fluxc(), "-w", "--emit=sim", "-o", emitted, source], check=True)
    build = program.build_folder()
    subprocess.run(["cc", "-O2", f"-I{build}/include", "-o", executable, emitted,
                    build / "lib/libflux-sim.a", "-ljansson", "-lm", "-pthread"], check=True)
    return program.relative(executable)


def by_hand(command):
    usage = timed(command)
    return 1e9 * usage.cpu / int(usage.output.split()[0])


def ours(command):
    usage = timed(command)
    return 1e9 * usage.cpu / json.loads(usage.output)["points"][0]["events"]


def python_with_simpy():
    """Debian's package is for Debian's Python."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import SimPy"], capture_output=True).returncode == 0:
            return python
    return None


def an_event(loop, station):
    missed = []
    deep = "closed:1000,1100s"  # as many pauses, and a server that is busy for nine tenths
    for title, pending, load, bars in (
        ("an event of M/M/1", 0, "open:poisson:0.9", (at_most(2), below(50))),
        ("an event with 1,000 pending", 1000, deep, (None, below(100))),
    ):
        contest = Contest(Figure(title, "ns"))
        entries = [("a loop by hand", pinned([loop, CUSTOMERS, pending]), by_hand, None)]
        command = pinned([station, f"--load={load}", SERVE, *COMMON])
        entries += [("the simulator", command, ours, bars[0]),
                    ("the same, by itself", command, ours, bars[1])]
        python = python_with_simpy()
        if pending == 0 and python:
            simpy = pinned([python, "bench/sim/simpy_mm1.py", CUSTOMERS // 100])
            entries.append(("SimPy", simpy, by_hand, None))
        for label, words, measure, bar in entries:
            print("  " + shown(words))
            contest.enter(label, lambda words=words, measure=measure: measure(words),
                          *((bar,) if bar else ()))
        missed += contest.run()
    return missed


def seconds(command):
    begun = time.monotonic()
    subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - begun


def side_by_side(station):
    contest = Contest(Figure("two replications", "s", digits=2))
    command = [station, "--load=open:poisson:0.9", SERVE, "--replications=2", "--quiet",
               f"--requests={3 * CUSTOMERS}"]
    contest.enter("one after the other", lambda: seconds([*command, "--jobs=1"]))
    contest.enter("on two CPUs", lambda: seconds([*command, "--jobs=2"]), at_most(1 / 1.8))
    print("  " + shown(command))
    return contest.run()


def a_sweep(web):
    contest = Contest(Figure("15 loads, 20 replications of 100,000 requests each", "s"))
    command = [web, "--profile=bench/sim/web.json", "--load=open:poisson:1", "--rate=5000..75000:5000",
               "--replications=20", "--requests=100000", "--quiet"]
    print("  " + shown(command))
    contest.enter("the web server's model", lambda: seconds(command), below(10))
    return contest.run()


def run():
    loop = program.c("sim-loop", "bench/sim/loop.c", flags=["-O3", "-lm"])
    station = simulator("station", "tests/sim/models/station.flux")
    web = simulator("web", "servers/web/web.flux")
    return an_event(loop, station) + side_by_side(station) + a_sweep(web)
