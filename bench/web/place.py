"""Where the servers under measurement live: a folder in which everybody may read, with the files
that they serve and, for each start of a server, one for what it writes itself."""

import grp
import hashlib
import os
import pwd
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

from kit import program

SIZES = [100, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20]
FOLDERS, CLASSES, FILES = 8, 4, 9  # of the mix, see load/zipf.lua
PAGE = "/page.php"


def path_of(size):
    return f"/{size}.bin"


def mix():
    """The paths of the mix, and their sizes: after SPECweb99, 39 MB."""
    for folder in range(FOLDERS):
        for size_class in range(CLASSES):
            for file in range(1, FILES + 1):
                yield f"/mix{folder}/class{size_class}_{file}", int(102.4 * file * 10**size_class)


def page():
    """What conf/page.php prints."""
    rows = (f"<tr><td>{row}<td>{hashlib.md5(f'row {row}'.encode()).hexdigest()}\n"
            for row in range(1, 41))
    return f"<!doctype html>\n<title>A table</title>\n<table>\n{''.join(rows)}</table>\n".encode()


class Place:
    """Removed when it is left."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="flux-bench-web-"))
        self.folder.chmod(0o755)
        self.root = self.folder / "root"
        self.root.mkdir()
        self.started = 0
        self._write_files()
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write_files(self):
        luck = random.Random(2006)
        for path, size in [(path_of(size), size) for size in SIZES] + list(mix()):
            file = self.root / path[1:]
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(luck.randbytes(size))
        page = program.ROOT / "bench/web/conf/page.php"
        shutil.copyfile(page, self.root / PAGE[1:])

    def new_folder(self, name):
        """For a server that is about to start."""
        self.started += 1
        folder = self.folder / f"{self.started}-{name}"
        folder.mkdir()
        return folder

    def key(self):
        """A certificate and its key (P-256), made once: two paths."""
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        if not key.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "7", "-subj", "/CN=localhost",
                 "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                check=True, capture_output=True,
            )
        return certificate, key

    def expected(self, path):
        """What a GET of it has to bring."""
        return page() if path == PAGE else (self.root / path[1:]).read_bytes()


def user():
    """Whom servers become that do not stay root."""
    return "www-data" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def group():
    return "www-data" if os.geteuid() == 0 else grp.getgrgid(os.getegid()).gr_name
