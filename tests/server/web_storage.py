#!/usr/bin/env python3
"""Files on slow storage: while the disk keeps one client waiting, all others are served. The disk is
storage.c, which has calls wait until the test lets them go on.

Under `event` that holds with a single loop: helpers do what is slow (AMPED). Under `pool` a slow file
keeps a worker, so there are two of them, and under `thread` each connection has a thread. It does not
hold under `trace`, whose one thread does everything: there the others wait too, and what is tested is
that all are answered in the end."""

import fcntl
import select
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tls_kit import *
from web_kit import *

# needs: tests/server/storage.so
# limit: 120 s

RUNTIME = sys.argv[2]
NO_MORE_THAN_IT_TAKES = {
    "thread": [],
    "pool": ["--threads", "2"],
    "event": ["--loops", "1"],
    "trace": ["--quiet", "--seed", "1"],
}
OTHERS_GO_ON = RUNTIME != "trace"
HELPERS = 8  # of event, by default

SMALL = b"a small file, which is kept in memory\n" * 100
LARGE = bytes(range(251)) * 12000  # is sent from the page cache
FILES = {
    "slow/small.txt": SMALL,
    "slow/large.bin": LARGE,
    "fast/large.bin": LARGE,
    "fast/folder/one.txt": b"1",
    **{f"fast/{n}.txt": b"fast file %d" % n for n in range(20)},
}


class Storage:
    """The gates that whatever is in the folder `slow` has to pass."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("open", "stat", "read", "waiting"):
            (folder / name).write_bytes(b"")

    @contextmanager
    def shut(self, gate):
        """Nothing passes this gate meanwhile."""
        with open(self.folder / gate) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def waits(self):
        """The calls that have had to wait: gate and path."""
        return (self.folder / "waiting").read_text().splitlines()


@contextmanager
def slow_server(*options):
    """A server, and its storage."""
    library = Path(sys.argv[1], "../tests/server/storage.so").resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        storage = Storage(folder)

        def fill(root):
            for file, content in {"hello.txt": HELLO, **FILES}.items():
                write(root / file, content)
            (folder / "settings").write_text(
                f"export STORAGE_FOLDER={root}/slow STORAGE_GATES={folder} LD_PRELOAD={library}\n"
                # A sanitizer otherwise insists on being the first library.
                "export ASAN_OPTIONS=verify_asan_link_order=0:$ASAN_OPTIONS\n"
            )

        options = [*NO_MORE_THAN_IT_TAKES[RUNTIME], "--listing", *options]
        with http_server("web", *options, fill=fill, shell=f". {folder}/settings") as server:
            yield server, storage


# ---- the clients ---------------------------------------------------------------------------------


def others_are_served(connect):
    """Files that have been read already and others, folders and what is not there, on connections
    that have been there before and on new ones."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connect()) for _ in range(3)]
        for number in range(20):
            client = clients[number % len(clients)]
            equal(client.get(f"/fast/{number}.txt").body, b"fast file %d" % number, "a fast file")
            check(client.get("/fast/large.bin").body == LARGE, "a large file")
            check(b"one.txt" in client.get("/fast/folder/").body, "a folder")
            equal(client.get("/fast/folder").status, 301, "the status of a folder without its slash")
            equal(client.get(f"/none/{number}").status, 404, "the status of what is not there")
        with connect() as client:
            equal(client.get("/hello.txt").body, HELLO, "a file for somebody who has just come")


def while_it_waits(storage, gate, connect, target, right, clients=1):
    """Clients ask for what is behind a gate, and are answered when it has been opened."""
    with ExitStack() as stack:
        slow = [stack.enter_context(connect()) for _ in range(clients)]
        before = len(storage.waits())
        with storage.shut(gate):
            for client in slow:
                client.request(target)
            until(lambda: len(storage.waits()) - before == clients, f"{target} waits at {gate}")
            if OTHERS_GO_ON:
                others_are_served(connect)
        for client in slow:
            response = client.response()
            equal(response.status, 200, f"the status of {target}, once {gate} is over")
            check(right(response.body), f"{target} is whole")
        others_are_served(connect)


def is_small(body):
    return body == SMALL


def is_large(body):
    return body == LARGE


def is_listing(body):
    return b"small.txt" in body


# ---- what may be slow ----------------------------------------------------------------------------


def slow_to_open():
    with slow_server() as (server, storage):
        for target, right in (
            ("/slow/small.txt", is_small), ("/slow/large.bin", is_large), ("/slow/", is_listing)
        ):  # fmt: skip
            while_it_waits(storage, "open", server.connect, target, right)


def slow_to_look_at():
    with slow_server() as (server, storage):
        while_it_waits(storage, "stat", server.connect, "/slow/small.txt", is_small)


def slow_to_read():
    """A file that goes into memory, and one that is sent by sendfile."""
    with slow_server() as (server, storage):
        while_it_waits(storage, "read", server.connect, "/slow/small.txt", is_small)
        while_it_waits(storage, "read", server.connect, "/slow/large.bin", is_large)


def slow_to_read_under_tls():
    """There the bytes of a large file pass through the server."""
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(folder, "a", "a.example", ECDSA)
        options = ("--tls-cert", f"{folder}/a.crt", "--tls-key", f"{folder}/a.key")
        with slow_server(*options) as (server, storage):
            connect = lambda: Https(server.program.address)
            while_it_waits(storage, "read", connect, "/slow/small.txt", is_small)
            while_it_waits(storage, "read", connect, "/slow/large.bin", is_large)


def slow_to_look_at_again():
    """A file that is in the cache, when it is time to see whether it has changed."""
    with slow_server() as (server, storage), server.connect() as slow:
        equal(slow.get("/slow/small.txt").body, SMALL, "a file")

        def is_looked_at():
            slow.request("/slow/small.txt")
            answered = lambda: select.select([slow.socket], [], [], 0)[0]
            until(lambda: storage.waits() or answered(), "it is answered, or waits")
            if storage.waits():
                return True
            equal(slow.response().body, SMALL, "the file as it is known")
            return False

        with storage.shut("stat"):
            until(is_looked_at, "the file is looked at again")
            if OTHERS_GO_ON:
                others_are_served(server.connect)
        equal(slow.response().body, SMALL, "the file, once it has been looked at")


def what_changes_meanwhile():
    """A file that was replaced while the old one was being read: after a second nobody gets the old
    one, however long reading took."""
    with slow_server() as (server, storage), server.connect() as slow:
        with storage.shut("read"):
            slow.request("/slow/small.txt")
            until(storage.waits, "the file waits")
            write(server.root / "slow/small.txt", b"another")
            over = time.monotonic() + 1.1
            until(lambda: time.monotonic() > over, "a second has passed")
        equal(slow.response().body, SMALL, "what has been read")
        check(slow.get("/slow/small.txt").body == b"another", "the next answer is what is there now")


def slow_for_many():
    """For as many as `event` has helpers, but one. Under `pool` each would keep a worker."""
    if RUNTIME not in ("event", "thread"):
        return
    for gate in ("open", "read"):
        for target, right in (("/slow/small.txt", is_small), ("/slow/large.bin", is_large)):
            with slow_server() as (server, storage):
                while_it_waits(storage, gate, server.connect, target, right, HELPERS - 1)


def a_stop_meanwhile():
    """SIGTERM waits for the disk."""
    for target, right in (("/slow/small.txt", is_small), ("/slow/large.bin", is_large)):
        with slow_server() as (server, storage), server.connect() as slow:
            with storage.shut("read"):
                slow.request(target)
                until(storage.waits, f"{target} waits")
                server.signal(signal.SIGTERM)
                until(lambda: any(" stopping" in line for line in server.log_lines()), "it stops")
            check(right(slow.response().body), f"{target} is whole")
            check(slow.closed(), "the connection ends")
            equal(server.program.process.wait(PATIENCE), 0, "the exit status")


main(
    slow_to_open, slow_to_look_at, slow_to_read, slow_to_read_under_tls, slow_to_look_at_again,
    what_changes_meanwhile, slow_for_many, a_stop_meanwhile,
)
