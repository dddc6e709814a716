#!/usr/bin/env python3
"""The image server renders what is there, as often as needed, and nothing that is not to be shown."""

import os
from concurrent.futures import ThreadPoolExecutor

from image_kit import *

decoder = Decoder()


def sizes():
    """Every size of pictures of odd dimensions, the colours where they belong."""
    shapes = {"plain": (64, 48), "odd": (61, 37), "wide": (300, 1), "high": (1, 9), "dot": (1, 1)}
    with image_server(files=shapes) as server, server.connect() as client:
        for name, (width, height) in shapes.items():
            for size in range(1, 9):
                response = client.get(f"/{name}.jpg?size={size}")
                equal(response.status, 200, f"the status of {name} at {size}")
                w, h, pixels = decoder.decode(response.body)
                expected = ((width * size + 7) // 8, (height * size + 7) // 8)
                equal((w, h), expected, f"the dimensions of {name} at {size}")
                if name in ("plain", "odd"):
                    check_gradient(w, h, pixels, f"{name} at {size}")
        equal(client.get("/plain.jpg").body, client.get("/plain.jpg?size=8").body, "the default")


def check_gradient(width, height, pixels, what):
    """The middle of each pixel shows the colour of that place, give or take what JPEG loses."""
    for y in range(height):
        for x in range(width):
            red, green, _blue = pixels[3 * (y * width + x) :][:3]
            across, down = 255 * (x + 0.5) / width, 255 * (y + 0.5) / height
            close = abs(red - across) < 40 and abs(green - down) < 40
            check(close, f"{what}: ({red}, {green}) at ({x}, {y})")


def headers():
    with image_server() as server:
        grey = bytes((50, 50, 50)) * 64
        write_ppm(server.root / "comment.ppm", 8, 8, grey, b"P6 # a\n#b\n8\n# c\n8 255\n")
        write_ppm(server.root / "dark.ppm", 8, 8, grey, b"P6 8 8 100\n")
        for name, level in (("comment", 50), ("dark", 127)):
            for size in (4, 8):
                _, _, pixels = decoder.decode(server.get(f"/{name}.jpg?size={size}").body)
                check(all(abs(sample - level) < 4 for sample in pixels), f"{name} is {level}")


def broken_files():
    """None of these is served, and none costs memory or ends a connection."""
    broken = {
        "short": b"P6 64 48 255\n" + bytes(64 * 48 * 3 - 1),
        "liar": b"P6 6000 6000 255\n" + bytes(1000),
        "empty": b"",
        "text": b"hello\n",
        "grey": b"P5 2 2 255\n" + bytes(4),
        "deep": b"P6 2 2 65535\n" + bytes(24),
        "none": b"P6 0 0 255\n",
        "cut": b"P6 64",
        "endless": b"P6 #" + 10000 * b"x",
    }
    large = {
        "huge": b"P6 60000 60000 255\n",
        "wider": b"P6 4000000000 1 255\n",
        "limit": b"P6 101 100 255\n" + bytes(101 * 100 * 3),
        "stuffed": b"P6 2 2 255\n" + bytes(100000),
    }
    with image_server("--max-pixels", "10000") as server:
        for name, data in {**broken, **large}.items():
            (server.root / f"{name}.ppm").write_bytes(data)
        write_ppm(server.root / "just.ppm", 100, 100)
        with server.connect() as client:
            for name in large:
                equal(client.get(f"/{name}.jpg").status, 413, f"the status of {name}")
            for name in broken:
                expected = 413 if name == "liar" else 500
                equal(client.get(f"/{name}.jpg").status, expected, f"the status of {name}")
            equal(client.get("/just.jpg").status, 200, "the status of the largest")
    with image_server() as server:
        (server.root / "liar.ppm").write_bytes(broken["liar"])
        equal(server.get("/liar.jpg").status, 500, "the status of a header that promises more")


def what_is_not_a_file():
    with image_server() as server:
        outside = server.root.parent / "outside.ppm"
        write_ppm(outside, 8, 8)
        (server.root / "link.ppm").symlink_to(outside)
        (server.root / "inner.ppm").symlink_to("small.ppm")
        os.mkfifo(server.root / "fifo.ppm")
        (server.root / "folder.ppm").mkdir()
        (server.root / "device.ppm").symlink_to("/dev/zero")
        write_ppm(server.root / ".hidden.ppm", 8, 8)
        (server.root / "below").mkdir()
        write_ppm(server.root / "below/deep.ppm", 8, 8)
        with server.connect() as client:
            for name in (
                "link", "inner", "fifo", "folder", "device", ".hidden", "below/deep", "below%2fdeep",
                "../outside", "..%2foutside", "%2e%2e/outside", str(outside)[1:-4],
            ):
                equal(client.get(f"/{name}.jpg").status, 404, f"the status of {name}")
            equal(client.get("/small.jpg").status, 200, "the status of a file")


def changed_files():
    with image_server() as server, server.connect() as client:
        before = client.get("/small.jpg")
        write_ppm(server.root / "small.ppm", 32, 16)
        after = client.get("/small.jpg")
        equal(decoder.decode(after.body)[:2], (32, 16), "the dimensions of the new picture")
        check(before.fields["etag"] != after.fields["etag"], "the tag changes with the picture")
        (server.root / "small.ppm").unlink()
        equal(client.get("/small.jpg").status, 404, "the status of what is gone")


class Renderings:
    """How often pictures of one size in bytes have been rendered, since the last time."""

    def __init__(self, server, name):
        self.server = server
        self.size = (server.root / f"{name}.ppm").stat().st_size
        self.before = server.bytes_read()

    def count(self):
        before, self.before = self.before, self.server.bytes_read()
        return round((self.before - before) / self.size)


def one_rendering_for_all():
    """Many ask at once for a picture that takes a while. It is read once, for the first of them."""
    with image_server(files={"big": (3000, 2000)}) as server:
        renderings = Renderings(server, "big")
        clients = [server.connect() for _ in range(40)]
        for client in clients:
            client.request("/big.jpg?size=7")
        responses = [client.response() for client in clients]
        equal({response.status for response in responses}, {200}, "the statuses")
        equal(len({response.body for response in responses}), 1, "the number of different answers")
        equal(renderings.count(), 1, "the number of renderings")
        equal(server.get("/big.jpg?size=7").status, 200, "the status later")
        equal(renderings.count(), 0, "the number of renderings later")
        equal(server.get("/big.jpg?size=6").status, 200, "the status of another size")
        equal(renderings.count(), 1, "the number of renderings of another size")

        # Whatever goes wrong is told to all of them, and tried again by the next.
        whole = (server.root / "big.ppm").read_bytes()
        (server.root / "big.ppm").write_bytes(whole[:-1])
        for client in clients:
            client.request("/big.jpg?size=7")
        equal({client.response().status for client in clients}, {500}, "the failing statuses")
        write_ppm(server.root / "big.ppm", 40, 30)
        equal(clients[0].get("/big.jpg?size=7").status, 200, "the status when it is whole again")
        for client in clients:
            client.close()


def different_pictures_at_once():
    shapes = {f"p{i}": (200 + 8 * i, 100) for i in range(24)}
    with image_server(files=shapes) as server, ThreadPoolExecutor(24) as pool:
        for _ in range(3):
            bodies = list(pool.map(lambda name: server.get(f"/{name}.jpg").body, shapes))
            for (width, height), body in zip(shapes.values(), bodies):
                equal(decoder.decode(body)[:2], (width, height), "the dimensions")


def replacement():
    """The picture that is asked for often stays while others come and go."""
    shapes = {name: (256, 256) for name in ("often", "a", "b", "c", "d")}
    with image_server(files=shapes) as server:
        size = len(server.get("/a.jpg").body)
    with image_server("--cache-bytes", str(3 * size), files=shapes) as server:
        renderings = Renderings(server, "a")

        def fetch(*names):
            with server.connect() as client:
                for name in names:
                    equal(client.get(f"/{name}.jpg").status, 200, f"the status of {name}")
            return renderings.count()

        equal(fetch("often", "often", "often", "a"), 2, "the number of renderings of two pictures")
        equal(fetch("b", "c", "d"), 3, "the number of renderings of three more")
        equal(fetch("often"), 0, "the number of renderings of what is used often")
        equal(fetch("a", "b"), 2, "the number of renderings of what was replaced")
    with image_server("--cache-bytes", "0", files=shapes) as server:
        renderings = Renderings(server, "a")
        for _ in range(3):
            server.get("/a.jpg")
        equal(renderings.count(), 3, "the number of renderings without a cache")


def quality():
    sizes_of = []
    for quality_wanted in ("10", "95"):
        with image_server("--quality", quality_wanted) as server:
            write_ppm(server.root / "small.ppm", 64, 48, noise(64, 48))
            sizes_of.append(len(server.get("/small.jpg").body))
    check(2 * sizes_of[0] < sizes_of[1], f"better pictures are larger: {sizes_of}")


main(
    sizes, headers, broken_files, what_is_not_a_file, changed_files, one_rendering_for_all,
    different_pictures_at_once, replacement, quality,
)
