#!/usr/bin/env python3
"""How often an interval of 95 % has the exact value in it: of 200 seeds, 90 to 99 in a hundred."""

from kit import check, point

SEEDS = 200
CASES = {
    "M/M/1 at .5": (("station", "--load=open:poisson:0.5", "--node=Serve:exp:1s"),
                    {"mean": 2, "p50": 1.386294, "throughput": 0.5}),
    "ten that share": (("shared", "--load=closed:10,10s", "--node=Serve:exp:1s", "--runtime=thread",
                        "--cores=16384"), {"mean": 2.73208, "throughput": 0.785418}),
}

for name, (model, exact) in CASES.items():
    covered = dict.fromkeys(exact, 0)
    for seed in range(1, SEEDS + 1):
        found = point(*model, "--requests=8000", "--replications=8", f"--seed={seed}")
        for key, value in exact.items():
            covered[key] += abs(found[key]["mean"] - value) <= found[key]["half_width"]
    for key, count in covered.items():
        print(f"{name}: {key}: {100 * count / SEEDS:.1f} % of {SEEDS}")
        check(0.9 * SEEDS <= count <= 0.99 * SEEDS, f"{name}: {key}: 90 to 99 % are covered")
