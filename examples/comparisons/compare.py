#!/usr/bin/env python3
"""Comparisons from lectures on servers, each simulated from a program without nodes.

    make comparisons
    examples/comparisons/compare.py --build=build [NAME...]

tasks       boss and workers against a pipeline, 1 to 100 tasks that come at once
loops       open, closed and partly open: response over load, and over the number of clients
order       first come first served against the shortest first, open and closed
disks       AMPED against SPED: how many requests have to wait for a disk
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Simulators:
    """Made when they are first asked for."""

    def __init__(self, build, folder):
        self.build, self.folder, self.made = build, folder, {}

    def __call__(self, name):
        if name not in self.made:
            emitted, program = self.folder / f"{name}_sim.c", self.folder / name
            subprocess.run([self.build / "bin/fluxc", "-w", "--emit=sim", "-o", emitted,
                            HERE / f"{name}.flux"], check=True)
            subprocess.run(["cc", f"-I{self.build}/include", "-o", program, emitted,
                            self.build / "lib/libflux-sim.a", "-ljansson", "-lm", "-pthread"],
                           check=True)
            self.made[name] = program
        return self.made[name]

    def run(self, name, *options):
        command = [self(name), "--format=json", "--quiet", *options]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(output)["points"]


def table(title, names, rows):
    widths = [max(len(name), 10) for name in names]
    print(f"\n{title}\n")
    print("  ".join(f"{name:>{width}}" for name, width in zip(names, widths)))
    for row in rows:
        print("  ".join(f"{value:>{width}}" for value, width in zip(row, widths)))


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def response(point):
    return "saturated" if point["saturated"] else number(point["mean"]["mean"])


# ---- boss and workers, or a pipeline -------------------------------------------------------------


def tasks(simulators):
    """A task is 120 ms of work: all of it by one of five workers (the boss only hands out), or 20 ms in
    each of six stages. Six threads both times, and a core for each. Nothing is left to chance, so the
    figures are exact: workers take 120 ms for every five tasks, the pipeline 100 ms and 20 ms a task."""
    rows = []
    for count in range(1, 101):
        burst = simulators.folder / "burst"
        burst.write_text("0\n" * count)
        load = (f"--load=trace:{burst}", "--replications=1", "--cores=16384")
        boss = simulators.run("service", *load, "--node=Serve:120ms", "--runtime=pool",
                              "--threads=5")[0]
        stages = [f"--node={stage}:20ms" for stage in "One Two Three Four Five Six".split()]
        line = simulators.run("pipeline", *load, *stages, "--runtime=thread")[0]
        expected = (120 * -(-count // 5), 100 + 20 * count)
        found = tuple(round(1000 * point["end"], 6) for point in (boss, line))
        assert found == expected, f"{count} tasks: {found}, not {expected}"
        if count in (1, 2, 5, 6, 10, 11, 20, 50, 100):
            rows.append((count, *map(number, found), number(1000 * boss["mean"]["mean"]),
                         number(1000 * line["mean"]["mean"])))
    table("Boss and 5 workers of 120 ms, or a pipeline of 6 stages of 20 ms; milliseconds",
          ("tasks", "boss: all", "line: all", "boss: mean", "line: mean"), rows)


# ---- open, closed, partly open -------------------------------------------------------------------


def loops(simulators):
    """Requests of very different sizes (mean 1, squared variation 10) at one server. Open: whoever
    comes, comes. Closed: those who wait for an answer ask for nothing meanwhile, so load limits itself,
    the more the fewer clients there are. Partly open: sessions of 1 / (1 - p) requests come."""
    sizes = "--node=Serve:hyper:0.952267017*0.525062984s,0.047732983*10.474937016s"
    effort = (sizes, "--requests=400000", "--replications=10")
    rows = []
    for load in (0.5, 0.7, 0.8, 0.9):
        row = [load, response(simulators.run("service", f"--load=open:poisson:{load}", *effort)[0])]
        for clients in (10, 100, 1000):
            # The pause that gives this load, about: clients / (pause + response) requests a second.
            pause = clients / load - 1
            for _ in range(8):
                point = simulators.run("service", f"--load=closed:{clients},{pause}s", sizes,
                                       "--requests=60000")[0]
                pause = max(0.0, clients / load - point["mean"]["mean"])
            point = simulators.run("service", f"--load=closed:{clients},{pause}s", *effort)[0]
            row.append(response(point) + ("" if pause > 0 else " *"))
        for again in (0.5, 0.9):
            point = simulators.run("service", f"--load=partly:{load * (1 - again)},{again},100s",
                                   *effort)[0]
            row.append(response(point))
        rows.append(row)
    table("Mean response at the same load, service times of mean 1 and squared variation 10",
          ("load", "open", "closed 10", "closed 100", "closed 1000", "partly .5", "partly .9"), rows)
    print("* without any pause this load is not reached")
    rows = []
    for clients in (1, 2, 5, 10, 20, 50, 100):
        point = simulators.run("service", f"--load=closed:{clients},10s", *effort)[0]
        rows.append((clients, number(point["throughput"]["mean"]), response(point)))
    table("Closed, each with pauses of 10", ("clients", "per second", "mean"), rows)


# ---- who is first --------------------------------------------------------------------------------


def order(simulators):
    """The same server. Under an open load it matters much who is taken first; with few clients that
    wait, hardly."""
    sizes = "--node=Serve:hyper:0.952267017*0.525062984s,0.047732983*10.474937016s"
    rows = []
    for load in ("open:poisson:0.5", "open:poisson:0.8", "open:poisson:0.9", "closed:5,5s",
                 "closed:20,20s", "closed:100,100s"):
        row = [load]
        for by in ("first", "shortest"):
            point = simulators.run("service", f"--load={load}", f"--order={by}", sizes,
                                   "--requests=400000")[0]
            row.append(response(point))
        rows.append(row)
    table("Mean response by who is taken next", ("load            ", "first", "shortest"), rows)


# ---- slow disks ----------------------------------------------------------------------------------


def disks(simulators):
    """A loop that reads from the disk itself stands still meanwhile (SPED); one with helpers goes on
    (AMPED, as Flash). 10 us to parse, 20 us to reply, a disk of 5 ms; 64 clients without pauses."""
    profile = simulators.folder / "files.json"
    profile.write_text(json.dumps({"format": 1, "nodes": {
        "Parse": {"cpu": "10us"}, "Read": {"cpu": "5us", "disk": "exp:5ms"},
        "Reply": {"cpu": "20us"}}}))
    rows = []
    for missing in (0, 0.001, 0.01, 0.05, 0.2):
        row = [f"{100 * missing:g} %"]
        for options in (("--helpers=0",), ("--helpers=8",), ("--helpers=8", "--disks=4")):
            point = simulators.run("files", f"--profile={profile}", "--load=closed:64,0s", *options,
                                   f"--arm=Fetch:0={1 - missing}", "--quantum=none")[0]
            row.append(number(point["throughput"]["mean"]))
        rows.append(row)
    table("Requests a second, by how many are not in memory",
          ("missing", "SPED", "AMPED", "AMPED, 4 disks"), rows)


COMPARISONS = {function.__name__: function for function in (tasks, loops, order, disks)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("names", nargs="*", choices=[[], *COMPARISONS], metavar="NAME")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        simulators = Simulators(options.build.absolute(), Path(folder))
        for name in options.names or COMPARISONS:
            COMPARISONS[name](simulators)


if __name__ == "__main__":
    main()
