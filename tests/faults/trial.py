"""One run of a program in which one call fails, and what must hold all the same.

A server that cannot start says why and exits 1. One that has started loses at most the request that
met the fault; those that come after it are answered, SIGTERM ends it with status 0, and neither
memory nor descriptors are left. A program that ends by itself does so, and where its output is not
what it should be, its log says why. None of them has a sanitizer say anything.
"""

import errno
import itertools
import os
import re
import select
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 20  # seconds, for anything that should happen soon

# For programs that are built with sanitizers, which the preloaded library precedes. The exit status
# is one that no program has by itself.
SANITIZERS = {
    "ASAN_OPTIONS": "verify_asan_link_order=0:exitcode=99",
    "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1",
}
REPORT = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:|\w+Sanitizer:")

# What may fail, and how; 0 stands for a read or write that is cut short.
FAULTS = [
    ("malloc", errno.ENOMEM),
    ("mmap", errno.ENOMEM),
    ("accept", errno.EMFILE),
    ("accept", errno.ECONNABORTED),
    ("accept", errno.EINTR),
    ("read", 0),
    ("read", errno.EINTR),
    ("read", errno.EIO),
    ("read", errno.ECONNRESET),
    ("write", 0),
    ("write", errno.EINTR),
    ("write", errno.EPIPE),
    ("open", errno.ENFILE),
    ("create", errno.EMFILE),
    ("thread", errno.EAGAIN),
    ("epoll", errno.ENOSPC),
    ("epoll", errno.ENOMEM),
    ("wait", errno.EINTR),
    ("close", errno.EIO),
    ("setup", errno.ENOBUFS),
]

# What stays short for some time, and for how many calls.
SHORTAGES = [
    ("malloc", errno.ENOMEM, 5),
    ("accept", errno.EMFILE, 5),
    ("epoll", errno.ENOSPC, 5),
    ("thread", errno.EAGAIN, 3),
    ("write", errno.EPIPE, 3),
]


class Wrong(Exception):
    """What does not hold, and the log of the run."""


@dataclass(frozen=True)
class Fault:
    call: str
    error: int
    at: int = 0  # 0: none fails, they are counted
    times: int = 1

    def __str__(self):
        how = errno.errorcode[self.error] if self.error else "SHORT"
        times = f"*{self.times}" if self.times > 1 else ""
        return f"{self.call} {how}{times} {self.at}"


class Run:
    """A program on its way through a fault."""

    def __init__(self, command, fault, folder, build):
        self.folder = Path(folder)
        self.log = self.folder / "log"
        self.report = self.folder / "report"
        self.report.write_text("")
        environment = {
            **os.environ,
            **SANITIZERS,
            "LD_PRELOAD": str(Path(build, "tests/faults/faults.so").absolute()),
            "FAULTS_CALL": fault.call,
            "FAULTS_ERROR": str(fault.error),
            "FAULTS_AT": str(fault.at),
            "FAULTS_TIMES": str(fault.times),
            "FAULTS_REPORT": str(self.report),
        }
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self.out = b""

    def wrong(self, what):
        self.ends()  # if it is about to, its log is then complete
        log = self.log.read_text(errors="replace").splitlines()
        places = self.report.read_text().splitlines()
        found = next((i for i, line in enumerate(log) if REPORT.search(line)), None)
        if found is None:
            log = log[-40:]
        else:
            log = list(itertools.takewhile(lambda line: "Shadow bytes" not in line, log[found:]))
        return Wrong("\n".join([what, *places, *log]))

    def check_sanitizers(self):
        if REPORT.search(self.log.read_text(errors="replace")):
            raise self.wrong("a sanitizer has something to say")

    def read(self):
        """More of its standard output; False at the end."""
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            raise self.wrong("it says nothing and does not end")
        piece = os.read(self.process.stdout.fileno(), 65536)
        self.out += piece
        return piece != b""

    def address(self):
        """Where it listens; None when it has ended instead."""
        while True:
            found = re.search(rb"^listening on (.*):(\d+)\n", self.out, re.M)
            if found:
                return found[1].decode(), int(found[2])
            if not self.read():
                return None

    def wait(self):
        """Its exit status."""
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise self.wrong("it does not end") from None
        self.check_sanitizers()
        return status

    def ends(self):
        """It has ended, or does so at once."""
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self):
        """(calls, blocks left, descriptors left), as the preloaded library counted them."""
        found = re.search(r"^end calls (\d+) blocks (\d+) descriptors (\d+)$",
                          self.report.read_text(), re.M)
        if not found:
            raise self.wrong("it has not come to an ordinary end")
        return tuple(map(int, found.groups()))

    def says_why(self):
        return re.search(r" (error|warning)( flow \d+)?: ", self.log.read_text(errors="replace"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()


def check_left(run, usual):
    """Compares what is left with what a run without a fault leaves."""
    _, blocks, descriptors = run.end()
    if usual is None:
        return
    if blocks != usual[1]:
        raise run.wrong(f"{blocks} blocks of memory are left")
    if descriptors != usual[2]:
        raise run.wrong(f"{descriptors} descriptors are left instead of {usual[2]}")


def check_start(run):
    status = run.wait()
    if status != 1:
        raise run.wrong(f"exit {status} instead of 1 where it cannot start")
    if not run.says_why():
        raise run.wrong("it does not say why it cannot start")


def serve(run, fault, usual, requests):
    """A server. `requests` makes some with an address, and returns how many were not answered as
    they should be. Returns the outcome: served, lost or refused."""
    address = run.address()
    if address is None:
        check_start(run)
        check_left(run, None)
        return "refused"
    lost = later = ask(run, requests, address)
    most = fault.times if fault.at else 0
    for _ in range(most if lost <= most else 0):  # each time, one of them at least meets the fault
        later = later and ask(run, requests, address)
    if later and run.ends():  # where it would listen was said before the start failed
        check_start(run)
        check_left(run, None)
        return "refused"
    if lost > most:
        raise run.wrong(f"{lost} requests are lost")
    if later:
        raise run.wrong("requests are lost after those that met the fault")
    run.process.send_signal(signal.SIGTERM)
    status = run.wait()
    if status == 1 and lost and " stopping" not in run.log.read_text(errors="replace"):
        check_start(run)  # its port had meanwhile gone to another server, which has answered
        return "refused"
    if status != 0:
        raise run.wrong(f"exit {status} after SIGTERM")
    check_left(run, usual)
    return "lost" if lost else "served"


def ask(run, requests, address):
    try:
        return requests(address)
    except TimeoutError:
        raise run.wrong("a request is neither answered nor refused") from None


def finish(run, fault, usual, expected):
    """A program that ends by itself, having printed these lines."""
    while run.read():
        continue
    status = run.wait()
    if status == 1 and fault.at:
        check_start(run)
        check_left(run, None)
        return "refused"
    if status != 0:
        raise run.wrong(f"exit {status}")
    check_left(run, usual)
    if sorted(run.out.splitlines()) == sorted(expected.splitlines()):
        return "served"
    # A handler of its own may say it; what epoll lacks is memory to an await.
    said = any(os.strerror(e).encode() in run.out for e in (fault.error, errno.ENOMEM))
    if not fault.at or not (said or run.says_why()):
        raise run.wrong(f"it prints, and says nothing of it:\n{run.out.decode()}")
    return "lost"


# ---- clients -------------------------------------------------------------------------------------


class Peer:
    """A connection. Whatever goes wrong with it, but for silence, makes it lost, once and for all."""

    def __init__(self, address, source="127.0.0.1"):
        self.lost = False
        self.data = b""
        try:
            self.socket = socket.create_connection(address, PATIENCE, (source, 0))
        except ConnectionError:
            self.lost = True

    def send(self, data):
        try:
            if not self.lost:
                self.socket.sendall(data)
        except ConnectionError:
            self.lost = True

    def expect(self, data):
        """What comes next."""
        try:
            while not self.lost and len(self.data) < len(data):
                piece = self.socket.recv(len(data) - len(self.data))
                self.data += piece
                self.lost = not piece or not data.startswith(self.data)
        except ConnectionError:
            self.lost = True
        self.data = b""

    def until(self, pattern):
        """What has come, as soon as it matches; the next piece begins where the match ends."""
        try:
            while not self.lost and not (found := pattern.match(self.data)):
                piece = self.socket.recv(65536)
                self.data += piece
                self.lost = not piece
        except ConnectionError:
            self.lost = True
        return None if self.lost else found

    def close(self):
        if hasattr(self, "socket"):
            self.socket.close()
