"""A FastCGI application for tests, which does what a web server has to expect of one."""

import socket
import struct
import threading
from contextlib import contextmanager

from drive import PATIENCE

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = range(1, 8)
MOST = 65535


def record(kind, content=b"", padding=0, request=1, version=1):
    head = struct.pack(">BBHHBx", version, kind, request, len(content), padding)
    return head + content + b"!" * padding


def stream(kind, data):
    """As many records as it takes."""
    return b"".join(record(kind, data[at : at + MOST]) for at in range(0, len(data), MOST))


def end(status=0, protocol=0):
    return record(END, struct.pack(">IB3x", status, protocol))


def parameters(data):
    """Pairs of a name and a value (specification, 3.4)."""
    found, at = {}, 0

    def length():
        nonlocal at
        short = data[at] < 128
        size = data[at] if short else struct.unpack_from(">I", data, at)[0] & 0x7FFFFFFF
        at += 1 if short else 4
        return size

    while at < len(data):
        sizes = length(), length()
        name = data[at : at + sizes[0]].decode()
        assert name not in found, name
        found[name] = data[at + sizes[0] : at + sum(sizes)].decode()
        at += sum(sizes)
    return found


class Request:
    """One request on a connection."""

    def __init__(self, connection):
        self.connection = connection
        self.file = connection.makefile("rb")
        self.parameters = None
        self.ended = False

    def record(self):
        """Kind and content of the next; None where the server has closed."""
        head = self.file.read(8)
        if len(head) < 8:
            return None
        version, kind, request, length, padding = struct.unpack(">BBHHBx", head)
        assert (version, request) == (1, 1), head
        return kind, self.file.read(length + padding)[:length]

    def begin(self):
        """Reads up to the body; false where there is no other request."""
        first = self.record()
        if first is None:
            return False
        assert first == (BEGIN, b"\0\1\1\0\0\0\0\0"), first
        data = b""
        while (piece := self.record()) != (PARAMS, b""):
            assert piece[0] == PARAMS, piece
            data += piece[1]
        self.parameters = parameters(data)
        return True

    def pieces(self):
        """Of the body, as they come."""
        while (piece := self.record()) != (STDIN, b""):
            if piece is None:
                raise ConnectionResetError
            assert piece[0] == STDIN, piece
            yield piece[1]

    def body(self):
        return b"".join(self.pieces())

    def send(self, data):
        self.connection.sendall(data)

    def answer(self, text, body=b""):
        """A whole answer at once."""
        head = text.encode() if isinstance(text, str) else text
        self.send(stream(STDOUT, head + body) + record(STDOUT) + end())


class Application:
    """Listens at `address`. For a request to NAME.php it calls behaviours[NAME] with the Request; one
    that returns true keeps the connection."""

    def __init__(self, address, behaviours):
        self.behaviours = behaviours
        self.connections = 0  # that have come
        self.ended = 0  # that have gone
        self.asked = 0
        self.failures = []
        self.listener = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.listener.bind(address)
        self.listener.listen(100)
        self.address = self.listener.getsockname()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(PATIENCE)
        try:
            with connection:
                keep = True
                while keep:
                    request = Request(connection)
                    if not request.begin():
                        break
                    self.asked += 1
                    name = request.parameters["SCRIPT_NAME"].rpartition("/")[2].partition(".")[0]
                    keep = self.behaviours[name](request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has given up on the answer
        except Exception as failure:  # the test's thread has to hear of it
            self.failures.append(failure)
        self.ended += 1

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(PATIENCE)


@contextmanager
def application(address, behaviours):
    running = Application(address, behaviours)
    try:
        yield running
    finally:
        running.close()
    assert not running.failures, running.failures
