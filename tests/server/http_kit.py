"""What the tests of servers of HTTP share: a server that runs, and clients that see every byte."""

import os
import re
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path

import server_kit
from server_kit import *


# ---- a server ------------------------------------------------------------------------------------


class HttpServer(Server):
    """A running server, the folder that it serves, and its log."""

    def __init__(self, program, root, log):
        super().__init__(program, log)
        self.root = root

    def connect(self, **more):
        """more: of Http."""
        return Http(self.program.address, **more)

    def get(self, target, method="GET", fields=""):
        """On a connection of its own."""
        with self.connect() as client:
            return client.get(target, method, fields)

    def processor_time(self):
        """Seconds that it has computed for, the kernel's share included."""
        text = Path(f"/proc/{self.program.process.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()  # from the third on, of proc(5)
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def http_server(name, *options, fill, shell="", wrapper=(), kind=HttpServer):
    """The server `name`, under the runtime of the test. fill: puts files into its folder. shell:
    what a shell does before it becomes the server. wrapper: a command that runs it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        root.mkdir()
        fill(root)
        log = Path(folder, "log")
        command = [*wrapper, program_name(name), "--listen", f"{HOST}:0", "--root", root, *options]
        with logged(command, log, shell) as program:
            yield kind(program, root, log)


# ---- a client ------------------------------------------------------------------------------------

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
DATE = (
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)


class Response:
    def __init__(self, status, fields, body, interim):
        self.status = status
        self.fields = fields  # by their names in small letters
        self.body = body
        self.interim = interim  # the statuses 1xx ahead of it

    @property
    def closes(self):
        return self.fields.get("connection") == "close"


class Http:
    """A connection. Everything that is received has to be framed as it claims."""

    def __init__(self, address, receive_buffer=None, source=None):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(PATIENCE)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def request(self, target, method="GET", fields="", body=b"", version="1.1"):
        self.send(f"{method} {target} HTTP/{version}\r\nHost: h\r\n{fields}\r\n".encode() + body)

    def head(self):
        """Status and fields of what comes next; None where the server has closed instead."""
        line = self.file.readline()
        if not line:
            return None
        found = re.match(rb"HTTP/1\.1 (\d{3}) [A-Z][A-Za-z -]+\r\n$", line)
        check(found, f"{line!r} is a status line")
        fields = {}
        while (line := self.file.readline()) != b"\r\n":
            field = re.match(rb"(%s): ([!-~]|[!-~][ -~]*[!-~])\r\n$" % TOKEN, line)
            check(field, f"{line!r} is a field")
            name = field[1].lower().decode()
            check(name not in fields, f"{name} comes once")
            fields[name] = field[2].decode()
        return int(found[1]), fields

    def chunks(self):
        body = b""
        while True:
            line = self.file.readline()
            check(re.match(rb"[0-9a-fA-F]+\r\n$", line), f"{line!r} is the size of a chunk")
            size = int(line, 16)
            body += self.exactly(size)
            equal(self.file.readline(), b"\r\n", "what ends a chunk")
            if size == 0:
                return body

    def exactly(self, length):
        body = self.file.read(length)
        equal(len(body), length, "the length of a body")
        return body

    def response(self, method="GET"):
        """The next one; None where the server has closed instead."""
        interim = []
        while (head := self.head()) is not None and head[0] < 200:
            interim.append(head[0])
            check(not {"content-length", "transfer-encoding"} & set(head[1]), "1xx has no body")
        if head is None:
            check(not interim, "something follows 1xx")
            return None
        status, fields = head
        check(re.fullmatch(DATE, fields.get("date", "")), f"{status} is dated")
        body = b""
        if status == 204:
            check(not {"content-length", "transfer-encoding"} & set(fields), "204 has no body")
        elif "transfer-encoding" in fields:
            equal(fields["transfer-encoding"], "chunked", "the transfer coding")
            check("content-length" not in fields, "a body has one framing")
            if status != 304 and method != "HEAD":
                body = self.chunks()
        elif status != 304:
            length = fields.get("content-length", "")
            check(re.fullmatch(r"\d+", length), f"{length!r} is the length of a {status}")
            if method != "HEAD":
                body = self.exactly(int(length))
        return Response(status, fields, body, interim)

    def get(self, target, method="GET", fields=""):
        self.request(target, method, fields)
        return self.response(method)

    def shut(self):
        """Sends nothing more."""
        self.socket.shutdown(socket.SHUT_WR)

    def closed(self):
        """Whether the server closes now, without another byte."""
        return self.file.read(1) == b""

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


__all__ = [*server_kit.__all__, "Http", "HttpServer", "Response", "http_server"]
