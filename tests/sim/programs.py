#!/usr/bin/env python3
"""Every program of the tree: its tables compile without a warning, and run with the profile that
--emit=profile-template begins, as thread, pool and event."""
# limit: 120 s

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BUILD = Path(sys.argv[1])
FLUXC = BUILD / "bin/fluxc"
TREE = Path(__file__).resolve().parent.parent.parent
WARNINGS = "-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror".split()


def call(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=50)


def wrong(file, folder):
    """What is wrong with a program; None: nothing; '': it is none, or has no requests."""
    tables, profile, simulator = (f"{folder}/{name}" for name in ("sim.c", "p.json", "sim"))
    if call(FLUXC, "--emit=sim", "-o", tables, file).returncode != 0:
        return ""
    for command in ((FLUXC, "--emit=profile-template", "-o", profile, file),
                    (os.environ.get("CC", "gcc"), *WARNINGS, f"-I{BUILD}/include", tables,
                     BUILD / "lib/libflux-sim.a", "-ljansson", "-lm", "-pthread", "-o", simulator)):
        result = call(*command)
        if result.returncode != 0:
            return result.stdout
    result = call(simulator, f"--profile={profile}", "--load=open:poisson:1000", "--quiet",
                  "--requests=100", "--replications=2", "--jobs=1", "--runtime=thread,pool,event")
    if "a clock needs no load" in result.stdout:
        return ""
    rows = [line.split()[0] for line in result.stdout.splitlines()[1:4]]
    return None if result.returncode == 0 and rows == ["thread", "pool", "event"] else result.stdout


def attempt(file):
    with tempfile.TemporaryDirectory() as folder:
        return file, wrong(file, folder)


if b"__asan_init" in FLUXC.read_bytes() or b"__tsan_init" in FLUXC.read_bytes():
    print("it links simulators as users do, without sanitizers")
    sys.exit(77)
files = sorted(f for top in ("examples", "servers", "bench", "tests/run", "tests/sim", "tests/faults")
               for f in (TREE / top).rglob("*.flux"))
with ThreadPoolExecutor(4) as executor:
    found = list(executor.map(attempt, files))
ran = [file for file, what in found if what is None]
for file, what in found:
    if what:
        print(f"{file.relative_to(TREE)}: {what}")
if any(what for _, what in found):
    sys.exit(1)
if len(ran) < len(files) * 3 // 4:
    sys.exit(f"only {len(ran)} of {len(files)} programs ran")
