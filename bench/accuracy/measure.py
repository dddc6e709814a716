"""The real servers under load: pinned, beside nobody else, as often as it takes."""

import json
import os
import subprocess
import time
import urllib.request

from kit import program
from kit.process import LOAD_CPU, MEASURED_CPU, Process, cpu_of, pinned

from accuracy.subjects import MACHINE

OTHERS = 0.02  # of the CPUs' time that other processes may have had
TRIES = 3
strict = True  # False while the kit itself is worked on: nothing is repeated, no figure counts


class Disturbed(Exception):
    """Others have used the machine."""


def busy():
    """Seconds that processes have had of the two CPUs so far (interrupts do not count)."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    with open("/proc/stat", encoding="ascii") as stat:
        for line in stat:
            words = line.split()
            if words[0] in (f"cpu{MEASURED_CPU}", f"cpu{LOAD_CPU}"):
                total += sum(map(int, words[1:4])) / ticks  # user, nice, system
    return total


def children():
    """Seconds that this process and those it has waited for have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Server(Process):
    """One of ours on one core or two, with what it is told; ready when this returns."""

    def __init__(self, subject, runtime, cores, root, profile=None):
        options, _ = MACHINE[runtime](cores)
        folder = "profiled/bin" if profile else "bin"
        file = program.build_folder() / folder / f"{subject.name}-{runtime}"
        told = [file, "--listen", "127.0.0.1:0", "--root", root, "--log-level", "error",
                *subject.options, *options]
        if profile:
            told.append(f"--profile={profile}")
        super().__init__(pinned(told, [MEASURED_CPU] if cores == 1 else [MEASURED_CPU, LOAD_CPU]))
        self.subject = subject
        self.address = f"127.0.0.1:{self.port()}"
        self.warm()

    def warm(self):
        """Its caches are full before anything counts."""
        popularity, path = self.subject.asked
        number = int(popularity.split("=")[1].split(",")[0])
        for n in range(1, number + 1):
            with urllib.request.urlopen(f"http://{self.address}{path.replace('%u', str(n))}") as answer:
                answer.read()

    def under(self, load, seconds, seed, connections=None):
        """A point: what fluxload measures, in the simulator's schema, and the server's CPU time.
        Raises Disturbed if somebody else took more than OTHERS of the time."""
        popularity, path = self.subject.asked
        command = [program.build_folder() / "bin/fluxload", f"--load={load}", popularity,
                   f"--duration={seconds}s", f"--seed={seed}", "--format=json", "--quiet", "--force"]
        if connections:
            command.append(f"--connections={connections}")
        command.append(f"http://{self.address}{path}")
        machine, own, server, begun = busy(), children(), cpu_of(self.pid), time.monotonic()
        done = subprocess.run(pinned(command, [LOAD_CPU]), capture_output=True, text=True)
        wall = time.monotonic() - begun
        spent = (cpu_of(self.pid) - server) / 1e9
        others = busy() - machine - (children() - own) - spent
        if done.returncode != 0 or not done.stdout:
            raise RuntimeError(f"fluxload: {done.stderr.strip()}")
        if strict and others > OTHERS * 2 * wall:
            raise Disturbed(f"others had {others / wall / 2:.1%} of the CPUs")
        point = json.loads(done.stdout)["points"][0]
        point["cpu"] = spent / wall
        return point


def patiently(action, told):
    """A disturbed run is repeated, never averaged in; after TRIES it is said and taken."""
    for attempt in range(TRIES):
        try:
            return action()
        except Disturbed as why:
            told(f"  {why}; again" if attempt + 1 < TRIES else f"  {why}; given up")
    raise Disturbed("the machine is not quiet enough")
