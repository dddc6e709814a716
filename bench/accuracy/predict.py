"""The same servers in the simulator: from a profile that was measured, or from what the generator of
2006 would have known of it."""

import json
import os
import subprocess

from kit import program

from accuracy.subjects import MACHINE

REQUESTS, REPLICATIONS = 100_000, 8


def build(subject):
    """The server's simulator."""
    tables = program.output(f"accuracy-{subject.name}_sim.c")
    simulator = program.output(f"accuracy-{subject.name}-sim")
    folder = program.build_folder()
    for command in (
        [program.fluxc(), "--emit=sim", "-o", tables,
         program.ROOT / f"servers/{subject.name}/{subject.name}.flux"],
        [os.environ.get("CC", "cc"), "-O2", f"-I{folder}/include", "-o", simulator, tables,
         folder / "lib/libflux-sim.a", "-ljansson", "-lm", "-pthread"],
    ):
        subprocess.run([str(word) for word in command], check=True)
    return simulator


def predicted(simulator, profile, runtime, load, cores=1, connections=None):
    """A point of the simulator."""
    _, machine = MACHINE[runtime](cores)
    command = [simulator, f"--profile={profile}", f"--runtime={runtime}", f"--cores={cores}",
               f"--load={load}", f"--requests={REQUESTS}", f"--replications={REPLICATIONS}",
               "--format=json", "--quiet", *machine]
    if connections:
        command.append(f"--connections={connections}")
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{simulator.name}: {done.stderr.strip()}")
    return json.loads(done.stdout)["points"][0]


def together(light, burst, to):
    """One profile of two: what nodes take where they find the server asleep, and what they wait for,
    is the light load's; all else is the burst's, in which it was never asleep, and in which who has
    waited may have been kept from its core afterwards."""
    with open(burst, encoding="utf-8") as file:
        profile = json.load(file)
    with open(light, encoding="utf-8") as file:
        asleep = json.load(file)
    for name, node in profile["nodes"].items():
        other = asleep["nodes"][name]
        node["cpu"] = sorted(node["cpu"] or node["cpu_idle"])
        node["cpu_idle"] = other["cpu_idle"]
        node["blocked"] = sorted(other["blocked"] + other["blocked_idle"])
        node["blocked_idle"] = []
    with open(to, "w", encoding="utf-8") as file:
        json.dump(profile, file)
    return to


def mean(histogram):
    """Of a list of [from, to, count]; 0 of an empty one."""
    count = sum(row[2] for row in histogram)
    return sum((row[0] + row[1]) / 2 * row[2] for row in histogram) / count if count else 0


def as_in_2006(profile, to):
    """A profile with what the generator of the Flux paper knew: how long a node takes on average, as if
    it were exponential, all of it on a core, and nothing of the runtime."""
    with open(profile, encoding="utf-8") as file:
        measured = json.load(file)
    nodes = {}
    for name, node in measured["nodes"].items():
        whole = sum(mean(node.get(kind, []) + node.get(f"{kind}_idle", []))
                    for kind in ("cpu", "blocked"))
        nodes[name] = {"cpu": f"exp:{whole:.1f}ns" if whole > 0 else "0us",
                       "error": node.get("error", 0)}
    with open(to, "w", encoding="utf-8") as file:
        json.dump({"format": 1, "nodes": nodes, "arms": measured["arms"],
                   "repeats": measured["repeats"]}, file)
    return to
