"""What the tests of the image server share beside http_kit: pictures made for the test, a JPEG
decoder, and how much the server has read."""

import ctypes
import ctypes.util
import os
import re
import sys
from pathlib import Path

import http_kit
from http_kit import *

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


# ---- a server ------------------------------------------------------------------------------------


class Image(HttpServer):
    def bytes_read(self):
        """From files, so far; a picture that is rendered is read once as a whole."""
        text = Path(f"/proc/{self.program.process.pid}/io").read_text()
        return int(re.search(r"^rchar: (\d+)$", text, re.M)[1])


def image_server(*options, files=None, **more):
    """files: {name: (width, height)} to be made first. more: of http_server."""

    def fill(root):
        for name, size in (files or {"small": (64, 48)}).items():
            write_ppm(root / f"{name}.ppm", *size)

    return http_server("image", *options, fill=fill, kind=Image, **more)


__all__ = [
    *http_kit.__all__, "Decoder", "gradient", "image_server", "noise", "write_ppm",
]
