"""what it costs the web server to measure itself

The same server, compiled with and without --profile, serves a small file over connections that stay;
wrk asks, on the other CPU. CPU time of a request is what counts: more of it is less throughput.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from kit import program
from kit.contest import Contest, Figure, at_most
from kit.process import QUIET, Process, pinned, shown

SECONDS = 4  # of each round
CONNECTIONS = 32
BAR = 1.02
RUNTIMES = (("event", ["--loops", 1]), ("pool", []), ("thread", []))


def requests(port, last_cpu):
    command = ["taskset", "-c", str(last_cpu), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s",
               f"http://127.0.0.1:{port}/small.html"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if re.search(r"Non-2xx|Socket errors", said):
        raise RuntimeError(f"not all answers were right:\n{said}")
    return int(re.search(r"(\d+) requests in", said)[1])


def serve(command, last_cpu):
    """Microseconds of CPU for a request."""
    with Process(command) as server:
        port = server.port()
        requests_before = server.cpu()
        count = requests(port, last_cpu)
        return (server.cpu() - requests_before) / count / 1000


def run():
    import os

    last_cpu = max(os.sched_getaffinity(0))
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "small.html").write_bytes(b"x" * 1024)
        for runtime, options in RUNTIMES:
            contest = Contest(Figure(f"CPU time of a request, {runtime}", "us", digits=2))
            for label, where, bars in (("as it is", "bin", []),
                                       ("with --profile", "profiled/bin", [at_most(BAR)])):
                server = program.relative(program.build_folder() / where / f"web-{runtime}")
                command = pinned([server, *options, "--listen", "127.0.0.1:0", "--root", folder,
                                  *QUIET])
                print("  " + shown(command))
                contest.enter(label, lambda command=command: serve(command, last_cpu), *bars)
            missed += contest.run()
    return missed
