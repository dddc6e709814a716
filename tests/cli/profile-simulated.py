"""What the simulator makes of toy.json beside what is in it (profile-simulated.sh)."""

import json
import sys


def mean(node):
    parts = node["cpu"] + node["cpu_idle"]
    return sum((a + b) / 2 * n for a, b, n in parts) / max(sum(n for _, _, n in parts), 1) / 1e9


def median(latency):
    """Of response times, in classes of at most 6 %, evenly within them."""
    half, before = sum(row["count"] for row in latency) / 2, 0
    for row in latency:
        if before + row["count"] >= half:
            share = (half - before) / row["count"]
            return (row["from"] + share * (row["to"] - row["from"])) / 1e9
        before += row["count"]


def near(what, value, least, most):
    if not least <= value <= most:
        sys.exit(f"{what}: {value} is not between {least} and {most}")


profile = json.load(open("toy.json"))
light = json.load(open("light.json"))["points"][0]
full = json.load(open("full.json"))["points"][0]

measured = median(profile["latency"])
near("median response time", light["p50"]["mean"], 0.8 * measured, 1.2 * measured)
near("failed requests", light["failed"], 0, 0)

nodes = profile["nodes"]
demand = sum(mean(nodes[name]) for name in ("Ask", "Turn", "Sleep", "Done"))
demand += profile["arms"]["Kind"][0] * mean(nodes["Rare"])
dispatch = float(profile["overheads"]["dispatch"].removesuffix("ns")) / 1e9
near("demand of a request", demand, 0.36e-3, 0.9e-3)
near("requests a second", full["throughput"]["mean"], 0.9 / (demand + 2 * dispatch), 1.1 / demand)
