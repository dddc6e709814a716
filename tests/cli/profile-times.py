"""Does the profile of tests/cli/profile-times.sh say what its nodes do?"""

import json
import sys

file, runtime = sys.argv[1:]
profile = json.load(open(file))
wrong = []


def parts(*histograms):
    return [part for histogram in histograms for part in histogram]


def mean(histogram):
    count = sum(part[2] for part in histogram)
    return sum((part[0] + part[1]) / 2 * part[2] for part in histogram) / count if count else 0


def count(histogram):
    return sum(part[2] for part in histogram)


def tenth(histogram):
    before = 0
    for low, high, number in sorted(histogram):
        before += number
        if before >= count(histogram) / 10:
            return high


def expect(holds, text):
    if not holds:
        wrong.append(text)


def near(what, value, least, most):
    expect(least <= value <= most, f"{what}: {value} is not between {least} and {most}")


nodes = profile["nodes"]
both = {
    (name, key): parts(node[key], node[key + "_idle"])
    for name, node in nodes.items()
    for key in ("cpu", "blocked")
}
# On core: what was spun, and a little more.
near("Short on core", mean(both["Short", "cpu"]), 180e3, 260e3)
near("Long on core", mean(both["Long", "cpu"]), 900e3, 1250e3)
near("Sleep on core", mean(both["Sleep", "cpu"]), 0, 400e3)
# Blocked: what it slept, less what it takes to fall asleep. How much longer a sleep lasts is the machine's to say.
for name, least in (("Sleep", 5e6), ("Locked", 1e6)):
    blocked = both[name, "blocked"]
    near(f"{name}: 10th percentile of blocked", tenth(blocked), 0.9 * least, 8 * least)
    near(f"{name} blocked", mean(blocked), 0.9 * least, 8 * least)
near("Short blocked", mean(both["Short", "blocked"]), 0, 20e3)
near("Long blocked", mean(both["Long", "blocked"]), 0, 100e3)
near("Awaits", mean(nodes["Awaits"]["await"]), 2e6, 12e6)

# Samples are weighted: their weights are about as many as calls.
for name in ("Short", "Long", "Sleep"):
    near(f"weights of {name}", count(both[name, "cpu"]), 120, 480)
    expect(nodes[name]["calls"] == 240, f"calls of {name}")
expect(nodes["Awaits"]["awaits"] == 240 and nodes["Awaits"]["in_vain"] == 240, "awaits")

# A request's parts are its whole, at least as long as what it has certainly waited.
for row in profile["latency"]:
    spent = row["spent"]
    total = sum(sum(group.values()) for group in list(spent.values())[:3]) + spent["other"]
    near("a class's sum", total / row["count"], row["from"] * 0.999, row["to"] * 1.001)
near("requests in classes", sum(row["count"] for row in profile["latency"]), 120, 480)
expect(profile["latency"][0]["from"] >= 8e6, "a response time below what its nodes wait")

ways = [way for way in profile["paths"] if way["begins"] == "start"]
expect(sum(way["count"] for way in ways) == 240, "ways")
for way in ways:
    if way["sampled"]:
        near("a way on core", way["cpu"], 1.1e6, 2.2e6)
        near("a way blocked", way["blocked"], 6e6, 60e6)
        near("a way that waited", way["waited"], 2e6, 2e9)

near("arrivals", mean(profile["sources"]["Ask"]["arrivals"]), 1.4e6, 30e6)
near("executors", profile["executors"], 1, 20000)
if wrong:
    print(*wrong, sep="\n")
    sys.exit(1)
