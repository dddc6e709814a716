"""What the tests of the image server share: a server on pictures made for the test, clients that see
every byte, a JPEG decoder, and how much the server has read."""

import ctypes
import ctypes.util
import os
import re
import shlex
import socket
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from drive import PATIENCE, Program, until

HOST = "127.0.0.1"


def check(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")


def equal(actual, expected, what):
    check(actual == expected, f"{what} is {actual!r}, expected {expected!r}")


# ---- pictures ------------------------------------------------------------------------------------


def gradient(width, height):
    """Red from left to right, green from top to bottom."""
    rows = bytearray()
    across = [255 * x // max(width - 1, 1) for x in range(width)]
    for y in range(height):
        down = 255 * y // max(height - 1, 1)
        row = bytearray(bytes((0, down, 90)) * width)
        row[0::3] = bytes(across)
        rows += row
    return bytes(rows)


def write_ppm(path, width, height, pixels=None, header=None):
    header = header or b"P6\n%d %d\n255\n" % (width, height)
    part = Path(path).with_suffix(".part")
    part.write_bytes(header + (gradient(width, height) if pixels is None else pixels))
    part.rename(path)


def noise(width, height):
    """Hardly compressible, so that its JPEG is larger than the buffers of any socket."""
    return os.urandom(3 * width * height)


class Decoder:
    """libturbojpeg; a picture is (width, height, pixels)."""

    def __init__(self):
        self.library = ctypes.CDLL(ctypes.util.find_library("turbojpeg") or "libturbojpeg.so.0")
        self.library.tjInitDecompress.restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p(self.library.tjInitDecompress())

    def decode(self, jpeg):
        width, height, sampling, space = (ctypes.c_int() for _ in range(4))
        size = ctypes.c_ulong(len(jpeg))
        if self.library.tjDecompressHeader3(
            self.handle, jpeg, size, *map(ctypes.byref, (width, height, sampling, space))
        ):
            sys.exit("not a JPEG")
        pixels = ctypes.create_string_buffer(3 * width.value * height.value)
        if self.library.tjDecompress2(
            self.handle, jpeg, size, pixels, width, 0, height, 0, 0
        ):
            sys.exit("a damaged JPEG")
        return width.value, height.value, pixels.raw


# ---- server and clients --------------------------------------------------------------------------


class Image:
    """A running image server, its folder of pictures, and its log."""

    def __init__(self, program, root, log):
        self.program = program
        self.root = root
        self.log = log
        program.wait(lambda: program.address is not None, "print 'listening on ADDRESS:PORT'")

    def connect(self, receive_buffer=None):
        return Http(self.program.address, receive_buffer)

    def get(self, target, method="GET"):
        """On a connection of its own."""
        with self.connect() as client:
            return client.get(target, method)

    def descriptors(self):
        """How many are open."""
        return len(os.listdir(f"/proc/{self.program.process.pid}/fd"))

    def bytes_read(self):
        """From files, so far; a picture that is rendered is read once as a whole."""
        text = Path(f"/proc/{self.program.process.pid}/io").read_text()
        return int(re.search(r"^rchar: (\d+)$", text, re.M)[1])


@contextmanager
def image_server(*options, files=None, shell="", wrapper=()):
    """files: {name: (width, height)} to be made first. shell: what a shell does before it becomes
    the server. wrapper: a command that runs it."""
    binaries, runtime = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        root.mkdir()
        for name, size in (files or {"small": (64, 48)}).items():
            write_ppm(root / f"{name}.ppm", *size)
        log = Path(folder, "log")
        command = [*wrapper, f"{binaries}/image-{runtime}", "--listen", f"{HOST}:0", "--root", root]
        words = " ".join(shlex.quote(str(word)) for word in [*command, *options])
        with Program(["sh", "-c", f"{shell}\nexec {words} 2>{log}"]) as program:
            try:
                yield Image(program, root, log)
            except BaseException:
                lines = log.read_text(errors="replace").splitlines(keepends=True)
                sys.stderr.write("".join(lines[-100:]))
                raise


class Response:
    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body

    @property
    def closes(self):
        return self.fields.get("connection") == "close"


class Http:
    """A connection. Everything that is received has to be framed as it claims."""

    def __init__(self, address, receive_buffer=None):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(PATIENCE)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def request(self, target, method="GET", fields="", body=b"", version="1.1"):
        self.send(f"{method} {target} HTTP/{version}\r\nHost: h\r\n{fields}\r\n".encode() + body)

    def response(self, method="GET"):
        """The next one; None where the server has closed instead."""
        line = self.file.readline()
        if not line:
            return None
        found = re.match(rb"HTTP/1\.1 (\d{3}) [A-Z][A-Za-z ]+\r\n$", line)
        check(found, f"{line!r} is a status line")
        fields = {}
        while (line := self.file.readline()) != b"\r\n":
            name, value = re.match(rb"([A-Za-z-]+): (.*)\r\n$", line).groups()
            check(name.lower() not in fields, f"{name} comes once")
            fields[name.lower().decode()] = value.decode()
        status = int(found[1])
        check("date" in fields, "a response is dated")
        length = 0 if status == 304 or method == "HEAD" else int(fields["content-length"])
        body = self.file.read(length)
        equal(len(body), length, "the length of a body")
        return Response(status, fields, body)

    def get(self, target, method="GET"):
        self.request(target, method)
        return self.response(method)

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


def main(*tests):
    """Runs them in order; all of them, or those named on the command line."""
    for test in tests:
        if not sys.argv[3:] or test.__name__ in sys.argv[3:]:
            test()


__all__ = [
    "Decoder", "HOST", "Http", "PATIENCE", "check", "equal", "gradient", "image_server",
    "main", "noise", "until", "write_ppm",
]
