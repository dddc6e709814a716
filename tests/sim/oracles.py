#!/usr/bin/env python3
"""Models whose answers are known exactly, and what the simulator says of them.

    python3 tests/sim/oracles.py build [--full] [--only=O1,O2] [--seed=N]

A row holds if every value is within the half-width of the 99.9 % interval from the exact one, and
that half-width is small: with --full at most 1 % of the value (make oracles), else 5 % (make check).
Sources: Kleinrock, "Queueing Systems", volume 1; Lavenberg (ed.), "Computer Performance Modeling
Handbook"; Conway, Maxwell, Miller, "Theory of Scheduling", 8-3 (the shortest first); Reiser and
Lavenberg, "Mean-value analysis of closed multichain queuing networks", JACM 27 (1980).

As a test, limit: 120 s.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

H2 = "hyper:0.952267017*0.525062984s,0.047732983*10.474937016s"
CPU_10 = ("--node=Compute:exp:10ms", "--arm=Store:0=0.5")


@dataclass
class Oracle:
    name: str
    about: str
    model: str
    options: tuple
    exact: dict
    profile: dict = field(default_factory=dict)
    weight: float = 1  # of requests: some need more than others


def station(*options, **rest):
    return dict(model="station", options=options, **rest)


# What blocks in Write; --node is about cores alone.
WRITE = {"nodes": {"Write": {"blocked": "exp:50ms"}}}
EXP = "--node=Serve:exp:1s"

ORACLES = [
    Oracle("O1", "M/M/1, rate .5", weight=4, exact={"mean": 2, "p50": 1.38629, "p99": 9.21034},
           **station("--load=open:poisson:0.5", EXP)),
    Oracle("O2", "M/M/1, rate .9", weight=120,
           exact={"mean": 10, "p50": 6.93147, "p90": 23.0259, "p99": 46.0517},
           **station("--load=open:poisson:0.9", EXP)),
    Oracle("O3", "M/M/2, rate 1.6", weight=16, exact={"mean": 2.77778, "p99": 11.9374},
           **station("--load=open:poisson:1.6", EXP, "--runtime=pool", "--threads=2", "--cores=2")),
    Oracle("O3e", "M/M/2, rate 1.6, as two loops", weight=16,
           exact={"mean": 2.77778, "p99": 11.9374},
           **station("--load=open:poisson:1.6", EXP, "--loops=2", "--cores=2")),
    Oracle("O4", "M/M/4, rate 3.6", weight=100, exact={"mean": 2.96938, "p99": 12.1932},
           **station("--load=open:poisson:3.6", EXP, "--runtime=pool", "--threads=4", "--cores=4")),
    Oracle("O6", "M/M/1/10, rate .9", weight=12,
           exact={"lost": 0.0508137, "throughput": 0.854268, "mean": 4.64660},
           **station("--load=open:poisson:0.9", EXP, "--backlog=9")),
    Oracle("O7", "M/M/1/10, rate 1.5",
           exact={"lost": 0.337232, "throughput": 0.994152, "mean": 8.17648},
           **station("--load=open:poisson:1.5", EXP, "--backlog=9")),
    Oracle("O9", "M/D/1, rate .8", weight=2, exact={"mean": 3},
           **station("--load=open:poisson:0.8", "--node=Serve:1s")),
    Oracle("O11", "M/H2/1, squared variation 10, rate .8", weight=60, exact={"mean": 23},
           **station("--load=open:poisson:0.8", f"--node=Serve:{H2}")),
    Oracle("O12", "the same, shared ideally", weight=30, exact={"mean": 5},
           **station("--load=open:poisson:0.8", f"--node=Serve:{H2}", "--runtime=thread",
                     "--quantum=0")),
    Oracle("O13", "M/G/1, a histogram, rate .7", weight=4, exact={"mean": 4.79167},
           **station("--load=open:poisson:0.7", "--node=Serve:histogram:0.9*0.5s,0.1*5.5s")),
    Oracle("O14", "D/M/1, load .8", weight=10, exact={"mean": 2.69273, "p99": 12.4005},
           **station("--load=open:const:0.8", EXP)),
    Oracle("SJF", "M/M/1, the shortest first, rate .8", weight=8, exact={"mean": 2.88222},
           **station("--load=open:poisson:0.8", EXP, "--order=shortest")),
    Oracle("O17", "machine repairman, 10 of them", "shared",
           ("--load=closed:10,10s", EXP, "--runtime=thread", "--cores=16384"),
           {"throughput": 0.785418, "mean": 2.73208}),
    Oracle("O20", "closed, 20 of them, three stations", "tandem",
           ("--load=closed:20,1s", "--runtime=thread", "--cores=16384", "--node=First:exp:50ms",
            "--node=Second:exp:80ms", "--node=Third:exp:40ms"),
           {"throughput": 11.8974, "mean": 0.681035}),
    Oracle("O23", "Jackson's network", "jackson",
           ("--load=open:poisson:5", "--runtime=thread", "--cores=16384",
            f"--node=A:exp:{1 / 12}s", f"--node=B:exp:{1 / 8}s", f"--node=C:exp:{1 / 6}s",
            "--arm=Back:0=0.18", "--arm=Returns=0.18", f"--arm=Out:0={0.42 / 0.82}"),
           {"mean": 0.512137}),
    Oracle("O27", "partly open", weight=120, exact={"mean": 10},
           **station("--load=partly:0.18,0.8,10s", EXP)),
    Oracle("O29", "a pool of 4 on one core", "blocking",
           ("--load=open:poisson:60", *CPU_10, "--runtime=pool", "--threads=4", "--quantum=0"),
           {"mean": 0.0577612}, WRITE, weight=2),
    Oracle("O30", "a pool of 8 on one core", "blocking",
           ("--load=open:poisson:60", *CPU_10, "--runtime=pool", "--threads=8", "--quantum=0"),
           {"mean": 0.0500119}, WRITE, weight=2),
    Oracle("O32", "a loop without helpers", "blocking",
           ("--load=open:poisson:20", *CPU_10, "--helpers=0"), {"mean": 0.141667}, WRITE,
           weight=4),
    Oracle("O32c", "its capacity", "blocking",
           ("--load=closed:50,0s", *CPU_10, "--helpers=0"), {"throughput": 28.5714}, WRITE),
    Oracle("O33", "a loop with 4 helpers", "blocking",
           ("--load=closed:6,0s", *CPU_10, "--helpers=4", "--quantum=none", "--cores=5",
            "--loops=1"),
           {"throughput": 94.9177}, WRITE),
    Oracle("O34", "a loop with 1 helper", "blocking",
           ("--load=closed:6,0s", *CPU_10, "--helpers=1", "--quantum=none", "--cores=2",
            "--loops=1"),
           {"throughput": 39.9015}, WRITE),
]

BURST = "".join("0\n" for _ in range(11))
DETERMINISTIC = [
    Oracle("bp-boss", "11 tasks: a boss and 5 workers of 120 ms", "station",
           ("--node=Serve:120ms", "--runtime=pool", "--threads=5", "--cores=5"),
           {"end": 0.360, "mean": 0.1963636363636}),
    Oracle("bp-pipeline", "11 tasks: 6 stages of 20 ms", "stages",
           (*(f"--node={stage}:20ms" for stage in "One Two Three Four Five Six".split()),
            "--runtime=thread", "--cores=16384"),
           {"end": 0.320, "mean": 0.220}),
]


def simulator(build, model):
    return build / "tests/sim" / model


def simulate(build, oracle, scratch, *options):
    command = [simulator(build, oracle.model), *oracle.options, "--format=json", "--quiet", *options]
    if oracle.profile:
        profile = scratch / f"{oracle.name}.json"
        profile.write_text(json.dumps({"format": 1, **oracle.profile}))
        command.append(f"--profile={profile}")
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{oracle.name}: {' '.join(map(str, command))}: {result.stderr}")
    return json.loads(result.stdout)["points"][0]


def judge(oracle, point, widest):
    """Says what was found; returns whether the row holds."""
    holds = not point["saturated"]
    for key, exact in oracle.exact.items():
        mean, half = point[key]["mean"], point[key]["half_width"]
        ok = abs(mean - exact) <= half and half <= widest * exact
        holds = holds and ok
        print(f"{oracle.name:12} {oracle.about:40} {key:10} {exact:<10.6g} {mean:<10.6g} "
              f"+- {100 * half / exact:5.2f} %  {'' if ok else 'NOT SO'}")
    if abs(point["little"]) > 0.01:
        print(f"{oracle.name:12} Little's law is off by {point['little']}")
        return False
    return holds


def exactly(oracle, point):
    holds = True
    for key, exact in oracle.exact.items():
        value = point[key] if isinstance(point[key], float) else point[key]["mean"]
        ok = abs(value - exact) < 1e-9
        holds = holds and ok
        print(f"{oracle.name:12} {oracle.about:40} {key:10} {exact:<10.6g} {value:<10.6g} exactly"
              f"  {'' if ok else 'NOT SO'}")
    return holds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=float, default=1, help="times as many")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        burst = scratch / "burst"
        burst.write_text(BURST)
        for oracle in DETERMINISTIC:
            if only and oracle.name not in only:
                continue
            point = simulate(options.build, oracle, scratch, f"--load=trace:{burst}",
                             "--replications=2")
            if not exactly(oracle, point):
                failed.append(oracle.name)
        for oracle in ORACLES:
            if only and oracle.name not in only:
                continue
            requests = (200_000 if options.full else 10_000) * oracle.weight * options.requests
            point = simulate(options.build, oracle, scratch, f"--requests={int(requests)}",
                             "--replications=20", "--confidence=99.9%", f"--seed={options.seed}")
            if not judge(oracle, point, 0.01 if options.full else 0.05):
                failed.append(oracle.name)
    print(f"not so: {', '.join(failed)}" if failed else "all hold")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
