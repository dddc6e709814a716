"""bench-web-peers.py COMMAND... - starts each of these servers for the folder root, and asks it."""

import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

FILES = {name: Path("root" + name).read_bytes() for name in ("/small", "/folder/large")}
END = b"Connection: close\r\n"


def request(path, more=b""):
    return b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n" + more + b"\r\n"


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.rest = b""

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, done):
        """Receives until done(bytes) is true, or the end."""
        while not done(self.rest):
            data = self.socket.recv(1 << 20)
            if not data:
                return False
            self.rest += data
        return True

    def response(self):
        """Status, head and body of the next one."""
        assert self.receive(lambda data: b"\r\n\r\n" in data), "the end, in a head"
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        size = int(re.search(rb"\r\nContent-Length: (\d+)", head)[1])
        assert self.receive(lambda data: len(data) >= size), "the end, in a body"
        body, self.rest = self.rest[:size], self.rest[size:]
        return int(head.split()[1]), head, body

    def ended(self):
        return not self.receive(bool)


def expect(client, path, closing=False):
    status, head, body = client.response()
    assert (status, body) == (200, FILES[path]), f"{path}: {status}, {len(body)} bytes"
    assert closing == (b"\r\nConnection: close" in head), head


def ask(port):
    client = Client(port)
    for path in ("/small", "/folder/large") * 3:
        client.send(request(path))
        expect(client, path)

    client.send(request("/missing"))
    assert client.response()[0] == 404

    for byte in request("/small"):
        client.send(bytes([byte]))
    expect(client, "/small")

    client.send(request("/small") * 5 + request("/folder/large") + request("/small", END))
    for path in ["/small"] * 5 + ["/folder/large"]:
        expect(client, path)
    expect(client, "/small", closing=True)
    assert client.ended()

    # What comes behind a response that the client does not take yet is not lost.
    slow = Client(port)
    slow.send(request("/folder/large") * 3 + request("/small"))
    others = [Client(port) for _ in range(8)]
    for other in others:
        other.send(request("/small", END))
    for path in ["/folder/large"] * 3 + ["/small"]:
        expect(slow, path)
    for other in others:
        expect(other, "/small", closing=True)
        assert other.ended()

    wrong = Client(port)
    wrong.send(b"POST /small HTTP/1.1\r\n\r\n")
    assert wrong.ended()


for command in sys.argv[1:]:
    words = [*shlex.split(command), "--root", "root"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            ask(int(server.stdout.readline().rsplit(":", 1)[1]))
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0, "exit status"
        except (AssertionError, OSError) as error:
            sys.exit(f"{command}: {error}")
        finally:
            server.kill()
