#!/usr/bin/env python3
"""Under valgrind, the image server reads nothing that it has not written, and ends with nothing
left: neither memory nor descriptors."""

import select
import shutil
import sys
from pathlib import Path

from image_kit import *

# limit: 180 s

if shutil.which("valgrind") is None:
    print("there is no valgrind")
    sys.exit(77)
if b"__asan_init" in Path(sys.argv[1], f"image-{sys.argv[2]}").read_bytes():
    print("a sanitizer looks after memory already")
    sys.exit(77)
if b"__tsan_init" in Path(sys.argv[1], f"image-{sys.argv[2]}").read_bytes():
    print("valgrind does not run programs with a sanitizer")
    sys.exit(77)

VALGRIND = (
    "valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=all", "--errors-for-leak-kinds=all",
    "--error-exitcode=9", "--max-stackframe=67108864",
)


def every_way_out():
    options = ("--max-per-client", "12", "--header-timeout", "1s", "--access-log", "-")
    with image_server(*options, wrapper=VALGRIND) as server:
        write_ppm(server.root / "broken.ppm", 9, 9, b"short")
        equal(server.get("/small.jpg?size=2").status, 200, "the first status")
        before = server.descriptors()
        with server.connect() as client:
            for target in ("small.jpg?size=3", "small.jpg?size=3", "small.jpg", "broken.jpg", "none.jpg"):
                check(client.get(f"/{target}") is not None, f"{target} is answered")
            client.send(3 * "GET /small.jpg HTTP/1.1\r\nHost: h\r\n\r\n")
            check(all(client.response().status == 200 for _ in range(3)), "pipelined requests")
        with server.connect() as client:
            client.send("nonsense\r\n\r\n")
            equal(client.response().status, 400, "the status of nonsense")
        with server.connect() as client:
            client.send("GET /small.j")
            equal(client.response().status, 408, "the status of half a request")

        # Clients that leave in the middle, and some who share what they ask for.
        write_ppm(server.root / "big.ppm", 600, 400, noise(600, 400))
        clients = [server.connect() for _ in range(8)]
        for client in clients:
            client.request("/big.jpg?size=5")
        for client in clients[:4]:
            client.close()
        for client in clients[4:]:
            equal(client.response().status, 200, "the status of a shared picture")

        # Some are idle when the server stops, and one is above its limit.
        more = [server.connect() for _ in range(12)]
        for client in more[:4]:
            client.send("GET /small.j")
        refused = select.select([client.socket for client in more], [], [], PATIENCE)[0]
        check(refused and b" 503 " in refused[0].recv(100), "one of them is refused")
        for client in more + clients[4:]:
            client.close()
        until(lambda: server.descriptors() <= before, "every descriptor is closed")
        equal(server.program.stop(), 0, "the exit status")


main(every_way_out)
