#!/usr/bin/env python3
"""The web server sends what is in its folder, as it is now, and says what that is."""

import gzip
import html
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from web_kit import *

chance = random.Random(7)
PAGE = b"".join(b"<p>line %d of a page</p>\n" % n for n in range(400))


# ---- what it is ----------------------------------------------------------------------------------


def types():
    expected = {
        "a.html": "text/html; charset=utf-8",
        "A.HTML": "text/html; charset=utf-8",
        "a.b.htm": "text/html; charset=utf-8",
        "a.css": "text/css; charset=utf-8",
        "a.js": "text/javascript; charset=utf-8",
        "a.txt": "text/plain; charset=utf-8",
        "a.json": "application/json",
        "a.svg": "image/svg+xml; charset=utf-8",
        "a.png": "image/png",
        "a.jpg": "image/jpeg",
        "a.JPEG": "image/jpeg",
        "a.woff2": "font/woff2",
        "a.pdf": "application/pdf",
        "a.html.gz": "application/gzip",
        "a.nothing-known": "application/octet-stream",
        "html": "application/octet-stream",
        "a.": "application/octet-stream",
        "txt.d/a": "application/octet-stream",
    }
    with web_server(files={name: b"x" for name in expected}) as server, server.connect() as client:
        for name, kind in expected.items():
            for method in ("GET", "HEAD"):
                fields = client.get(f"/{name}", method).fields
                equal(fields["content-type"], kind, f"the type of {name}")


def names():
    """Escapes are resolved exactly once."""
    files = {
        name: name.encode(errors="surrogateescape")
        for name in (
            "with a space.txt", "\u00e4\u20ac\U0001f600.txt", "100%.txt", "what?.txt", "sharp#.txt",
            "a+b", "a b", "a&b;c=d", "quo\"te'", "tab\t.txt", "new\nline", "back\\slash", "a:b",
            "~", "...", "a%41.txt", "aA.txt", "%2e%2e", "x%00y", "%", os.fsdecode(b"\xff\xfe.txt"),
            "..a", "a..", "folder with spaces/\u00fc%/in it.txt", "<b>",
        )
    }
    with web_server(files=files) as server, server.connect() as client:
        for name, content in files.items():
            name = name.encode(errors="surrogateescape")
            escaped = "".join(f"%{byte:02x}" for byte in name).replace("%2f", "/")
            for target in (quote(name), escaped):
                response = client.get("/" + target)
                equal(response.status, 200, f"the status of {target}")
                equal(response.body, content, f"the content of {target}")
        for target, name in (("/a%41.txt", "aA.txt"), ("/a%2541.txt", "a%41.txt"), ("/a+b", "a+b")):
            equal(client.get(target).body, name.encode(), f"the content of {target}")
        for target in ("/a%252541.txt", "/a%2b%62x", "/A%61.txt"):
            equal(client.get(target).status, 404, f"the status of {target}")
        for target in ("/%", "/%4", "/a%4g.txt", "/%g1", "/100%.txt", "/x%00y", "/%00"):
            equal(client.get(target).status, 400, f"the status of {target}")


def sizes():
    """Of files in memory and of others, on either side of the limit."""
    contents = {
        f"{size}": chance.randbytes(size)
        for size in (0, 1, 4095, 4096, 65535, 65536, 65537, 5 << 20)
    }
    with web_server(files=contents) as server, server.connect() as client:
        for _ in range(2):
            for name, content in contents.items():
                response = client.get(f"/{name}")
                equal(response.fields["content-length"], name, f"the length of {name}")
                check(response.body == content, f"the content of {name}")
                equal(client.get(f"/{name}", "HEAD").fields["content-length"], name, "that of HEAD")


def three_gigabytes():
    with web_server() as server, server.connect() as client:
        size, middle = 3 << 30, (1 << 31) - 4
        with open(server.root / "sparse", "wb") as file:
            file.truncate(size)
            for place, text in ((middle, b"over 2^31"), (size - 3, b"end")):
                file.seek(place)
                file.write(text)
        equal(client.get("/sparse", "HEAD").fields["content-length"], str(size), "the length")
        for value, body in (
            (f"{middle - 1}-{middle + 9}", b"\0over 2^31\0"),
            (f"{1 << 31}-{(1 << 31) + 4}", b" 2^31"),
            ("-3", b"end"),
            (f"{size - 4}-", b"\0end"),
        ):
            response = client.get("/sparse", fields=f"Range: bytes={value}\r\n")
            equal(response.body, body, f"the bytes {value}")
        with server.connect() as other:  # who gives up in the middle harms nobody
            other.request("/sparse")
            equal(other.head()[1]["content-length"], str(size), "the length of all of it")
            equal(other.file.read(100000), bytes(100000), "the beginning")
        equal(client.get("/hello.txt").body, HELLO, "the body of something else")


# ---- folders -------------------------------------------------------------------------------------


def index_files():
    files = {
        "index.html": b"root", "both/index.htm": b"htm", "both/index.html": b"html",
        "old/index.htm": b"htm", "folder/index.html/inside": b"", "folder/index.htm": b"htm",
        "none/inside.txt": b"inside",
    }
    with web_server(files=files) as server, server.connect() as client:
        for target, body in (
            ("/", b"root"), ("/both/", b"html"), ("/old/", b"htm"), ("/folder/", b"htm"),
            ("/both/?x", b"html"), ("//both///", b"html"), ("/both/.", b"html"),
        ):
            response = client.get(target)
            equal(response.body, body, f"the content of {target}")
            kind = response.fields["content-type"]
            equal(kind, "text/html; charset=utf-8", f"the type of {target}")
        equal(client.get("/none/").status, 403, "the status of a folder without an index")
        equal(client.get("/both/index.html/").status, 404, "the status of a file with a slash")
        equal(client.get("/missing/").status, 404, "the status of a folder that is not there")


def redirects():
    """Wherever the target points, the redirect leads to the folder, on the same host."""
    folders = ["sub", "a:b", "http:", "\u00fc", "50%", "q?", "evil.example", "\\evil.example"]
    files = {f"{name}/inside": b"" for name in folders}
    with web_server(files=files) as server, server.connect() as client:
        asked = [(quote(name), name) for name in folders]
        asked += [
            ("a:b", "a:b"),
            ("http:", "http:"),
            ("/evil.example", "evil.example"),
            ("//evil.example", "evil.example"),
            ("/evil.example/../sub", "sub"),
            ("/evil.example/%2e%2e/sub", "sub"),
            ("\\evil.example", "\\evil.example"),
            ("\\evil.example/../sub", "sub"),
            ("\\evil.example/%2e./sub", "sub"),
            ("%5cevil.example/.%2e/sub", "sub"),
            ("%2fevil.example/%2e%2e/sub", None),
            ("./sub", "sub"),
            ("x/../sub", "sub"),
        ]
        for path, name in asked:
            for target in (f"/{path}", f"/{path}?query=1&x", f"http://h/{path}"):
                response = client.get(target)
                if name is None:
                    equal(response.status, 404, f"the status of {target}")
                    continue
                equal(response.status, 301, f"the status of {target}")
                location = response.fields["location"]
                check(re.match(r"\./[^/\\]|\./\\", location), f"{location} is within the folder")
                there = urlsplit(urljoin("http://h" + target.removeprefix("http://h"), location))
                equal(there.netloc, "h", f"the host that {location} leads to")
                equal(there.query, urlsplit(target).query, f"the query of {location}")
                equal(client.get(there.path).status, 403, f"the status of the folder {there.path}")
        long = "/sub?" + 2000 * "q"
        check(client.get(long).status in (301, 414), "a redirect that is too long")


def listings():
    names = [
        "a.txt", "B.txt", "with space", "\u00e4.txt", "100%.txt", "what?", "sharp#", "<b>", "&amp;",
        "a:b", "quote\"'", "back\\slash", "%2e%2e", os.fsdecode(b"\xff.txt"),
    ]
    files = {f"folder/{name}": os.fsencode(name) for name in names}
    files["folder/sub<i>/inside"] = b""
    files["folder/.hidden"] = b""
    with web_server("--listing", files=files) as server, server.connect() as client:
        folder = server.root / "folder"
        os.mkfifo(folder / "fifo")
        os.symlink("/etc/passwd", folder / "link")
        response = client.get("/folder/")
        equal(response.fields["content-type"], "text/html; charset=utf-8", "the type")
        head = client.get("/folder/", "HEAD")
        equal(head.fields["content-length"], str(len(response.body)), "the length of HEAD")
        page = response.body.decode()
        links = re.findall(r'<a href="([^"]*)">(.*?)</a>', page)
        found = {}
        for href, shown in links:
            target = urlsplit(urljoin("http://h/folder/", html.unescape(href)))
            equal(target.netloc, "h", f"the host of {href}")
            if href == "../":
                equal(target.path, "/", "what is above")
                continue
            check("<" not in shown and '"' not in shown, f"{shown} is escaped")
            name = unquote_to_bytes(target.path.removeprefix("/folder/"))
            found[name] = client.get(target.path)
        equal(set(found), {os.fsencode(name) for name in names} | {b"sub<i>/"}, "what is shown")
        for name, response in found.items():
            equal(response.status, 200, f"the status of the link to {name}")
            check(name.endswith(b"/") or response.body == name, f"the content of {name}")
        equal(client.get("/").status, 200, "the status of the root")
        check(b"../" not in client.get("/").body, "there is nothing above the root")
        equal(client.get("/folder").status, 301, "the status without a slash")


# ---- compressed ----------------------------------------------------------------------------------


def unpacked(response):
    if response.fields.get("content-encoding") == "gzip":
        return gzip.decompress(response.body)
    return response.body


def compressed_beside():
    packed, old = gzip.compress(PAGE, mtime=5), gzip.compress(b"old")
    files = {
        "new.html": PAGE, "new.html.gz": packed, "old.txt": PAGE, "old.txt.gz": old,
        "sub/index.html": PAGE, "sub/index.html.gz": packed, "no.png": b"png", "no.png.gz": b"gz",
        "alone.txt.gz": packed,
    }
    for option in ("--gzip", None):
        with web_server(*filter(None, [option]), files=files) as server, server.connect() as client:
            os.utime(server.root / "old.txt.gz", (1, 1))
            for target in ("/new.html", "/sub/"):
                plain = client.get(target)
                check(plain.body == PAGE, f"{target} for those who take no gzip")
                response = client.get(target, fields="Accept-Encoding: gzip\r\n")
                check(unpacked(response) == PAGE, f"{target} for the others")
                is_packed = response.body == packed
                equal(is_packed, option is not None, f"that {target} is what is beside it")
                head = client.get(target, "HEAD", "Accept-Encoding: gzip\r\n")
                equal(head.fields["content-length"], str(len(response.body)), "the length of HEAD")
                equal(head.fields["etag"], response.fields["etag"], "the tag of HEAD")
                equal(plain.fields["last-modified"], response.fields["last-modified"], "the date")
            response = client.get("/old.txt", fields="Accept-Encoding: gzip\r\n")
            check(unpacked(response) == PAGE, "what is older than the file is not sent for it")
            response = client.get("/no.png", fields="Accept-Encoding: gzip\r\n")
            equal(response.body, b"png", "a picture")
            equal(client.get("/new.html.gz").body, packed, "the compressed file itself")
            equal(client.get("/alone.txt").status, 404, "the status of what is compressed only")


def compressed_on_the_fly():
    files = {
        "page.html": PAGE, "small.html": b"<p>", "noise.txt": chance.randbytes(5000),
        "large.txt": 9000 * PAGE[:1000], "picture.png": bytes(9000), "empty.html": b"",
    }
    accept = "Accept-Encoding: gzip\r\n"
    with web_server("--gzip", files=files) as server, ThreadPoolExecutor(8) as pool:
        for response in pool.map(lambda _: server.get("/page.html", fields=accept), range(16)):
            equal(response.fields["content-encoding"], "gzip", "the encoding")
            check(unpacked(response) == PAGE, "the content, unpacked")
        with server.connect() as client:
            for name, content in files.items():
                response = client.get(f"/{name}", fields=accept)
                check(unpacked(response) == content, f"the content of {name}, unpacked")
                head = client.get(f"/{name}", "HEAD", accept)
                for field in ("content-length", "content-encoding", "etag", "vary"):
                    value = response.fields.get(field)
                    equal(head.fields.get(field), value, f"{field} of HEAD {name}")
                if name in ("small.html", "picture.png", "empty.html"):
                    check("content-encoding" not in response.fields, f"{name} is not worth it")
                plain = client.get(f"/{name}", fields="Accept-Encoding: gzip;q=0\r\n")
                check(plain.body == content, f"{name} as it is")
                tag = f"If-None-Match: {response.fields['etag']}\r\n"
                equal(client.get(f"/{name}", fields=accept + tag).status, 304, f"{name} again")


# ---- what changes --------------------------------------------------------------------------------


def changes():
    old, new = b"the old one", b"the new one"
    names = (
        "rewritten", "quietly", "replaced", "longer", "shorter", "emptied", "removed", "moved",
        "large", "to-folder", "page.html",
    )
    files = {name: old for name in names}
    files["large"] = bytes(200000)
    files["page.html"] = files["page.html.gz"] = b""
    files["index/x"] = files["gone/index.html"] = old
    with web_server("--gzip", files=files) as server, ThreadPoolExecutor(20) as pool:
        root = server.root
        accept = "Accept-Encoding: gzip\r\n"
        write(root / "page.html", PAGE)
        write(root / "page.html.gz", gzip.compress(b"old"))
        for target in (*names, "appears", "index/", "gone/", "folder/appears", "moved-here"):
            server.get(f"/{target}", fields=accept)

        before = (root / "quietly").stat()
        (root / "rewritten").write_bytes(new)
        (root / "quietly").write_bytes(new)
        os.utime(root / "quietly", ns=(before.st_atime_ns, before.st_mtime_ns))
        write(root / "replaced", new)
        (root / "longer").write_bytes(old + new)
        os.truncate(root / "shorter", 3)
        os.truncate(root / "emptied", 0)
        (root / "removed").unlink()
        (root / "moved").rename(root / "moved-here")
        write(root / "large", 200000 * b"x")
        (root / "to-folder").unlink()
        (root / "to-folder").mkdir()
        write(root / "appears", new)
        write(root / "index/index.html", new)
        (root / "gone/index.html").unlink()
        write(root / "folder/appears", new)
        write(root / "page.html.gz", gzip.compress(b"new"))
        changed = time.monotonic()

        def body(content):
            return lambda response: response.status == 200 and unpacked(response) == content

        def status(number):
            return lambda response: response.status == number

        expected = {
            "rewritten": body(new), "quietly": body(new), "replaced": body(new),
            "longer": body(old + new), "shorter": body(b"the"), "emptied": body(b""),
            "removed": status(404), "moved": status(404), "moved-here": body(old),
            "large": body(200000 * b"x"), "to-folder": status(301), "to-folder/": status(403),
            "appears": body(new), "index/": body(new), "gone/": status(403),
            "folder/appears": body(new), "page.html": body(b"new"),
        }
        results = [
            pool.submit(becomes, server, changed, f"/{target}", what, accept)
            for target, what in expected.items()
        ]
        for result in results:
            result.result(PATIENCE)


def replaced_while_it_is_sent():
    old, new = chance.randbytes(8 << 20), chance.randbytes(1000)
    with web_server(files={"large": old}) as server, server.connect(receive_buffer=65536) as client:
        client.request("/large")
        client.head()
        begin = client.exactly(100000)
        write(server.root / "large", new)
        until(lambda: server.get("/large").body == new, "the new one is sent to others")
        check(begin + client.exactly(len(old) - 100000) == old, "the old one is sent to its end")
        check(client.get("/large").body == new, "and then the new one")


def shortened_while_it_is_sent():
    """What was announced cannot be sent: the connection is cut. Bytes that are still in the file
    are right; of the others, the kernel clears those that it has not sent yet."""
    content = chance.randbytes(8 << 20)
    files = {"large": content}
    with web_server(files=files) as server, server.connect(receive_buffer=65536) as client:
        client.request("/large")
        client.head()
        body = client.exactly(100000)
        length = 1 << 20
        os.truncate(server.root / "large", length)
        try:
            body += client.file.read()
        except ConnectionError:
            pass
        check(len(body) < len(content), "less is sent than was announced")
        check(body[:length] == content[: min(length, len(body))], "what there is is right")
        rest = zip(body[length:], content[length:])
        check(all(sent in (byte, 0) for sent, byte in rest), "and the rest is right, or cleared")

        def noticed():
            return server.get("/large", "HEAD").fields["content-length"] == str(length)

        until(noticed, "others are told of less")
        check(server.get("/large").body == content[:length], "and get that")


# ---- the cache -----------------------------------------------------------------------------------


def small_caches():
    contents = {f"{n}": chance.randbytes(chance.randrange(40000)) for n in range(200)}
    for options in (
        ("--cache-entries", "5", "--cache-bytes", "100K"),
        ("--cache-entries", "5", "--cache-file", "1K"),
        ("--cache-bytes", "0"),
        ("--cache-entries", "1", "--cache-file", "0"),
    ):
        with web_server(*options, files=contents) as server, ThreadPoolExecutor(4) as pool:
            before = server.descriptors()

            def fetch(seed):
                own = random.Random(seed)
                with server.connect() as client:
                    for _ in range(120):
                        name = own.choice([*contents, "missing"])
                        response = client.get(f"/{name}")
                        equal(response.status, 200 if name in contents else 404, name)
                        check(response.status == 404 or response.body == contents[name], name)

            [*pool.map(fetch, range(4))]
            open_now = server.descriptors()
            check(open_now <= before + 5 + 8, f"from {before} to {open_now} open descriptors")


# ---- errors --------------------------------------------------------------------------------------


def error_pages():
    """--error-pages: pages of one's own, read at the start; other statuses say what they did."""
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder)
        own = b"<p>nothing here</p>\n" * 5000
        write(pages / "404.html", own)
        write(pages / "405.html", b"")
        with web_server("--error-pages", pages) as server:
            for method in "GET", "HEAD":
                answer = served(server, request("/absent", method), 404)
                equal(answer.fields["content-length"], str(len(own)), "the length of the page")
                equal(answer.fields["content-type"], "text/html; charset=utf-8", "its type")
                equal(answer.body, own if method == "GET" else b"", "the page")
            equal(served(server, request("/hello.txt", "DELETE"), 405).body, b"", "an empty page")
            refusal = refused(server, request("/hello.txt", fields="Bad : field\r\n"))
            check(b"Bad Request" in refusal.body, "a status without a page of its own")
            write(pages / "404.html", b"other")
            equal(served(server, request("/absent"), 404).body, own, "as it was at the start")


def start_fails(*options):
    """What is said."""
    binaries, runtime = sys.argv[1:3]
    command = [f"{binaries}/web-{runtime}", "--listen", f"{HOST}:0", *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    equal(result.returncode, 1, "the exit status")
    return result.stderr


def error_pages_that_cannot_be_read():
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder)
        said = start_fails("--error-pages", pages / "absent")
        check(f"--error-pages: {pages}/absent: No such file" in said, said)
        (pages / "500.html").mkdir()
        said = start_fails("--error-pages", pages)
        check(f"--error-pages: {pages}/500.html: " in said, said)


# ---- the access log ------------------------------------------------------------------------------


def log_that_is_moved():
    """SIGHUP: lines go on in a new file, and none is lost."""
    with web_server() as other:
        log = other.root / "access.log"
        with web_server("--access-log", log) as server, ThreadPoolExecutor(4) as pool:
            stop = threading.Event()

            def ask(n):
                count = 0
                with server.connect() as client:
                    while not stop.is_set():
                        client.get(f"/hello.txt?{n}.{count}")
                        count += 1
                return count

            asked = [pool.submit(ask, n) for n in range(4)]
            for turn in range(3):
                until(lambda: log.exists() and log.stat().st_size > 10000, "the log grows")
                log.rename(log.with_name(f"access.log.{turn}"))
                server.signal(signal.SIGHUP)
            until(lambda: log.exists() and log.stat().st_size > 10000, "the last log grows")
            stop.set()
            counts = [result.result(PATIENCE) for result in asked]
            equal(server.program.stop(), 0, "the exit status")
        text = "".join(path.read_text() for path in other.root.glob("access.log*"))
        logged = re.findall(r'"GET /hello.txt\?(\d)\.(\d+) HTTP/1.1" 200 13 ', text)
        equal(len(logged), text.count("\n"), "the number of lines that are whole")
        expected = {(str(n), str(i)) for n, count in enumerate(counts) for i in range(count)}
        equal(len(logged), len(expected), "the number of requests in the logs")
        check(set(logged) == expected, "each of them is there")


main(
    types, names, sizes, three_gigabytes, index_files, redirects, listings, compressed_beside,
    compressed_on_the_fly, changes, replaced_while_it_is_sent, shortened_while_it_is_sent,
    small_caches, error_pages, error_pages_that_cannot_be_read, log_that_is_moved,
)
