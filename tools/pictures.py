#!/usr/bin/env python3
"""pictures.py DIR - makes the pictures (PPM) that the image server is shown and tested with."""

import math
import sys
from pathlib import Path


def write(path, width, height, row):
    """row(y): the bytes of one line, red, green and blue of each pixel."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (width, height))
        for y in range(height):
            file.write(row(y))
    part.rename(path)


def sunset(width, height):
    """From red to blue, with a sun."""
    sun_x, sun_y, radius = width * 2 // 3, height // 2, height // 6

    def row(y):
        share = y / height
        sky = bytes((int(255 - 160 * share), int(120 - 80 * share), int(60 + 120 * share)))
        line = bytearray(sky * width)
        half = radius**2 - (y - sun_y) ** 2
        if half > 0:
            half = int(math.sqrt(half))
            line[3 * (sun_x - half) : 3 * (sun_x + half)] = bytes((255, 220, 90)) * (2 * half)
        return bytes(line)

    return row


def waves(width, height):
    """Interference of three waves: detail of every size."""
    across = [math.sin(x / 23) + math.sin(x * x / 40000) for x in range(width)]

    def row(y):
        down = math.cos(y / 31) + math.sin(y * y / 30000)
        line = bytearray()
        for value in across:
            level = int(127 + 31 * (value + down))
            line += bytes((level, 255 - level, (3 * level) & 255))
        return bytes(line)

    return row


def board(_width, _height):
    """Black and white squares of 8 pixels."""
    white, black = b"\xff\xff\xff" * 8, b"\x00\x00\x00" * 8
    lines = ((white + black) * 8, (black + white) * 8)
    return lambda y: lines[y // 8 % 2]


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, width, height, draw in (
        ("sunset", 1024, 768, sunset),
        ("waves", 640, 480, waves),
        ("board", 128, 128, board),
    ):
        write(folder / f"{name}.ppm", width, height, draw(width, height))


if __name__ == "__main__":
    main()
