"""What has to be so in the profile of a program whose flows have all ended (docs/profile.md).

    profiles.check(profile, told)   told: what `trace` said on standard error, or None
"""

import re
from collections import Counter


class Wrong(Exception):
    pass


def same(what, left, right):
    if left != right:
        raise Wrong(f"{what}: {left} is not {right}")


def check(profile, told=None):
    check_ways(profile)
    check_calls(profile)
    check_sums(profile)
    if told is not None:
        check_told(profile, told)


def check_ways(profile):
    """A way that ends where another begins is followed by one, and all begin and end."""
    for name, source in profile["sources"].items():
        begun, ended = Counter(), Counter()
        for way in profile["paths"]:
            if way["source"] == name:
                begun[way["begins"]] += way["count"]
                ended[way["ends"]] += way["count"]
        same(f"{name}: flows and their beginnings", source["flows"], begun["start"])
        same(f"{name}: flows and their ends", source["flows"], ended["end"])
        same(f"{name}: flows and `ended`", source["flows"], source["ended"])
        if begun["source"]:
            same(f"{name}: flows and births", source["flows"], ended["born"])
            same(f"{name}: failures", source["failures"], ended["failed"])
        same(f"{name}: runs", begun["source"], ended["born"] + ended["failed"])
        for at in {*begun, *ended}:
            if at.startswith(("turn ", "cut ")):
                same(f"{name}: ways at {at}", begun[at], ended[at])


def steps_of(profile):
    for way in profile["paths"]:
        for step in way["steps"]:
            yield step, way["count"]


def check_calls(profile):
    """What nodes, arms and turns are said to have had is what is in the ways."""
    calls, errors, arms = Counter(), Counter(), Counter()
    for step, count in steps_of(profile):
        if ":" in step:
            arms[step] += count
        elif "?" not in step:
            calls[step.rstrip("!")] += count
            errors[step.rstrip("!")] += count if step.endswith("!") else 0
    for name, node in profile["nodes"].items():
        same(f"calls of {name}", node["calls"], calls[name])
        same(f"errors of {name}", node["errors"], errors[name])
        places = [place for place in profile["places"] if place["node"] == name]
        same(f"calls of {name} at its places", node["calls"], sum(p["calls"] for p in places))
    for name, counts in profile["arm_counts"].items():
        for arm, count in enumerate(counts[:-1]):
            same(f"{name}:{arm}", count, arms[f"{name}:{arm}"])
        same(f"{name}:-", counts[-1], arms[f"{name}:-"])


def check_sums(profile):
    for name, shares in profile["arms"].items():
        counts = profile["arm_counts"][name]
        for share, count in zip(shares, counts):
            if abs(share - count / sum(counts)) > 1e-6:
                raise Wrong(f"arms of {name}: {shares}, {counts}")
    turns = Counter()
    for way in profile["paths"]:
        if way["ends"].startswith("turn "):
            turns[way["ends"][5:]] += way["count"]
    for name, (again, _) in profile["repeat_counts"].items():
        same(f"turns of {name}", again, turns[name])


def check_told(profile, told):
    """`trace` has announced each call: it and the profile count alike."""
    calls = Counter(re.findall(r"^trace: .* call \w+ in (.*)$", told, re.MULTILINE))
    counted = {" > ".join(p["path"]): 0 for p in profile["places"]}
    for place in profile["places"]:
        counted[" > ".join(place["path"])] += place["calls"]
    for path in {*calls, *counted}:
        same(f"calls told of {path}", calls[path], counted.get(path, 0))
