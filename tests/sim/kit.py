"""What the tests of the simulator share."""

import json
import subprocess
import sys
from pathlib import Path

BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else "build")


def run(model, *options):
    """The output of a simulator of tests/sim/models, as text."""
    command = [BUILD / "tests/sim" / model, "--quiet", *options]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(result.returncode == 0, f"{' '.join(map(str, command))}: {result.stderr}")
    return result.stdout


def points(model, *options):
    return json.loads(run(model, "--format=json", *options))["points"]


def point(model, *options):
    return points(model, *options)[0]


def refused(model, *options):
    """What is said of options that are wrong."""
    command = [BUILD / "tests/sim" / model, *options]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(result.returncode == 2 and result.stdout == "", f"{options}: refused")
    return result.stderr


def check(holds, what):
    if not holds:
        raise SystemExit(f"not so: {what}")


def near(value, expected, part, what):
    check(abs(value - expected) <= part * expected, f"{what}: {value}, expected {expected}")
