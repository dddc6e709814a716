#!/usr/bin/env python3
"""demo.py BUILD PICTURES - the way from servers/image/image.flux to answered requests.

Compiles the program for each runtime, links it with the same nodes, starts it, fetches pictures at
several sizes, and stops it.
"""

import http.client
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from demo_kit import say, served

REQUESTS = [
    *(f"/sunset.jpg?size={size}" for size in (1, 2, 4, 8)),
    "/waves.jpg?size=8",
    "/waves.jpg?size=8",
    "/board.jpg",
    "/moon.jpg",
    "/waves.jpg?size=9",
]


def compile_flux(build, runtime, folder):
    """Shows what fluxc makes of the program."""
    output = Path(folder, "image_flux.c")
    command = [build / "bin/fluxc", f"--runtime={runtime}", "-o", output, "servers/image/image.flux"]
    say("$ " + " ".join(str(word) for word in command[:2]) + " -o image_flux.c " + command[-1])
    subprocess.run(command, check=True)
    lines = output.read_text().count("\n")
    say(f"  image_flux.c: {lines} lines of C, one resumable function for the flow")


def dimensions(jpeg):
    """Width and height, from the frame header (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 < len(jpeg):
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xC3:
            height, width = jpeg[at + 5 : at + 7], jpeg[at + 7 : at + 9]
            return f"{int.from_bytes(width, 'big')}x{int.from_bytes(height, 'big')}"
        at += 2 + length
    return "?"


def fetch(address, targets):
    """One connection, kept alive over all requests; a line for each."""
    lines = []
    connection = http.client.HTTPConnection(*address, timeout=30)
    for target in targets:
        connection.request("GET", target)
        response = connection.getresponse()
        body = response.read()
        kind = response.getheader("Content-Type", "")
        what = f"{dimensions(body)} JPEG, {len(body)} bytes" if "jpeg" in kind else response.reason
        lines.append(f"  GET {target:<20} {response.status} {what}")
    connection.close()
    return lines


def show(address):
    for line in fetch(address, REQUESTS):
        say(line)
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: fetch(address, REQUESTS[:6]), range(16)))
    good = sum(" 200 " in line for lines in answers for line in lines)
    say(f"  16 clients at once: {good} of {16 * 6} pictures served")
    return good == 16 * 6


def serve(build, runtime, pictures):
    command = [build / f"bin/image-{runtime}", "--listen", "127.0.0.1:0", "--root", pictures]
    return served(command, show)


def main():
    build, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    well = True
    for runtime in ("thread", "pool", "event"):
        say(f"\n== the image server under --runtime={runtime}")
        with tempfile.TemporaryDirectory() as folder:
            compile_flux(build, runtime, folder)
        well = serve(build, runtime, pictures) and well
    say("\nThe program is servers/image/image.flux, its nodes are the C files beside it. Run it:")
    say(f"  {build}/bin/image-event --listen 127.0.0.1:8080 --root {pictures}")
    sys.exit(0 if well else "something went wrong")


if __name__ == "__main__":
    main()
