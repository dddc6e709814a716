#!/usr/bin/env python3
"""demo_web.py BUILD - one web server with files, a folder, and a page of PHP.

Makes a small site, starts a php-fpm of its own, and shows what the server answers under each
runtime, in the clear.
"""

import http.client
import sys
import tempfile
from pathlib import Path

from demo_kit import say, served

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/harness"))
from php_fpm import php_fpm, php_fpm_program

PAGE = """<?php
header('Content-Type: text/plain');
echo 'Hello, ', $_GET['name'] ?? 'nobody', ", from PHP ", PHP_VERSION, ".\\n";
echo $_SERVER['REQUEST_METHOD'], ' with ', strlen(file_get_contents('php://input')), " bytes.\\n";
"""

REQUESTS = [
    # (method, target, fields, body)
    ("GET", "/", {}, None),
    ("GET", "/hello.php?name=Flux", {}, None),
    ("POST", "/hello.php", {}, b"x" * 30000),
    ("GET", "/notes/", {}, None),
    ("GET", "/notes/numbers.txt", {"Range": "bytes=-8"}, None),
    ("GET", "/notes/numbers.txt", {"Accept-Encoding": "gzip"}, None),
    ("GET", "/notes", {}, None),
    ("GET", "/nothing", {}, None),
]


def make_site(root):
    (root / "index.html").write_text("<!DOCTYPE html><title>Flux</title><h1>It works</h1>\n")
    (root / "hello.php").write_text(PAGE)
    (root / "notes").mkdir()
    (root / "notes/numbers.txt").write_text("".join(f"{n}\n" for n in range(10000)))
    for path in (root, root / "notes"):
        path.chmod(0o755)  # php-fpm runs as somebody else


def summary(response, body):
    kind = response.getheader("Content-Type", "").split(";")[0]
    coding = response.getheader("Content-Encoding")
    words = [f"{response.status} {response.reason}", kind, f"{len(body)} bytes"]
    if coding:
        words.append(coding)
    if response.getheader("Location"):
        words.append(f"-> {response.getheader('Location')}")
    return ", ".join(words)


def fetch(address):
    """One connection, kept alive over all requests. Whether all is as it should be."""
    connection = http.client.HTTPConnection(*address, timeout=30)
    statuses = []
    for method, target, fields, body in REQUESTS:
        connection.request(method, target, body, fields)
        response = connection.getresponse()
        answer = response.read()
        say(f"  {method:<4} {target:<22} {summary(response, answer)}")
        if target.startswith("/hello"):
            for line in answer.decode().splitlines():
                say(f"         {line}")
        statuses.append(response.status)
    connection.close()
    return statuses == [200, 200, 200, 200, 206, 200, 301, 404]


def serve(build, runtime, root, php):
    command = [build / f"bin/web-{runtime}", "--listen", "127.0.0.1:0", "--root", root]
    return served([*command, "--php", php, "--listing", "--gzip"], fetch)


def main():
    build = Path(sys.argv[1])
    if php_fpm_program() is None:
        sys.exit("there is no php-fpm: make demo-web installs it")
    well = True
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        root = Path(folder, "site")
        root.mkdir()
        make_site(root)
        with php_fpm(folder) as php:
            for runtime in ("thread", "pool", "event"):
                say(f"\n== the web server under --runtime={runtime}")
                well = serve(build, runtime, root, php) and well
    say("\nThe program is servers/web/web.flux, its nodes are the C files beside it. Run it:")
    say(f"  {build}/bin/web-event --listen 127.0.0.1:8080 --root . --listing")
    sys.exit(0 if well else "something is not as it should be")


if __name__ == "__main__":
    main()
