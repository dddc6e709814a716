"""What the servers of a soak serve: files whose bytes are known, files that are replaced all the time,
and scripts."""

import gzip
import hashlib
import random
import time
from multiprocessing import Array

WORDS = "the of and to in is that it for was on are as with his they at be this from".split()


def noise(size, seed):
    return random.Random(seed).randbytes(size)


def text(size, seed):
    luck = random.Random(seed)
    return (" ".join(luck.choice(WORDS) for _ in range(size // 3 + 1)).encode() + b"\n")[-size:]


# By path: what is there and stays.
FILES = {
    "empty.txt": b"",
    "byte.bin": b"x",
    **{f"small/{n}.html": text(100 + 137 * n, n) for n in range(20)},
    **{f"icons/{n}.png": noise(1000 + 31 * n, n) for n in range(10)},
    "style.css": text(20000, 1),
    "page.html": text(60000, 2),
    "kept.bin": noise(65536, 3),
    "open.bin": noise(65537, 4),
    "long.txt": text(300000, 5),
    "large.bin": noise(1 << 20, 6),
    "huge.bin": noise(5 << 20, 7),
    "folder/index.html": text(700, 8),
    "packed.txt": text(50000, 9),
    "packed.txt.gz": gzip.compress(text(50000, 9), mtime=0),
    **{f"listed/{n}.txt": b"%d" % n for n in range(30)},
}

SCRIPTS = {
    # Says what it has been told.
    "tell.php": """<?php
        $body = file_get_contents("php://input");
        header("Content-Type: text/plain");
        echo $_SERVER["REQUEST_METHOD"], " ", $_SERVER["QUERY_STRING"], " ", strlen($body), " ",
            hash("sha256", $body);""",
    # Is long, and does not say how long.
    "count.php": """<?php
        header("Content-Type: text/plain");
        for ($i = 0; $i < 50000; $i++) printf("%010d", $i);""",
}
COUNTED = b"".join(b"%010d" % n for n in range(50000))


def told(method, query, body):
    return f"{method} {query} {len(body)} {hashlib.sha256(body).hexdigest()}".encode()


class Changing:
    """A file that is replaced again and again. A version is told from all its lines."""

    KEPT = 4096  # times of versions

    def __init__(self, root, name, lines):
        self.path, self.name, self.lines = root / name, name, lines
        self.version = 0
        self.times = Array("d", self.KEPT, lock=False)  # when each came to be, for all processes
        self.replace()

    def replace(self):
        part = self.path.with_name(f".{self.path.name}")
        part.write_bytes(b"version %010d\n" % self.version * self.lines)
        # Whoever gets it before its time is known must not take that of a version long gone for it.
        self.times[self.version % self.KEPT] = float("inf")
        part.rename(self.path)
        self.times[self.version % self.KEPT] = time.monotonic()
        self.version += 1

    def problem(self, body, asked):
        """Of an answer to who has asked at that time; None: it is as it should be."""
        first = body[:19]
        if body != first * self.lines or not first.startswith(b"version "):
            return f"{self.name} is none of its versions: {body[:40]}, {len(body)} bytes"
        # One that has been there for more than a second has to be noticed.
        following = self.times[(int(first[8:18]) + 1) % self.KEPT]
        if self.times[int(first[8:18]) % self.KEPT] < following < asked - 1.1:
            return f"{self.name} was replaced {asked - following:.1f} s before it was asked for"
        return None


def fill(root):
    for name, content in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
    for name, script in SCRIPTS.items():
        (root / name).write_text(script)
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # php-fpm is another user
