#!/usr/bin/env python3
"""Scripts: what the web server asks a FastCGI application, and what it makes of its answers."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from fastcgi_kit import *
from http_kit import *

# limit: 120 s

TEXT = "Content-Type: text/plain\r\n\r\n"
MEGABYTES = bytes(range(256)) * 4096 * 10  # ten of them


@contextmanager
def server_of(behaviours, *options, over_tcp=False, files=()):
    """The server, an application with these behaviours behind it, and a script for each of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/application"
        with application((HOST, 0) if over_tcp else path, behaviours) as behind:
            where = "%s:%d" % behind.address if over_tcp else path

            def fill(root):
                (root / "folder").mkdir()
                for name in [*behaviours, *files]:
                    (root / f"{name}.php").write_text("<?php")
                    (root / "folder" / f"{name}.php").write_text("<?php")

            with http_server("web", "--php", where, *options, fill=fill) as server:
                server.behind = behind
                yield server


def hello(request):
    request.body()
    request.answer(TEXT, b"hello")
    return True


def tell(request):
    """All of the request, as JSON."""
    body = request.body()
    told = {**request.parameters, "body": hashlib.sha256(body).hexdigest()}
    request.answer(TEXT, json.dumps(told).encode())
    return True


def digest(data):
    return hashlib.sha256(data).hexdigest()


def memory(server):
    """The most that the server has had in memory, in bytes."""
    with open(f"/proc/{server.program.process.pid}/status") as status:
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])


# A sanitizer does not give memory back at once.
SANITIZED = any(
    name in Path(sys.argv[1], f"web-{sys.argv[2]}").read_bytes() for name in (b"__asan_init", b"__tsan_init")
)


@contextmanager
def bounded_memory(server):
    server.get("/hello.php")
    before = memory(server)
    yield
    grown = memory(server) - before
    check(SANITIZED or grown < 4 << 20, f"ten megabytes took {grown} bytes of memory")


# ---- what is asked -------------------------------------------------------------------------------


def parameters_of_a_request():
    with server_of({"tell": tell, "index": tell}) as server, server.connect() as client:
        port = str(client.socket.getsockname()[1])
        fields = (
            "User-Agent: test\r\nX-List: a\r\nx-list: b\r\nCookie: a=1\r\nCookie: b=2\r\n"
            "Proxy: http://evil/\r\nContent_Length: 99\r\nContent-Length: 4\r\n"
            "Content-Type: text/plain\r\n"
        )
        client.request("/tell.php/a%20b/c?x=%20&y", "POST", fields, b"body")
        told = json.loads(client.response().body)
        expected = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REDIRECT_STATUS": "200",
            "REQUEST_METHOD": "POST",
            "SCRIPT_FILENAME": f"{server.root.resolve()}/tell.php",
            "SCRIPT_NAME": "/tell.php",
            "PATH_INFO": "/a b/c",
            "QUERY_STRING": "x=%20&y",
            "REQUEST_URI": "/tell.php/a%20b/c?x=%20&y",
            "DOCUMENT_URI": "/tell.php/a b/c",
            "DOCUMENT_ROOT": str(server.root.resolve()),
            "REMOTE_ADDR": HOST,
            "REMOTE_PORT": port,
            "SERVER_ADDR": HOST,
            "SERVER_PORT": str(server.program.address[1]),
            "SERVER_NAME": "h",
            "CONTENT_LENGTH": "4",
            "CONTENT_TYPE": "text/plain",
            "HTTP_HOST": "h",
            "HTTP_USER_AGENT": "test",
            "HTTP_X_LIST": "a, b",
            "HTTP_COOKIE": "a=1; b=2",
            "body": digest(b"body"),
        }
        told.pop("SERVER_SOFTWARE")
        equal(told, expected, "what the application is told")

        for target, name in (("/", "/index.php"), ("/folder/", "/folder/index.php")):
            told = json.loads(client.get(target).body)
            equal(told["SCRIPT_NAME"], name, f"the script of {target}")
            equal(told["REQUEST_URI"], target, "its target")
            check("PATH_INFO" not in told and "CONTENT_LENGTH" not in told, "nothing is made up")
        equal(client.get("/none.php").status, 404, "the status of a script that is not there")
        equal(client.get("/folder/../../x.php").status, 400, "the status of a way out")
        equal(server.behind.asked, 3, "what the application is asked")


def other_methods():
    """What a method means is the script's to know."""
    with server_of({"tell": tell}) as server, server.connect() as client:
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
            told = json.loads(client.get("/tell.php", method, "Content-Length: 0\r\n").body)
            equal(told["REQUEST_METHOD"], method, "the method")


def long_requests():
    """Parameters take up to what a head may have; more records than one are used."""
    with server_of({"tell": tell}, "--max-header", "64K") as server, server.connect() as client:
        value = "v" * 60000
        told = json.loads(client.get(f"/tell.php?{'q' * 2000}", fields=f"X: {value}\r\n").body)
        equal(told["HTTP_X"], value, "a long field")
        told = json.loads(client.get(f"/tell.php?{'q' * 60000}").body)
        equal(told["QUERY_STRING"], "q" * 60000, "a long query")
        equal(client.get("/tell.php", fields="X: y\r\n" * 129).status, 431, "the status of too many")


def bodies():
    """With a length or chunked, in one piece or in many, and asked for."""
    with server_of({"tell": tell}) as server, server.connect() as client:
        for size in (0, 1, 5000, 64 << 10):
            body = os.urandom(size)
            client.request("/tell.php", "POST", f"Content-Length: {size}\r\n", body)
            told = json.loads(client.response().body)
            equal(told["body"], digest(body), f"a body of {size} bytes")
            equal(told["CONTENT_LENGTH"], str(size), "its length")

            chunked = b"".join(
                b"%x\r\n%s\r\n" % (len(piece), piece)
                for piece in (body[at : at + 999] for at in range(0, size, 999))
            )
            client.request("/tell.php", "POST", "Transfer-Encoding: chunked\r\n")
            client.send(chunked + b"0\r\nTrailer: x\r\n\r\n")
            told = json.loads(client.response().body)
            equal(told["body"], digest(body), f"a chunked body of {size} bytes")
            equal(told["CONTENT_LENGTH"], str(size), "its length")

        client.request("/tell.php", "POST", "Content-Length: 3\r\nExpect: 100-continue\r\n")
        equal(client.head(), (100, {}), "what comes ahead of the body")
        client.send("abc")
        equal(json.loads(client.response().body)["body"], digest(b"abc"), "a body that was asked for")
        for byte in b"POST /tell.php HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc":
            client.send(bytes([byte]))
        equal(json.loads(client.response().body)["body"], digest(b"abc"), "a body in single bytes")


def bodies_that_are_refused():
    with server_of({"tell": tell}, "--max-body", "100K") as server:
        with server.connect() as client:
            client.request("/tell.php", "POST", f"Content-Length: {101 << 10}\r\n")
            response = client.response()
            equal((response.status, response.closes), (413, True), "more than is allowed")
        with server.connect() as client:
            client.request("/tell.php", "POST", "Transfer-Encoding: chunked\r\n", b"3\nabc")
            equal(client.response().status, 400, "the status of a broken chunk")
        equal(server.behind.asked, 0, "what the application is asked")
        with server.connect() as client:
            client.request("/tell.php", "POST", "Content-Length: 70000\r\n", b"x" * 69999)
            until(lambda: server.behind.connections == 1, "a long body is passed on as it comes")
        equal(server.get("/tell.php").status, 200, "the status after a client has left")


def a_slow_body_occupies_nobody():
    """What is short is collected before the application is bothered; others are served meanwhile."""
    with server_of({"tell": tell}, "--php-connections", "8") as server:
        clients = [server.connect() for _ in range(20)]
        for client in clients:
            client.request("/tell.php", "POST", "Content-Length: 6\r\n", b"abc")
        equal(server.get("/tell.php").status, 200, "the status of somebody else")
        for client in clients:
            client.send("def")
            equal(json.loads(client.response().body)["body"], digest(b"abcdef"), "a slow body")
            client.close()


def a_big_body():
    with server_of({"tell": tell, "hello": hello}, "--max-body", "20M") as server:
        with server.connect() as client, bounded_memory(server):
            client.request("/tell.php", "POST", f"Content-Length: {len(MEGABYTES)}\r\n", MEGABYTES)
            equal(json.loads(client.response().body)["body"], digest(MEGABYTES), "a big body")
            equal(client.get("/hello.php").body, b"hello", "what comes after it")


# ---- what is answered ----------------------------------------------------------------------------


def in_pieces(request):
    """Byte by byte, with padding, complaints and records that nobody knows in between."""
    text = b"Status: 404 Not Here\r\nContent-Type: a/b\n\nbody"
    for at in range(0, len(text), 3):
        piece = record(STDOUT, text[at : at + 3], padding=at % 9) + record(STDERR, b"x", padding=1)
        for byte in piece + record(99, b"?"):
            request.send(bytes([byte]))
    request.body()
    request.send(record(STDERR, b"\nlast words\n") + record(STDOUT) + end())
    return True


def heads_and_bodies():
    answers = {
        "document": (TEXT + "text", 200, b"text"),
        "nothing": ("\n", 200, b""),
        "status": ("Status: 503 Later\r\nRetry-After: 7\r\n\r\n-", 503, b"-"),
        "elsewhere": ("Location: /there?x\r\n\r\n", 302, b""),
        "moved": ("Status: 301 Moved\r\nLocation: http://there/\r\n\r\n", 301, b""),
        "length": ("Content-Length: 3\r\n\r\nabc", 200, b"abc"),
        "more": ("Content-Length: 3\r\n\r\nabcHTTP/1.1 200 OK", 200, b"abc"),
        "empty": ("Status: 204 Nothing\r\n\r\nbody", 204, b""),
        "same": ("Status: 304 Same\r\nETag: \"x\"\r\n\r\nbody", 304, b""),
        "hops": ("Connection: x\r\nTransfer-Encoding: chunked\r\nDate: now\r\n\r\n0\r\n", 200, b"0\r\n"),
    }

    def behaviour(text):
        return lambda request: request.body() + b"-" and request.answer(text) is None

    behaviours = {name: behaviour(answer[0]) for name, answer in answers.items()}
    with server_of({**behaviours, "pieces": in_pieces}) as server, server.connect() as client:
        for name, (_, status, body) in answers.items():
            response = client.get(f"/{name}.php")
            equal((response.status, response.body), (status, body), f"the answer of {name}")
            client.request(f"/{name}.php", "HEAD")
            equal(client.head()[0], status, f"the status of {name} for HEAD")
        equal(client.get("/elsewhere.php").fields["location"], "/there?x", "where")
        equal(client.get("/same.php").fields["etag"], '"x"', "the tag")
        equal(client.get("/status.php").fields["retry-after"], "7", "a field")
        response = client.get("/pieces.php")
        equal((response.status, response.body), (404, b"body"), "an answer in pieces")
        client.request("/document.php", version="1.0")
        equal(client.response().body, b"text", "an answer to HTTP/1.0")
        complaints = [line for line in server.log_lines() if "script: last words" in line]
        equal(len(complaints), 1, "lines for a complaint")


def repeated_fields():
    def cookies(request):
        request.answer("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n" + f"X-Long: {'x' * 5000}\r\n" + TEXT)

    with server_of({"cookies": cookies}) as server, server.connect() as client:
        client.request("/cookies.php", fields="Connection: close\r\n")
        head = client.file.read()
        check(b"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Long: " in head, "both cookies are there")
        check(head.endswith(b"x\r\nContent-Type: text/plain\r\n\r\n"), "the head is whole")


def lengths_that_are_not_known():
    """What is longer than a buffer is chunked for HTTP/1.1, and ends with the connection for 1.0."""

    def long(request):
        request.answer(TEXT, MEGABYTES[:100000])
        return True

    with server_of({"long": long}) as server:
        with server.connect() as client:
            for _ in range(2):
                response = client.get("/long.php")
                equal(response.fields.get("transfer-encoding"), "chunked", "the coding")
                check(response.body == MEGABYTES[:100000], "the body is whole")
        with server.connect() as client:
            client.request("/long.php", fields="Connection: keep-alive\r\n", version="1.0")
            status, fields = client.head()
            equal((status, fields.get("connection")), (200, "close"), "status and connection")
            check("transfer-encoding" not in fields, "HTTP/1.0 knows no chunks")
            check(client.file.read() == MEGABYTES[:100000], "the body is whole")


def a_big_answer():
    """As fast as the client takes it, and no faster."""
    sent = []

    def big(request):
        request.send(stream(STDOUT, f"Content-Length: {len(MEGABYTES)}\r\n\r\n".encode()))
        del sent[:]
        for at in range(0, len(MEGABYTES), 50000):
            request.send(record(STDOUT, MEGABYTES[at : at + 50000]))
            sent.append(at)
        request.send(end())
        return True

    def steady():
        """The application has been held back: it has sent nothing for some time."""
        before = len(sent)
        time.sleep(0.2)
        return 0 < before == len(sent)

    with server_of({"big": big, "hello": hello}) as server:
        with server.connect(receive_buffer=65536) as client, bounded_memory(server):
            client.request("/big.php")
            until(steady, "the application waits for the client")
            check(sent[-1] < len(MEGABYTES) / 2, "the server does not collect what nobody takes")
            check(client.response().body == MEGABYTES, "a slow client gets everything")
            equal(client.get("/hello.php").body, b"hello", "what comes after it")
        equal(server.behind.asked, 3, "what the application is asked")


def both_ways_at_once():
    """An application that answers while it reads."""

    def echo(request):
        request.send(record(STDOUT, TEXT.encode()))
        for piece in request.pieces():
            request.send(record(STDOUT, piece))
        request.send(record(STDOUT) + end())
        return True

    with server_of({"echo": echo, "hello": hello}, "--max-body", "20M") as server:
        with server.connect() as client, bounded_memory(server):
            client.request("/echo.php", "POST", f"Content-Length: {len(MEGABYTES)}\r\n")
            sender = threading.Thread(target=client.send, args=(MEGABYTES,))
            sender.start()
            check(client.response().body == MEGABYTES, "everything comes back")
            sender.join()
            check(client.closed(), "the connection ends")


def an_answer_to_half_a_request():
    """One who has seen enough answers before the body is there."""

    def enough(request):
        request.answer("Status: 413 Enough\r\n\r\n", b"enough")

    with server_of({"enough": enough}, "--max-body", "20M") as server, server.connect() as client:
        client.request("/enough.php", "POST", f"Content-Length: {len(MEGABYTES)}\r\n")
        client.send(MEGABYTES[: 1 << 20])
        response = client.response()
        equal((response.status, response.body), (413, b"enough"), "the answer")
        check(response.closes, "the connection ends with it")


# ---- connections ---------------------------------------------------------------------------------


def kept_connections():
    def once(request):
        request.body()
        request.answer(TEXT, b"once")

    with server_of({"hello": hello, "once": once}, "--php-keep", "60s") as server:
        with server.connect() as client:
            for _ in range(5):
                equal(client.get("/hello.php").body, b"hello", "an answer")
            equal(server.behind.connections, 1, "connections to the application")
            equal(client.get("/once.php").body, b"once", "the last answer of a connection")
            equal(client.get("/hello.php").body, b"hello", "the answer of another one")
            equal(server.behind.connections, 2, "connections to the application")
    with server_of({"hello": hello}, "--php-keep", "0") as server, server.connect() as client:
        for _ in range(3):
            equal(client.get("/hello.php").body, b"hello", "an answer")
        equal(server.behind.connections, 3, "connections that are not kept")
    with server_of({"hello": hello}, "--php-keep", "100ms") as server:
        equal(server.get("/hello.php").body, b"hello", "an answer")
        until(lambda: server.behind.ended == 1, "an idle connection is closed in time")


def connections_that_died():
    """A connection that was kept may have been closed meanwhile: then the request is tried again,
    unless it could have been carried out already."""
    asked = []

    def fickle(request):
        """Answers the first request of a connection, and leaves at the second."""
        connection = request.connection.fileno()
        asked.append(request.parameters["REQUEST_METHOD"])
        if connection in seen:
            seen.discard(connection)
            return False
        seen.add(connection)
        request.body()
        request.answer(TEXT, b"fickle")
        return True

    for method, status, times in (("GET", 200, 3), ("POST", 502, 2)):
        seen = set()
        del asked[:]
        options = ("--php-keep", "60s")
        with server_of({"fickle": fickle}, *options) as server, server.connect() as client:
            equal(client.get("/fickle.php").status, 200, "the first status")
            fields = "Content-Length: 0\r\n"
            equal(client.get("/fickle.php", method, fields).status, status, f"the second of {method}")
            equal(len(asked), times, "how often the application is asked")


def over_tcp():
    with server_of({"tell": tell}, over_tcp=True) as server, server.connect() as client:
        for _ in range(3):
            equal(client.get("/tell.php").status, 200, "the status over TCP")
        equal(server.behind.connections, 1, "connections to the application")


def many_at_once():
    with server_of({"tell": tell}) as server:
        clients = [server.connect() for _ in range(40)]
        for turn in range(5):
            for number, client in enumerate(clients):
                client.request(f"/tell.php?{turn}-{number}")
            for number, client in enumerate(clients):
                told = json.loads(client.response().body)
                equal(told["QUERY_STRING"], f"{turn}-{number}", "whose answer it is")
        for client in clients:
            client.close()


def fewer_workers_than_connections():
    """An application that serves one connection at a time, as a process of php-fpm does: it is not
    kept from the others by one that it has served."""
    alone = threading.Lock()

    def worker(request):
        request.body()
        request.answer(TEXT, b"done")
        return True

    class OneByOne(Application):
        def _serve(self, connection):
            with alone:
                super()._serve(connection)

    with tempfile.TemporaryDirectory() as folder:
        behind = OneByOne(f"{folder}/application", {"worker": worker})
        fill = lambda root: (root / "worker.php").write_text("")
        options = ("--php", f"{folder}/application", "--php-keep", "60s")
        with http_server("web", *options, fill=fill) as server:
            clients = [server.connect() for _ in range(10)]
            for client in clients:
                client.request("/worker.php")
            for client in clients:
                equal(client.response().body, b"done", "an answer")
                client.close()
        behind.close()


# ---- what can fail -------------------------------------------------------------------------------


def broken_answers():
    whole = record(STDOUT, TEXT.encode() + b"x")
    broken = {
        "silence": b"",
        "garbage": b"HTTP/1.1 200 OK\r\n\r\n",
        "version": record(STDOUT, TEXT.encode(), version=2) + end(),
        "stranger": record(STDOUT, TEXT.encode(), request=2) + end(),
        "headless": record(STDOUT, b"Content-Type: text/plain\r\n") + end(),
        "nothing": end(),
        "refusal": end(protocol=3),
        "split": record(STDOUT, b"X: a\rSet-Cookie: b\r\n\r\n") + end(),
        "folded": record(STDOUT, b"X: a\r\n b\r\n\r\n") + end(),
        "endless": stream(STDOUT, b"X: y\r\n" * 100000) + end(),
        "short": record(STDOUT, b"Content-Length: 9\r\n\r\nabc") + end(),
    }

    def behaviour(data):
        def behave(request):
            request.body()
            request.send(data)

        return behave

    behaviours = {name: behaviour(data) for name, data in broken.items()}
    behaviours["overload"] = behaviour(end(protocol=2))
    behaviours["cut"] = behaviour(whole)
    behaviours["late-cut"] = behaviour(record(STDOUT, b"Content-Length: 9\r\n\r\nabc"))
    with server_of({**behaviours, "hello": hello}) as server, server.connect() as client:
        for name in broken:
            equal(client.get(f"/{name}.php").status, 502, f"the status of {name}")
        equal(client.get("/overload.php").status, 503, "the status of an overload")
        equal(client.get("/hello.php").body, b"hello", "what comes after all that")
        for name in ("cut", "late-cut"):
            with server.connect() as other:
                other.request(f"/{name}.php")
                rest = other.file.read()
                check(rest.startswith(b"HTTP/1.1 200") and b"\r\n0\r\n" not in rest, "it is cut off")


def nobody_there():
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/application"

        def fill(root):
            (root / "hello.php").write_text("")
            (root / "file.txt").write_text("text")

        options = ("--php", path, "--php-keep", "0")
        with http_server("web", *options, fill=fill) as server, server.connect() as client:
            equal(client.get("/hello.php").status, 502, "the status without an application")
            equal(client.get("/file.txt").body, b"text", "a file")
            with application(path, {"hello": hello}):
                equal(client.get("/hello.php").body, b"hello", "the answer, once it is there")
            os.unlink(path)
            equal(client.get("/hello.php").status, 502, "the status, once it is gone")
            check(any(path in line for line in server.log_lines()), "the log says where")


def late_answers():
    for_ever = threading.Event()

    def late(request):
        for_ever.wait(PATIENCE)

    def later(request):
        request.send(record(STDOUT, TEXT.encode() + b"begun"))
        for_ever.wait(PATIENCE)

    with server_of({"late": late, "later": later}, "--php-timeout", "300ms") as server:
        with server.connect() as client:
            equal(client.get("/late.php").status, 504, "the status of a late answer")
            client.request("/later.php")
            equal(client.head()[0], 200, "the status of one that has begun")
            check(b"\r\n0\r\n" not in client.file.read(), "it is cut off")
        for_ever.set()


def too_many():
    waiting, go_on = [], threading.Event()

    def wait(request):
        waiting.append(request)
        go_on.wait(PATIENCE)
        return hello(request)

    with server_of({"wait": wait}, "--php-connections", "2") as server:
        clients = [server.connect() for _ in range(2)]
        for client in clients:
            client.request("/wait.php")
        until(lambda: len(waiting) == 2, "both are asked")
        equal(server.get("/wait.php").status, 503, "the status of one too many")
        go_on.set()
        for client in clients:
            equal(client.response().body, b"hello", "an answer")
            client.close()
        equal(server.get("/wait.php").body, b"hello", "the answer afterwards")


def clients_that_leave():
    """Descriptors and connections come back whoever leaves, and when."""

    def endless(request):
        request.send(record(STDOUT, TEXT.encode()))
        while True:
            request.send(record(STDOUT, MEGABYTES[:50000]))

    with server_of({"endless": endless, "tell": tell, "hello": hello}, "--php-keep", "0") as server:
        server.get("/hello.php")
        before = server.descriptors()
        for _ in range(5):
            with server.connect() as client:
                client.request("/endless.php")
                client.head()
            with server.connect() as client:
                client.request("/tell.php", "POST", "Content-Length: 70000\r\n", b"x" * 66000)
            with server.connect() as client:
                client.request("/tell.php", "POST", "Content-Length: 70\r\n", b"x")
        until(lambda: server.descriptors() <= before, "all descriptors are closed")


def stop_while_asked():
    """At SIGTERM what has been asked is answered."""
    asked, go_on = threading.Event(), threading.Event()

    def wait(request):
        asked.set()
        go_on.wait(PATIENCE)
        return hello(request)

    with server_of({"wait": wait}) as server, server.connect() as client:
        client.request("/wait.php")
        check(asked.wait(PATIENCE), "the application is asked")
        server.signal(signal.SIGTERM)
        go_on.set()
        response = client.response()
        equal((response.status, response.body), (200, b"hello"), "the answer")
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")


def options_that_are_refused():
    for address in ("nowhere", "/" + 200 * "x"):
        binary = Path(sys.argv[1], f"web-{sys.argv[2]}")
        result = subprocess.run([binary, "--php", address], capture_output=True, timeout=PATIENCE)
        equal(result.returncode, 1, f"the exit status with --php {address}")
        check(address.encode() in result.stderr, "the log says why")


main(
    parameters_of_a_request, other_methods, long_requests, bodies, bodies_that_are_refused,
    a_slow_body_occupies_nobody, a_big_body, heads_and_bodies, repeated_fields,
    lengths_that_are_not_known, a_big_answer, both_ways_at_once, an_answer_to_half_a_request,
    kept_connections, connections_that_died, over_tcp, many_at_once,
    fewer_workers_than_connections, broken_answers, nobody_there, late_answers, too_many,
    clients_that_leave, stop_while_asked, options_that_are_refused,
)
