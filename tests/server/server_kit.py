"""What the tests of all servers share: a server that runs, with its log, and how a test says what is
not so."""

import os
import re
import shlex
import sys
from contextlib import contextmanager
from pathlib import Path

from drive import PATIENCE, Program, until

HOST = "127.0.0.1"
QUIET = ("--quiet",) if sys.argv[2:3] == ["trace"] else ()  # where there would be millions of steps
SANITIZED = "/san-" in "".join(sys.argv[1:2])  # needs more of everything
LAST_LINES = 100  # of a log, shown when something is wrong
SANITIZERS = r"==\d+==ERROR: |WARNING: ThreadSanitizer|: runtime error: "


def check(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")


def equal(actual, expected, what):
    check(actual == expected, f"{what} is {actual!r}, expected {expected!r}")


class Server:
    """One that runs and has said where it listens."""

    def __init__(self, program, log):
        self.program = program
        self.log = log
        program.wait(lambda: program.address is not None, "print 'listening on ADDRESS:PORT'")

    def signal(self, number):
        self.program.process.send_signal(number)

    def descriptors(self):
        """How many are open."""
        return len(os.listdir(f"/proc/{self.program.process.pid}/fd"))

    def memory(self, what="VmRSS"):
        """Bytes of it that are resident; VmHWM: that have been at most."""
        text = Path(f"/proc/{self.program.process.pid}/status").read_text()
        return 1024 * int(re.search(rf"^{what}:\s*(\d+) kB$", text, re.M)[1])

    def log_text(self):
        return self.log.read_text(errors="replace")

    def log_lines(self):
        return self.log_text().splitlines()


def program_name(name):
    """Of a server, under the runtime of the test."""
    return f"{sys.argv[1]}/{name}-{sys.argv[2]}"


@contextmanager
def logged(command, log, shell=""):
    """The command as a Program, with its standard error in a file. shell: what a shell does before it
    becomes the command."""
    words = " ".join(shlex.quote(str(word)) for word in command)
    try:
        with Program(["sh", "-c", f"{shell}\nexec {words} 2>{log}"]) as program:
            yield program
        found = re.search(SANITIZERS, log.read_text(errors="replace"))
        check(not found, f"the log has no '{found and found[0]}'")
    except BaseException:
        lines = log.read_text(errors="replace").splitlines(keepends=True)
        sys.stderr.write("".join(lines[-LAST_LINES:]))
        raise


def main(*tests):
    """Runs them in order; all of them, or those named on the command line."""
    for test in tests:
        if not sys.argv[3:] or test.__name__ in sys.argv[3:]:
            test()


__all__ = [
    "HOST", "PATIENCE", "QUIET", "SANITIZED", "Server", "check", "equal", "logged", "main",
    "program_name", "until",
]
