"""For drivers: starts the program under test, talks to it over TCP, stops it.

    with Program(sys.argv[1:]) as program:
        client = program.connect()
        client.send("hello\\n")
        print(client.line())
"""

import re
import signal
import socket
import subprocess
import sys
import threading
import time

PATIENCE = 30  # seconds, for anything that should happen at once


class Program:
    """A running program that prints 'listening on ADDRESS:PORT'. On leaving, it gets SIGTERM and
    must exit 0."""

    def __init__(self, command, stderr=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        self.address = None
        self.lines = []  # what it printed beside the address
        self.log = []  # its standard error, with stderr=subprocess.PIPE
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if stderr is not None:
            threading.Thread(target=self._read_log, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                found = re.match(r"listening on (.*):(\d+)$", line)
                if found and self.address is None:
                    self.address = (found[1], int(found[2]))
                else:
                    self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.reader = None
            self.changed.notify_all()

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def wait(self, condition, what):
        """Until condition() holds, looking again whenever the program prints a line."""
        with self.changed:
            self.changed.wait_for(lambda: condition() or self.reader is None, PATIENCE)
            if not condition():
                sys.exit(f"the program did not {what}")

    def connect(self):
        self.wait(lambda: self.address is not None, "print 'listening on ADDRESS:PORT'")
        return Client(self.address)

    def stop(self, number=signal.SIGTERM):
        """Returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, kind, _value, _trace):
        if kind is not None:
            self.process.kill()
            self.process.wait()
        elif self.process.poll() is None and self.stop() != 0:
            sys.exit(f"exit {self.process.returncode} after SIGTERM")


class Client:
    """A connection that speaks in lines."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, PATIENCE)
        self.file = self.socket.makefile("rb")

    def send(self, text):
        self.socket.sendall(text.encode())

    def line(self):
        """The next line; '' when the other side has closed."""
        return self.file.readline().decode().rstrip("\n")

    def close(self):
        self.file.close()
        self.socket.close()


def until(condition, what):
    """Polls for something that the program does not announce."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"in vain: {what}")
        time.sleep(0.01)
