"""What the tests of the balancer share: replicas whose behaviour a test decides, the balancer, and
clients that speak in lines."""

import json
import re
import socket
import tempfile
import threading
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import server_kit
from server_kit import *


# ---- replicas ------------------------------------------------------------------------------------


def echo(replica, connection, _number):
    """Answers each line with the name of the replica and the line."""
    with connection.makefile("rb") as lines:
        for line in lines:
            replica.heard.append(line.decode().strip())
            connection.sendall(replica.name.encode() + b" " + line)


class Replica:
    """Listens; serve(replica, connection, number) runs on a thread for each connection."""

    def __init__(self, name="replica", serve=echo, backlog=128):
        self.name = name
        self.serve = serve
        self.backlog = backlog
        self.heard = []
        self.open = []
        self.accepted = 0
        self.listener = None
        self.port = 0
        self.start()

    def start(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((HOST, self.port))
        self.listener.listen(self.backlog)
        self.port = self.listener.getsockname()[1]
        if self.serve:
            threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            self.open.append(connection)
            arguments = (connection, self.accepted)
            threading.Thread(target=self._run, args=arguments, daemon=True).start()

    def _run(self, connection, number):
        try:
            self.serve(self, connection, number)
        except OSError:
            pass
        finally:
            connection.close()
            if connection in self.open:
                self.open.remove(connection)

    def stop(self):
        """As when the machine is gone but for its address: nobody listens, connections are reset."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in list(self.open):
            try:
                reset(connection)
            except OSError:
                pass
        until(lambda: not self.open, "its connections are closed")


def reset(connection):
    """Closes it with a reset."""
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
    )
    try:
        connection.shutdown(socket.SHUT_RD)  # whoever reads from it notices
    except OSError:
        pass
    connection.close()


# ---- the balancer --------------------------------------------------------------------------------


class Balancer(Server):
    def __init__(self, program, log, folder):
        super().__init__(program, log)
        self.folder = folder
        self.control = None
        for line in program.lines:
            found = re.match(r"control on (.*)$", line)
            if found:
                self.control = found[1]

    def connect(self, source=None, **more):
        return Client(self.program.address, source, **more)

    def ask(self, line="hello", source=None):
        """The answer to a line, on a connection of its own."""
        with self.connect(source) as client:
            return client.ask(line)

    def request(self, path, method="GET"):
        """(status, body) of a request to the control port."""
        asked = urllib.request.Request(f"http://{self.control}{path}", method=method)
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def status(self):
        return json.loads(self.request("/status")[1])

    def replica(self, replica):
        """What /status says of one; None: it is not there."""
        for each in self.status()["replicas"]:
            if each["name"] == replica.address:
                return each
        return None


@contextmanager
def balancer(*options, replicas=(), shell=""):
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        command = [program_name("balance"), *QUIET, "--listen", f"{HOST}:0"]
        command += ["--control", f"{HOST}:0"]
        for replica in replicas:
            command += ["--backend", replica.address]
        command += [str(option).replace("FOLDER", folder) for option in options]
        with logged(command, log, shell) as program:
            yield Balancer(program, log, Path(folder))


# ---- clients -------------------------------------------------------------------------------------


class Client:
    def __init__(self, address, source=None, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        """'' at the end of what the other side says."""
        try:
            return self.file.readline().decode().rstrip("\n")
        except ConnectionResetError:
            return ""

    def ask(self, line="hello"):
        self.send(line + "\n")
        return self.line()

    def rest(self):
        return self.file.read()

    def shut(self):
        self.socket.shutdown(socket.SHUT_WR)

    def ended(self):
        """Whether the other side has ended or broken off the connection, after nothing else."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def silent(self, seconds=0.05):
        """Whether nothing comes for a moment; only of use where it could not come later."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) is None
        except (TimeoutError, BlockingIOError):
            return True
        finally:
            self.socket.settimeout(PATIENCE)

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


__all__ = [*server_kit.__all__, "Balancer", "Client", "Replica", "balancer", "echo", "reset"]
