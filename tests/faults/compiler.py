"""fluxc in which one call fails, every one in turn: it does all of its work or none, says so, and
leaves neither temporary files nor a changed output behind (R41).

    python3 tests/faults/compiler.py FLUXC FAULTS.so EXAMPLES
"""

import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from trial import SANITIZERS

FAULTS = [
    ("malloc", errno.ENOMEM),
    ("open", errno.EMFILE),
    ("open", errno.EACCES),
    ("read", errno.EIO),
    ("read", errno.EINTR),
    ("read", 0),
    ("write", errno.ENOSPC),
    ("write", errno.EINTR),
    ("write", 0),
    ("close", errno.EIO),
    ("setup", errno.EIO),
    ("rename", errno.EIO),
    ("rename", errno.EINVAL),
    ("create", errno.EMFILE),
]

GOOD = "x.flux"
BAD = "bad.flux"

# Status of a run without a fault, and the command line.
RUNS = [
    (0, ["-MD", "-o", "new.c", GOOD]),
    (0, ["-MD", "-o", "old.c", GOOD]),
    (0, ["--emit=stubs", "-o", "stubs.c", GOOD]),
    (0, ["--emit=svg", "-o", "-", GOOD]),
    (0, ["--emit=json", "-o", "old.json", GOOD]),
    (0, ["-d", "aglp", GOOD]),
    (0, ["--help"]),
    (1, ["-o", "old.c", BAD]),
    (2, ["-o", "mine.c", GOOD]),
]


def prepare(folder, fluxc, examples):
    (folder / BAD).write_text("source Nobody => Nowhere;\nA = B -> ;\n")
    (folder / "mine.c").write_text("mine\n")
    # Outputs of an earlier run, of another program in the same file.
    shutil.copy(examples / "hello" / "hello.flux", folder / "x.flux")
    for options in (["-MD", "-o", "old.c"], ["--emit=json", "-o", "old.json"]):
        subprocess.run([fluxc, *options, "x.flux"], cwd=folder, check=True)
    shutil.copy(examples / "early-acquisition" / "early-acquisition.flux", folder / "x.flux")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Compiler:
    def __init__(self, fluxc, library, examples, scratch):
        self.fluxc = fluxc
        self.library = library
        self.folder = Path(scratch, "work")
        self.origin = Path(scratch, "origin")
        self.report = Path(scratch, "report")
        self.origin.mkdir()
        prepare(self.origin, fluxc, examples)

    def run(self, arguments, call, error, at):
        """(status, standard output, standard error, the folder afterwards, how many calls)"""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.origin, self.folder)
        self.report.write_text("")
        environment = {
            **os.environ,
            **SANITIZERS,
            "LD_PRELOAD": str(self.library),
            "FAULTS_CALL": call,
            "FAULTS_ERROR": str(error),
            "FAULTS_AT": str(at),
            "FAULTS_REPORT": str(self.report),
        }
        done = subprocess.run(
            [self.fluxc, *arguments], cwd=self.folder, env=environment, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=60,
        )
        found = re.search(r"^end calls (\d+) blocks (\d+)", self.report.read_text(), re.M)
        return done.returncode, done.stdout, done.stderr, contents(self.folder), found

    def judge(self, usual, now):
        """What is wrong; None: nothing."""
        status, out, err, folder, end = now
        if end is None:
            return f"it crashed, exit {status}"
        if status not in (usual[0], 2):
            return f"exit {status}"
        if status == 2 and not err:
            return "exit 2 without a word"
        before = contents(self.origin)
        if status == 0 and (folder, out) != (usual[3], usual[1]):
            return "exit 0, but its output is not complete"
        if status == 0 and end[2] != usual[4][2]:
            return f"{end[2]} blocks of memory are left"
        if status != 0 and folder != before:
            names = [n for n in {*folder, *before} if folder.get(n) != before.get(n)]
            return f"exit {status}, and files have changed: {' '.join(names)}"
        if status == 1 and err != usual[2] and b"out of memory" not in err:
            return "exit 1, but not all of its errors are shown"
        return None


def main():
    fluxc, library, examples = (Path(argument).absolute() for argument in sys.argv[1:])
    failures, tried = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        compiler = Compiler(fluxc, library, examples, scratch)
        for status, arguments in RUNS:
            for call, error in FAULTS:
                usual = compiler.run(arguments, call, error, 0)
                if usual[0] != status:
                    sys.exit(f"fluxc {' '.join(arguments)}: exit {usual[0]}\n{usual[2].decode()}")
                for at in range(1, int(usual[4][1]) + 1):
                    now = compiler.run(arguments, call, error, at)
                    wrong = compiler.judge(usual, now)
                    tried += 1
                    if wrong:
                        how = errno.errorcode.get(error, "SHORT")
                        failures.append(f"fluxc {' '.join(arguments)}, {call} {how} {at}: {wrong}\n"
                                        + compiler.report.read_text() + now[2].decode())
    print(f"{tried} runs, {len(failures)} wrong")
    if failures:
        sys.exit("\n".join(failures[:20]))


main()
