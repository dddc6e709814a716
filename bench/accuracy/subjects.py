"""What is predicted and measured: servers, what they serve, and what is asked of them."""

import random

RUNTIMES = ("thread", "pool", "event")

# With one core a server is told so, and the simulator, too.
MACHINE = {
    "thread": lambda cores: ([], []),
    "pool": lambda cores: (["--threads", 8], ["--threads=8"]),
    "event": lambda cores: (["--loops", cores, "--helpers", 8], [f"--loops={cores}", "--helpers=8"]),
}


class Subject:
    """A server: its options; `fill` makes what it serves; `asked`: what fluxload asks for, its option
    --zipf and the path."""

    def __init__(self, name, options, fill, asked, connections):
        self.name = name
        self.options = options
        self.fill = fill
        self.asked = asked
        self.connections = connections  # of the closed load that finds the capacity


FOLDERS, LISTED = 200, 100


def fill_web(root):
    """Folders, most with a page whose size is as in the web at large: most are small, few are large.
    Every tenth has no page but files, of which the server makes a list, so that it has more to do
    than the generator, which could not saturate it otherwise."""
    chance = random.Random(1)
    for number in range(1, FOLDERS + 1):
        folder = root / str(number)
        folder.mkdir()
        if number % 10 == 0:
            for name in range(LISTED):
                (folder / f"{name}.txt").touch()
        else:
            size = min(max(int(chance.lognormvariate(8.3, 1.2)), 200), 200_000)
            (folder / "index.html").write_bytes(chance.randbytes(size))


PICTURES, NAMES = 8, 4000


def fill_image(root):
    """Small photographs, PPM: a gradient with noise compresses about as well as one. Each has many
    names, since the server makes a picture once for all who ask for it at the same time."""
    chance = random.Random(2)
    width, height = 240, 180
    for number in range(1, PICTURES + 1):
        pixels = bytearray()
        for y in range(height):
            for x in range(width):
                noise = chance.getrandbits(4)
                pixels += bytes(((x + noise) % 256, (y + noise) % 256, (x + y + number) % 256))
        (root / f"{number}.ppm").write_bytes(b"P6\n%d %d\n255\n" % (width, height) + pixels)
    for number in range(PICTURES + 1, NAMES + 1):
        (root / f"{number}.ppm").hardlink_to(root / f"{number % PICTURES + 1}.ppm")


SUBJECTS = {
    "web": Subject("web", ["--cache-bytes", 0, "--listing"], fill_web, (f"--zipf={FOLDERS},0.8", "/%u/"), 64),
    # Nothing is kept, so each request reads, scales and compresses a picture.
    "image": Subject("image", ["--cache-bytes", 0], fill_image,
                     (f"--zipf={NAMES},0", "/%u.jpg?size=8"), 16),
}
