#!/usr/bin/env python3
"""Boss and workers against a pipeline, for 1 to 100 tasks, exactly (examples/comparisons)."""

import subprocess
import sys
from pathlib import Path

BUILD = Path(sys.argv[1])
COMPARE = Path(__file__).resolve().parent.parent.parent / "examples/comparisons/compare.py"

if b"__asan_init" in (BUILD / "bin/fluxc").read_bytes() or b"__tsan_init" in (
    BUILD / "bin/fluxc"
).read_bytes():
    print("it links simulators as users do, without sanitizers")
    sys.exit(77)
sys.exit(subprocess.run([COMPARE, f"--build={BUILD}", "tasks"]).returncode)
