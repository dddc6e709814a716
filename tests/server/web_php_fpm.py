#!/usr/bin/env python3
"""PHP pages, run by php-fpm itself."""

import hashlib
import json
import os
import sys
import tempfile
import threading
from contextlib import contextmanager

from http_kit import *
from php_fpm import php_fpm, php_fpm_program

# limit: 120 s

if php_fpm_program() is None:
    print("there is no php-fpm")
    sys.exit(77)

PAGES = {
    "index": '<?php header("X-Page: index"); echo "hello from ", $_SERVER["SCRIPT_NAME"];',
    "tell": """<?php
        header("Content-Type: application/json");
        $body = file_get_contents("php://input");
        echo json_encode([
            "method" => $_SERVER["REQUEST_METHOD"], "get" => $_GET, "post" => $_POST,
            "cookies" => $_COOKIE, "info" => $_SERVER["PATH_INFO"] ?? null,
            "self" => $_SERVER["PHP_SELF"], "agent" => $_SERVER["HTTP_USER_AGENT"] ?? null,
            "proxy" => getenv("HTTP_PROXY"), "size" => strlen($body), "hash" => hash("sha256", $body),
        ]);""",
    "long": '<?php for ($i = 0; $i < 1000000; $i++) printf("%010d", $i);',
    "status": "<?php http_response_code(404); echo 'none such';",
    "moved": "<?php header('Location: /elsewhere');",
    "cookies": "<?php setcookie('a', '1'); setcookie('b', '2');",
    "logged": "<?php error_log('words for the log'); echo 'logged';",
    "broken": "<?php ini_set('display_errors', 0); no_such_function();",
    "exit": "<?php echo 'before'; exit(3);",
    "pid": "<?php echo getmypid();",
    "killed": "<?php posix_kill(getmypid(), 9);",
    "flushed": """<?php
        echo "first";
        if (ob_get_level()) ob_end_flush();
        flush();
        while (!file_exists(__DIR__ . "/go-on")) {
            usleep(1000);
            clearstatcache();
        }
        echo "second";""",
}


@contextmanager
def server_of(*options, **more):
    def fill(root):
        # php-fpm may be another user, who is to come here.
        root.parent.chmod(0o755)
        for name, text in PAGES.items():
            (root / f"{name}.php").write_text(text)

    with tempfile.TemporaryDirectory() as folder, php_fpm(folder, **more) as path:
        with http_server("web", "--php", path, *options, fill=fill) as server:
            yield server


def pages():
    with server_of() as server, server.connect() as client:
        for target in ("/", "/index.php"):
            response = client.get(target)
            equal(response.body, b"hello from /index.php", "a page")
            equal(response.fields["x-page"], "index", "its field")
        response = client.get("/status.php")
        equal((response.status, response.body), (404, b"none such"), "a page that says 404")
        response = client.get("/moved.php")
        equal((response.status, response.fields["location"]), (302, "/elsewhere"), "where to go")
        equal(client.get("/exit.php").body, b"before", "a page that exits")
        equal(client.get("/broken.php").status, 500, "the status of a broken page")
        equal(client.get("/logged.php").body, b"logged", "a page that logs")
        check(any("words for the log" in line for line in server.log_lines()), "the log has it")
        client.request("/index.php", "HEAD")
        equal(client.head()[1]["x-page"], "index", "a field of HEAD")
        client.request("/cookies.php", fields="Connection: close\r\n")
        equal(client.file.read().count(b"\r\nSet-Cookie: "), 2, "cookies")


def requests():
    with server_of() as server, server.connect() as client:
        fields = (
            "User-Agent: test\r\nProxy: evil\r\nCookie: a=1\r\nCookie: b=2\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n"
        )
        client.request("/tell.php/more%20of/it?x=1&y[]=2", "POST", fields, b"p=1&q=2")
        told = json.loads(client.response().body)
        equal(told["get"], {"x": "1", "y": ["2"]}, "the query")
        equal(told["post"], {"p": "1", "q": "2"}, "the form")
        equal(told["cookies"], {"a": "1", "b": "2"}, "the cookies")
        equal(told["info"], "/more of/it", "what follows the script")
        equal(told["self"], "/tell.php/more of/it", "the page itself")
        equal(told["agent"], "test", "a field")
        equal(told["proxy"], False, "the proxy of programs")
        equal(json.loads(client.get("/tell.php", "DELETE").body)["method"], "DELETE", "the method")


def long_bodies():
    body = os.urandom(1 << 20) * 10
    with server_of("--max-body", "20M") as server, server.connect() as client:
        client.request("/tell.php", "PUT", f"Content-Length: {len(body)}\r\n", body)
        told = json.loads(client.response().body)
        equal(told["size"], len(body), "the length of a long body")
        equal(told["hash"], hashlib.sha256(body).hexdigest(), "the body")
        client.request("/tell.php", "PUT", "Transfer-Encoding: chunked\r\n")
        client.send(b"2710\r\n" + body[:10000] + b"\r\n0\r\n\r\n")
        told = json.loads(client.response().body)
        equal(told["hash"], hashlib.sha256(body[:10000]).hexdigest(), "a chunked one")
        expected = b"".join(b"%010d" % i for i in range(1000000))
        check(client.get("/long.php").body == expected, "a long answer is whole")


def an_answer_in_two_parts():
    """What a page has flushed is passed on at once."""
    with server_of() as server, server.connect() as client:
        client.request("/flushed.php")
        equal(client.head()[1]["transfer-encoding"], "chunked", "the coding")
        equal(client.file.read(3 + 5 + 2), b"5\r\nfirst\r\n", "the first part")
        (server.root / "go-on").touch()
        equal(client.chunks(), b"second", "the second")


def processes_that_come_and_go():
    """Those of php-fpm end after some requests, or in the middle of one: nobody notices, but for the
    one whose page it was."""
    with server_of("--php-keep", "60s", requests=7) as server, server.connect() as client:
        pids = {client.get("/pid.php").body for _ in range(50)}
        check(len(pids) >= 50 / 7, f"{len(pids)} processes")
        equal(client.get("/killed.php").status, 502, "the status of a page whose process dies")
        equal(client.get("/pid.php").status, 200, "the status of the next one")


def more_clients_than_processes():
    with server_of("--php-keep", "60s", children=2) as server:
        def ask():
            with server.connect() as client:
                for _ in range(20):
                    equal(client.get("/index.php").status, 200, "the status of one of many")
            done.append(True)

        done = []
        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(len(done), len(threads), "clients that got all their pages")


main(
    pages, requests, long_bodies, an_answer_in_two_parts, processes_that_come_and_go,
    more_clients_than_processes,
)
