#!/usr/bin/env python3
"""Nothing of what is outside of the root is sent, however it is asked for and whatever stands in
the root in its place; nor anything that is not a file."""

import errno
import gzip
import itertools
import os
import re
import shutil
import socket
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from web_kit import *

SECRET = b"what is outside of the root\n"
INSIDE = b"what is inside of the root\n"
PAGE = b"<p>a page that is worth compressing</p>\n" * 100


@contextmanager
def guarded_server(*options, files=None, **more):
    """Beside the root stand a file, a folder, and another folder whose name begins as the root's
    does."""
    files = {"folder/inside.txt": INSIDE, **(files or {})}
    with web_server(*options, files=files, **more) as server:
        for name in ("secret.txt", "private/secret.txt", "private/inside.txt", "root2/secret.txt"):
            write(server.root.parent / name, SECRET)
        yield server


def no_way_out(client, target, *statuses, fields=""):
    """One of the statuses answers it, and the connection goes on."""
    for method in ("HEAD", "GET"):
        response = client.get(target, method, fields)
        check(response is not None, f"{target[:100]} is answered")
        check(SECRET not in response.body, f"{target[:100]} does not lead out of the root")
        check(
            response.status in statuses,
            f"{response.status}, the status of {method} {target[:100]}, is one of {statuses}",
        )
        check(not response.closes, f"the connection goes on after {target[:100]}")


# ---- targets -------------------------------------------------------------------------------------


def dot_segments():
    """Dots are dots, escaped or not; segments end at a slash, and at nothing else."""
    dots = ("..", ".%2e", "%2e.", "%2E%2e")
    with guarded_server() as server, server.connect() as client:
        for up, slash in itertools.product(dots, ("/", "//", "/./", "/%2e/")):
            for ahead in ("/", "//", "/folder/../", "/folder/%2e%2e/", f"/missing{slash}{up}/"):
                for outside in ("secret.txt", "private/secret.txt", "root2/secret.txt", "root", ""):
                    no_way_out(client, f"{ahead}{up}{slash}{outside}", 400)
                no_way_out(client, f"{ahead}{up}", 400)
            for count in (1, 2, 20, 200):
                no_way_out(client, "/" + count * (up + slash) + "secret.txt", 400)
                down = count * "folder/"
                no_way_out(client, f"/{down}{(count + 1) * (up + slash)}secret.txt", 400)
            outside = str(server.root.parent / "secret.txt")
            no_way_out(client, "/" + 20 * (up + slash) + outside.lstrip("/"), 400)
            # It comes back to where it was.
            no_way_out(client, f"/{up}{slash}root/hello.txt", 400)
            target = f"/folder/{up}{slash}hello.txt"
            equal(client.get(target).body, HELLO, f"the body of {target}")


def what_is_no_dot_segment():
    """Encoded twice, with a slash that is encoded, with something else in place of slash or dot."""
    dots = (
        "%252e%252e", "%25%32%65%25%32%65", ".%252e", "%2525252e.", "%c0%ae%c0%ae", "%e0%80%ae.",
        "%f0%80%80%ae%f0%80%80%ae", "%fc%80%80%80%80%ae.", "%ef%bc%8e%ef%bc%8e", "..;", "..;x=y",
        "...", "....", "..%20", "%20..", "..+", "..%0d", "..%0a", "..%09", "..%7f", "..~", "..:",
    )
    slashes = (
        "%2f", "%2F", "%252f", "%252F", "\\", "%5c", "%5C", "%255c", "%c0%af", "%c1%9c",
        "%e0%80%af", "%f0%80%80%af", "%ef%bc%8f", "%e2%88%95",
    )
    with guarded_server() as server, server.connect() as client:
        for up, slash in itertools.product(("..", "%2e%2e", *dots), ("/", *slashes)):
            if "/" not in slash or up in dots:
                no_way_out(client, f"/{up}{slash}secret.txt", 404)
                no_way_out(client, f"/folder/{up}{slash}{up}{slash}secret.txt", 404)
                no_way_out(client, f"/folder{slash}{up}{slash}{up}{slash}secret.txt", 404)
        for escape in ("%u002e", "%2", "%", "%%32%65", "%2g", "%0x2e", "%-2e", "%+2e"):
            no_way_out(client, f"/{2 * escape}/secret.txt", 400)
        for nul in ("..%00/secret.txt", "%00../secret.txt", "../secret.txt%00", "hello.txt%00",
                    "hello.txt%00.html", "hello.txt/%00", "%00"):  # fmt: skip
            no_way_out(client, f"/{nul}", 400)
        for target in ("/..\0/secret.txt", "/hello.txt\0", "/\u00c0\u00ae\u00c0\u00ae/secret.txt"):
            refused(server, request(target))


def names_that_look_like_a_way_out():
    """They are names like others."""
    names = (
        "..\\secret.txt", "..%2fsecret.txt", "%2e%2e%2fsecret.txt", "..;", "... ", ".. ",
        "...", "..%00", "\\\\server\\share", "C:\\boot.ini", "con", "-rf", "~root", "$HOME",
    )
    with guarded_server(files={f"x/{name}": name.encode() for name in names}) as server:
        with server.connect() as client:
            for name in names:
                target = "/x/" + "".join(f"%{byte:02x}" for byte in name.encode())
                equal(client.get(target).body, name.encode(), f"the content of {target}")
            for target in ("/x/~root", "/x/$HOME", "/x/con", "/x/-rf"):
                equal(client.get(target).status, 200, f"the status of {target}")


def other_forms():
    """Two slashes are one, and the host of a target is no folder."""
    with guarded_server() as server, server.connect() as client:
        for target in (
            "http://h/../secret.txt", "http://h/%2e%2e/secret.txt", "http://h//../secret.txt",
            "http://../../secret.txt", "http://%2e%2e/%2e%2e/secret.txt",
        ):
            no_way_out(client, target, 400)
        outside = str(server.root.parent / "secret.txt")
        for target in (
            "http://../secret.txt", "http://../private/secret.txt", "http://root2/secret.txt",
            "http://%2e%2e/secret.txt", "//private/secret.txt", outside, "/" + outside,
            "http://h" + outside, "http://h/" + outside, "//etc/passwd",
            "///etc/passwd", "/file:///etc/passwd", "/proc/self/environ", "/dev/zero",
            "/hello.txt/", "/hello.txt//", "/hello.txt/.", "/hello.txt/x", "/hello.txt.",
            "/hello.txt..", "/hello.txt...", "/hello.txt%20", "/hello.txt::$DATA", "/HELLO~1.TXT",
            "/hello.txt;x",
        ):  # fmt: skip
            no_way_out(client, target, 404)
        for target in (
            "//hello.txt", "///./hello.txt", "http://../hello.txt", "/hello.txt/../hello.txt",
            "/missing/../hello.txt", "/hello.txt?/../../secret.txt", "http://h//hello.txt",
        ):
            equal(client.get(target).body, HELLO, f"the body of {target}")
        no_way_out(client, "https://h/../secret.txt", 421)


def long_paths():
    deep = "/".join(30 * [100 * "d"])
    with guarded_server(files={f"{deep}/deep.txt": INSIDE}) as server, server.connect() as client:
        equal(client.get(f"/{deep}/deep.txt").body, INSIDE, "the body of what is deep down")
        for length in (255, 256, 4000, 4090, 4096, 5000, 8000):
            no_way_out(client, "/" + length * "a", 404)
            no_way_out(client, "/" + length // 2 * "a/", 404)
            no_way_out(client, "/hello.txt" + length * "x", 404)
            no_way_out(client, f"/{deep}/{length * 'a'}"[:8000], 404)
        for length in (255, 4096, 7000):
            for target in (
                "/" + length * "/" + "hello.txt",
                "/" + length // 2 * "./" + "hello.txt",
                "/" + length // 5 * "a/../" + "hello.txt",
                "/" + length // 9 * "a/%2e%2e/" + "hello.txt",
            ):
                equal(client.get(target).body, HELLO, f"the body of {target[:20]}...")
        for up in ("../", "%2e%2e/", "..%2f"):
            for length in (9000, 1000000):
                refused(server, request("/" + length // len(up) * up + "secret.txt"), 414)


# ---- what stands in the root ---------------------------------------------------------------------


def make_links(root):
    """Returns what is to be asked for, by where that leads."""
    outside = root.parent
    for name, to in {
        "file": "hello.txt",
        "folder/up": "../hello.txt",
        "chain": "file",
        "within": "folder",
        "folder/within": "../folder",
        "folder/index.html": "inside.txt",
        "round": "folder/../folder/./inside.txt",
        "out": "../secret.txt",
        "folder/out": "../../secret.txt",
        "out-chain": "folder/out-again",
        "folder/out-again": "../out",
        "out-folder": "../private",
        "out-round": "../root/hello.txt",
        "parent": "..",
        "absolute": outside / "secret.txt",
        "absolute-folder": outside,
        "absolute-within": root / "hello.txt",
        "slash": "/",
        "proc-root": "/proc/self/root",
        "proc-cwd": "/proc/self/cwd",
        "proc-fd": "/proc/self/fd",
        "zero": "/dev/zero",
        "stdin": "/dev/stdin",
        "dangling": "nowhere",
        "loop": "loop",
        "loop-a": "loop-b",
        "loop-b": "loop-a",
        "empty/index.html": "../../secret.txt",
        "empty/index.htm": "/etc/passwd",
    }.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to(to)
    for n in range(100):
        (root / f"far{n}").symlink_to(f"far{n + 1}")
    (root / "far100").symlink_to("hello.txt")
    inside = {
        "/file": HELLO, "/folder/up": HELLO, "/chain": HELLO, "/within/inside.txt": INSIDE,
        "/folder/within/inside.txt": INSIDE, "/within/within/up": HELLO, "/folder/": INSIDE,
        "/within/": INSIDE, "/round": INSIDE, "/far99": HELLO,
    }
    nowhere = [
        "/out", "/folder/out", "/out-chain", "/folder/out-again", "/out-folder", "/out-folder/",
        "/out-folder/secret.txt", "/out-folder/inside.txt", "/out-round", "/parent", "/parent/",
        "/parent/secret.txt", "/parent/root/hello.txt", "/parent/private/secret.txt",
        "/parent/parent/secret.txt", "/absolute", "/absolute-folder/secret.txt",
        "/absolute-folder/", "/absolute-within", "/slash/etc/passwd", "/slash/",
        "/proc-root/etc/passwd", f"/proc-root{outside}/secret.txt", "/proc-cwd/", "/proc-fd/0",
        "/proc-fd/3", "/zero", "/stdin", "/dangling", "/dangling/x", "/loop", "/loop/x", "/loop-a",
        "/loop-b", "/far0",
    ]  # fmt: skip
    return inside, nowhere


def links_are_refused():
    with guarded_server("--listing") as server, server.connect() as client:
        inside, nowhere = make_links(server.root)
        for target in [*inside, *nowhere]:
            if target != "/folder/":
                no_way_out(client, target, 404)
        for folder in ("folder", "empty"):
            page = client.get(f"/{folder}/")
            equal(page.status, 200, f"the status of {folder}, whose index is a link")
            shown = set(re.findall(rb'href="(?:\./)?([a-z.]+)"', page.body))
            equal(shown, {b"inside.txt"} if folder == "folder" else set(), "what is shown in it")


def links_within_are_followed():
    """With --follow-symlinks. One that leads out does not, even where it comes back."""
    with guarded_server("--follow-symlinks") as server, server.connect() as client:
        inside, nowhere = make_links(server.root)
        for target, content in inside.items():
            equal(client.get(target).body, content, f"the body of {target}")
        for target in nowhere:
            no_way_out(client, target, 404)
        no_way_out(client, "/empty/", 403)
        # Dot segments are of the target: they do not know where links lead.
        equal(client.get("/within/../hello.txt").body, HELLO, "the body beside a link")
        no_way_out(client, "/within/../../secret.txt", 400)


def all_links_are_followed():
    """With --follow-all-symlinks: whoever can make one in the root is trusted. What is no file is not
    opened all the same, and a target does not lead out by itself."""
    with guarded_server("--follow-all-symlinks", "--listing") as server, server.connect() as client:
        inside, _ = make_links(server.root)
        for target, content in inside.items():
            equal(client.get(target).body, content, f"the body of {target}")
        for target in ("/out", "/folder/out", "/out-chain", "/out-folder/secret.txt",
                       "/absolute-folder/secret.txt", "/parent/private/secret.txt"):  # fmt: skip
            equal(client.get(target).body, SECRET, f"the body of {target}")
        for target in ("/zero", "/stdin", "/proc-root/etc/passwd", "/proc-fd/0", "/dangling",
                       "/loop", "/far0"):  # fmt: skip
            no_way_out(client, target, 404)
        no_way_out(client, "/out-folder/../../secret.txt", 400)
        shown = client.get("/parent/").body
        check(b'href="secret.txt"' in shown, "a folder outside of the root is listed")


def a_root_that_is_a_link():
    with guarded_server() as server:
        link = server.root.parent / "link"
        link.symlink_to("root")
        with web_server("--root", link) as other, other.connect() as client:
            equal(client.get("/folder/inside.txt").body, INSIDE, "the body")
            no_way_out(client, "/../secret.txt", 400)


def special_files():
    """Only regular files are opened: opening another one may wait, or do something to it."""
    with guarded_server("--gzip", "--listing") as server, server.connect() as client:
        root = server.root
        targets = ["/fifo", "/folder/fifo", "/socket", "/fifo/", "/socket/x"]
        os.mkfifo(root / "fifo")
        os.mkfifo(root / "folder/fifo")
        (root / "sub").mkdir()
        os.mkfifo(root / "sub/index.html")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(root / "socket"))
            listener.listen()
            try:
                for name, major, minor in (("null", 1, 3), ("zero", 1, 5), ("tty", 5, 0)):
                    os.mknod(root / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
                    targets.append(f"/{name}")
                os.mknod(root / "disk", stat.S_IFBLK | 0o666, os.makedev(7, 200))
                targets.append("/disk")
            except PermissionError:
                print("devices are not tried: mknod is not permitted")
            for target in targets:
                no_way_out(client, target, 404)
            check(b"index.html" not in client.get("/sub/").body, "a FIFO is not shown")
            listener.setblocking(False)
            try:
                listener.accept()
                check(False, "nobody connects to the socket")
            except BlockingIOError:
                pass
        # Had anybody it open for reading, this would not fail.
        for name in ("fifo", "folder/fifo", "sub/index.html"):
            try:
                os.close(os.open(root / name, os.O_WRONLY | os.O_NONBLOCK))
                check(False, f"nobody reads {name}")
            except OSError as error:
                equal(error.errno, errno.ENXIO, f"what opening {name} says")


def without_privileges():
    """What starts a server that may read only what permissions say; None: not possible here."""
    if os.geteuid() != 0:
        return ()
    wrapper = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
    if shutil.which(wrapper[0]) is None or subprocess.run([*wrapper, "true"]).returncode != 0:
        return None
    return wrapper


def unreadable_files():
    wrapper = without_privileges()
    if wrapper is None:
        print("unreadable files are not tried: root reads everything, and setpriv does not work")
        return
    files = {
        "closed.html": PAGE, "page.html": PAGE, "page.html.gz": gzip.compress(SECRET),
        "closed/inside.txt": INSIDE, "unlisted/inside.txt": INSIDE, "index/index.html": PAGE,
        "index/index.htm": INSIDE,
    }
    with guarded_server("--gzip", "--listing", files=files, wrapper=wrapper) as server:
        for name, mode in (
            ("closed.html", 0o000), ("page.html.gz", 0o000), ("index/index.html", 0o200),
            ("closed", 0o000), ("unlisted", 0o311),
        ):
            (server.root / name).chmod(mode)
        with server.connect() as client:
            for _ in range(2):
                for target in ("/closed.html", "/closed/", "/closed/inside.txt", "/unlisted/",
                               "/page.html.gz"):  # fmt: skip
                    no_way_out(client, target, 404)
                equal(client.get("/unlisted/inside.txt").body, INSIDE, "what is not shown")
                response = client.get("/page.html", fields="Accept-Encoding: gzip\r\n")
                check(unpacked(response) == PAGE, "a page whose compressed file cannot be read")
            (server.root / "closed.html").chmod(0o644)
            changed = time.monotonic()
            becomes(server, changed, "/closed.html", lambda response: response.body == PAGE)
            (server.root / "closed.html").chmod(0o000)
            changed = time.monotonic()
            becomes(server, changed, "/closed.html", lambda response: response.status == 404)
        for name in ("closed", "unlisted"):  # so that it can be removed
            (server.root / name).chmod(0o755)


# ---- files that are sent in place of others ------------------------------------------------------


def unpacked(response):
    if response.fields.get("content-encoding") == "gzip":
        return gzip.decompress(response.body)
    return response.body


def make_substitutes(root):
    """Of each kind a NAME.html.gz, which is none that may be sent. Returns the names."""
    packed = gzip.compress(SECRET)
    write(root.parent / "secret.gz", packed)
    write(root / "inner.gz", packed)
    for name, to in {
        "out": "../secret.gz", "absolute": root.parent / "secret.gz", "dangling": "nowhere",
        "loop": "loop.html.gz", "zero": "/dev/zero", "chain": "out.html.gz",
    }.items():  # fmt: skip
        (root / f"{name}.html.gz").symlink_to(to)
    os.mkfifo(root / "fifo.html.gz")
    (root / "folder.html.gz").mkdir()
    names = ["out", "absolute", "dangling", "loop", "zero", "chain", "fifo", "folder"]
    for name in names:
        write(root / f"{name}.html", PAGE)
        os.utime(root / f"{name}.html", (1, 1))
    return names


def compressed_beside():
    for options in ((), ("--follow-symlinks",)):
        with guarded_server("--gzip", *options) as server, server.connect() as client:
            for name in make_substitutes(server.root):
                for _ in range(2):
                    response = client.get(f"/{name}.html", fields="Accept-Encoding: gzip\r\n")
                    equal(response.status, 200, f"the status of {name}.html")
                    check(unpacked(response) == PAGE, f"the content of {name}.html")
                    no_way_out(client, f"/{name}.html.gz", 301 if name == "folder" else 404)


def scripts():
    """php-fpm is not even asked for a script that is a link; here it would be in vain."""
    files = {"real.php": INSIDE, "folder/real.php": INSIDE}
    with guarded_server("--php", "/nowhere", files=files) as server, server.connect() as client:
        root = server.root
        write(root.parent / "private/secret.php", SECRET)
        (root / "out.php").symlink_to("../private/secret.php")
        (root / "out").symlink_to("../private")
        os.mkfifo(root / "fifo.php")
        (root / "folder.php").mkdir()
        for target in ("/real.php", "/real.php/x", "/folder/real.php", "/folder/../real.php"):
            equal(client.get(target).status, 502, f"the status of {target}")
        for target in (
            "/out.php", "/out.php/x", "/out/secret.php", "/out/secret.php/x", "/fifo.php",
            "/fifo.php/x", "/folder.php/x", "/real.php%2fx", "/real.php%5cx", "/x.php/real.php",
        ):
            no_way_out(client, target, 404)
        no_way_out(client, "/../private/secret.php", 400)
        no_way_out(client, "/real.php/../../private/secret.php", 400)
        no_way_out(client, "/real.php%00.txt", 400)


# ---- what changes while it is served -------------------------------------------------------------


def replaced_while_cached():
    """By a link, or by what is no file: noticed within a second, as any change is."""
    for options in ((), ("--follow-symlinks",)):
        names = ("file", "large", "by-fifo", "by-loop", "sub/deep/file", "index/index.html")
        files = {**{name: INSIDE for name in names}, "page.html": PAGE, "large": bytes(200000)}
        with guarded_server("--gzip", *options, files=files) as server:
            root = server.root
            write(root / "page.html.gz", gzip.compress(INSIDE))
            write(root.parent / "private/deep/file", SECRET)
            write(root.parent / "secret.gz", gzip.compress(SECRET))
            targets = {f"/{name}".removesuffix("index.html"): name for name in names}
            for target, name in targets.items():
                equal(server.get(target).body, files[name], f"the content of {target} before")
            fields = "Accept-Encoding: gzip\r\n"
            equal(unpacked(server.get("/page.html", fields=fields)), INSIDE, "the page before")

            def replace(name, to):
                (root / ".new").symlink_to(to)
                (root / ".new").rename(root / name)

            replace("file", "../secret.txt")
            replace("large", root.parent / "secret.txt")
            replace("by-loop", "by-loop")
            replace("index/index.html", "../../secret.txt")
            replace("page.html.gz", "../secret.gz")
            (root / "by-fifo").unlink()
            os.mkfifo(root / "by-fifo")
            (root / "sub").rename(root / "moved")
            replace("sub", "../private")
            changed = time.monotonic()

            def harmless(status):
                def what(response):
                    check(SECRET not in response.body, "what is outside is not sent")
                    return response.status == status

                return what

            with ThreadPoolExecutor(len(targets) + 1) as pool:
                results = [
                    pool.submit(becomes, server, changed, target, harmless(status))
                    for target, status in {**dict.fromkeys(targets, 404), "/index/": 403}.items()
                ]
                results.append(
                    pool.submit(
                        becomes, server, changed, "/page.html",
                        lambda response: unpacked(response) == PAGE, fields,
                    )
                )  # fmt: skip
                for result in results:
                    result.result(PATIENCE)


def swapped_while_looked_up():
    """A folder and a file are there, then links in their places, again and again, while they are
    asked for under so many names that the cache does not help."""
    names = [f"{n}.txt" for n in range(16)]
    for options in ((), ("--follow-symlinks",)):
        files = {f"swapped/deep/{name}": INSIDE for name in names}
        with guarded_server("--cache-entries", "1", *options, files=files) as server:
            root = server.root
            for name in names:
                write(root.parent / "private/deep" / name, SECRET)
            done = threading.Event()

            def swap():
                while not done.is_set():
                    (root / "swapped").rename(root / "aside")
                    (root / "swapped").symlink_to("../private")
                    (root / "swapped").unlink()
                    (root / "aside").rename(root / "swapped")
                    (root / "swapped/deep/0.txt").rename(root / "aside.txt")
                    (root / "swapped/deep/0.txt").symlink_to("../../../secret.txt")
                    (root / "swapped/deep/0.txt").unlink()
                    (root / "aside.txt").rename(root / "swapped/deep/0.txt")

            def ask(first):
                seen = set()
                with server.connect() as client:
                    for n in range(first, first + 800):
                        name = "0.txt" if n % 2 else names[n // 2 % len(names)]
                        response = client.get(f"/swapped/deep/{name}")
                        check(response.status in (200, 404), f"{response.status} is 200 or 404")
                        check(response.status == 404 or response.body == INSIDE, "what is inside")
                        seen.add(response.status)
                return seen

            with ThreadPoolExecutor(5) as pool:
                swapping = pool.submit(swap)
                asking = [pool.submit(ask, n) for n in range(4)]
                try:
                    seen = set().union(*(result.result() for result in asking))
                finally:
                    done.set()
                swapping.result(PATIENCE)
            equal(seen, {200, 404}, "the statuses that were seen")


main(
    dot_segments, what_is_no_dot_segment, names_that_look_like_a_way_out, other_forms, long_paths,
    links_are_refused, links_within_are_followed, all_links_are_followed, a_root_that_is_a_link,
    special_files,
    unreadable_files, compressed_beside, scripts, replaced_while_cached, swapped_while_looked_up,
)
