"""Processes under measurement: pinned to a CPU, their CPU time and memory, stopped by their pid."""

import os
import re
import selectors
import shlex
import signal
import subprocess
import time

_cpus = sorted(os.sched_getaffinity(0))
MEASURED_CPU = _cpus[0]  # programs under measurement
LOAD_CPU = _cpus[-1]  # their clients, and this driver

QUIET = ["--log-level", "warning"]  # of every Flux program

PATIENCE = 60  # seconds, for anything that should be quick

os.sched_setaffinity(0, {LOAD_CPU})


def pinned(command, cpus=None):
    """The command line that runs `command` on one CPU, or on those given."""
    where = MEASURED_CPU if cpus is None else ",".join(map(str, cpus))
    return ["taskset", "-c", str(where), *map(str, command)]


def all_cpus():
    return _cpus


def shown(command):
    return "$ " + shlex.join(map(str, command))


class Usage:
    """What a finished process has used, in seconds of CPU (user and system) and of the clock, and
    what it has printed."""

    def __init__(self, rusage, wall, output):
        self.cpu = rusage.ru_utime + rusage.ru_stime
        self.wall = wall
        self.output = output.decode()


def timed(command, errors=None):
    """Runs a command line to its end, which has to be exit status 0. `errors`: a file."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=errors)
    with process.stdout as stdout:
        output = stdout.read()
    _, status, rusage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}: exit status {process.returncode}")
    return Usage(rusage, time.monotonic() - begun, output)


def cpu_of(pid):
    process_clock = ~pid << 3 | 2  # CPUCLOCK_SCHED, see clock_getcpuclockid(3)
    return time.clock_gettime_ns(process_clock)


class Process:
    """A running program: a server, or one that is told on standard input what to do."""

    def __init__(self, command, errors=None, output=subprocess.PIPE, **more):
        self.command = command
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=errors, **more
        )
        self.pid = self.process.pid
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.kill()

    def tell(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def line(self, patience=PATIENCE):
        """The next line that it prints; RuntimeError if it ends or takes too long."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            end = time.monotonic() + patience
            while b"\n" not in self.rest:
                if not selector.select(max(end - time.monotonic(), 0)):
                    raise RuntimeError(f"{shlex.join(self.command)} printed nothing")
                data = os.read(self.process.stdout.fileno(), 65536)
                if not data:
                    raise RuntimeError(f"{shlex.join(self.command)} ended")
                self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def last_line(self):
        """Once it has ended: the last line that it printed."""
        self.rest += self.process.stdout.read()
        return self.rest.decode().rstrip("\n").rpartition("\n")[2]

    def port(self):
        """Of a server that prints 'listening on ADDRESS:PORT'."""
        while True:
            found = re.match(r"listening on .*:(\d+)$", self.line())
            if found:
                return int(found[1])

    def cpu(self):
        """Nanoseconds of CPU that all its threads, ended ones included, have used so far."""
        return cpu_of(self.pid)

    def _status(self, field):
        with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as status:
            return 1024 * int(re.search(rf"^{field}:\s+(\d+) kB", status.read(), re.M)[1])

    def memory(self):
        """Bytes of resident user memory."""
        return self._status("VmRSS")

    def page_tables(self):
        return self._status("VmPTE")

    def settled_memory(self):
        """Resident memory once it no longer grows."""
        last, same = -1, 0
        end = time.monotonic() + PATIENCE
        while same < 10 and time.monotonic() < end:
            now = self.memory()
            same = same + 1 if now == last else 0
            last = now
            time.sleep(0.01)
        return last

    def wait(self, patience=PATIENCE):
        """Its exit status, once it has ended by itself."""
        return self.process.wait(patience)

    def stop(self):
        """SIGTERM, upon which it has to exit 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"{shlex.join(self.command)} did not stop") from None
        if status != 0:
            raise RuntimeError(f"{shlex.join(self.command)}: exit status {status}")

    def kill(self):
        self.process.kill()
        self.process.wait()


class Family(Process):
    """A server that may have processes of its own; they are a session together. What it prints goes
    to a file."""

    def __init__(self, command, log):
        with open(log, "ab") as file:
            super().__init__(command, file, file, start_new_session=True)

    def pids(self):
        members = []
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.getsid(int(entry)) == self.pid:
                    members.append(int(entry))
            except ProcessLookupError:
                pass
        return members

    def cpu(self):
        """Of all that are alive."""
        total = 0
        for pid in self.pids():
            try:
                total += cpu_of(pid)
            except OSError:  # ended since
                pass
        return total

    def memory(self):
        """Resident memory; a page that some of them share counts once."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
                total += 1024 * int(re.search(r"^Pss:\s+(\d+) kB", rollup.read(), re.M)[1])
        return total

    def stop(self):
        """SIGTERM to the first of them; whatever is left after that is killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
