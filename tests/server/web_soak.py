#!/usr/bin/env python3
"""Some seconds of `make soak-web`, of a server that does not close all of its files: that is found, and
nothing else is wrong. A sanitizer does not let us take calls away from it: then, that nothing is wrong."""

import subprocess
import sys
from pathlib import Path

from http_kit import *

# needs: tests/soak/leak.so
# limit: 120 s

BINARIES, RUNTIME = Path(sys.argv[1]), sys.argv[2]
SOAK = Path(__file__).parent.parent / "soak/web.py"


def soak(*options):
    command = [SOAK, f"--build={BINARIES.parent}", f"--runtimes={RUNTIME}", "--seconds=3"]
    command += ["--without-php", *options]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    print(result.stdout)
    return result.returncode, [
        line for line in result.stdout.splitlines() if line.startswith(f"{RUNTIME}: ")
    ]


def a_short_soak():
    binary = (BINARIES / f"web-{RUNTIME}").read_bytes()
    if b"__asan_init" in binary or b"__tsan_init" in binary:
        equal(soak("--sanitizer=some")[0], 0, "the exit status")
        return
    status, said = soak("--leak=close:2")
    equal(status, 1, "the exit status with a leak")
    wrong = [line for line in said if " answers, " not in line]
    check(wrong and all("growth of descriptors" in line for line in wrong), f"just that grows: {wrong}")


main(a_short_soak)
