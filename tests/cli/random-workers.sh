# When random programs are given up (tests/random/workers.py), nothing that was started for them is
# left that could write into the folder they are in: not the program that a worker waits for, nor what
# that one has started.
PYTHONPATH="$ROOT/tests/random" PYTHONDONTWRITEBYTECODE=1 exec python3 - "$PWD" <<'END'
import os, subprocess, sys
from workers import pool

scratch = sys.argv[1]


def work(name):
    """Waits for one that waits for one that says who it is, and then goes on for ever."""
    if name is not None:
        script = f"echo $$ >'{scratch}/{name}'; while :; do :; done"
        subprocess.run(["sh", "-c", 'sh -c "$1"; exit', "sh", script], check=False)
    while True:
        pids = [open(f"{scratch}/{n}").read() for n in "ab" if os.path.exists(f"{scratch}/{n}")]
        if len(pids) == 2 and all(pid.endswith("\n") for pid in pids):
            return [int(pid) for pid in pids]


with pool(3) as workers:
    for pids in workers.imap_unordered(work, ["a", "b", None]):
        break
left = [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
if left:
    sys.exit(f"{left} still run")
END
