"""bench-web-plots.py RESULTS FOLDER - the plots in the folder show what the results say."""

import json
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"


def check(condition, text):
    if not condition:
        sys.exit(text)


def look(file, sweep, rises):
    """One plot: a line for each server that was measured, its points from left to right. Of
    the same x, one that `rises` is drawn higher where the figure is larger."""
    tree = xml.parse(file)
    drawn = {line.find(f"{SVG}title").text: [tuple(map(float, point.split(",")))
                                             for point in line.get("points").split()]
             for line in tree.iter(f"{SVG}polyline")}
    measured = {name for turn in sweep["rounds"] for name in turn if isinstance(turn[name], list)}
    check(set(drawn) == measured, f"{file}: lines of {sorted(drawn)}, not {sorted(measured)}")
    for name, points in drawn.items():
        check(len(points) == len(sweep["points"]), f"{file}: {name} has {len(points)} points")
        check(all(a[0] < b[0] for a, b in zip(points, points[1:])), f"{file}: {name} goes back")
        check(all(0 < x < 860 and 0 < y < 480 for x, y in points), f"{file}: {name} is outside")
    # event is made up to be the better one everywhere; y grows downwards.
    for ours, theirs in zip(drawn["event"], drawn["nginx"]):
        check((ours[1] < theirs[1]) == rises, f"{file}: event is on the wrong side of nginx")
    labels = {text.text: float(text.get("y")) for text in tree.iter(f"{SVG}text")
              if text.text in measured}
    check(set(labels) == measured, f"{file}: labels of {sorted(labels)}")
    places = sorted(labels.values())
    check(all(b - a > 12 for a, b in zip(places, places[1:])), f"{file}: labels on one another")


def main():
    results, folder = sys.argv[1:]
    sweeps = json.loads(Path(results).read_text(encoding="utf-8"))["sweeps"]
    for sweep in sweeps:
        for name, rises in (("throughput", True), ("cpu", False), ("latency", False)):
            look(f"{folder}/{name}-{sweep['name']}.svg", sweep, rises)


main()
