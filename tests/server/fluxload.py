#!/usr/bin/env python3
"""The load generator before the web server, and before servers that do not behave.

How long something takes is asserted nowhere; where a server stands still, it does so for longer than
anything else could take."""
# check: event
# limit: 120 s

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from http_kit import HOST, check, equal, http_server
from tls_kit import ECDSA, make_certificate

FLUXLOAD = Path(sys.argv[1], "fluxload")
PAGES = ("a", "b", "p1", "p2", "p3")


def command(url, *options):
    urls = url if isinstance(url, list) else [url]
    return [FLUXLOAD, "--quiet", "--force", "--warmup", "0", "--format", "json",
            *map(str, options), *urls]  # fmt: skip


def result_of(output, status):
    equal(status, 0, "the exit status of fluxload")
    return json.loads(output)["points"][0]


def load(url, *options):
    """The point that fluxload prints."""
    done = subprocess.run(command(url, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.stderr.write(done.stderr.decode())
    return result_of(done.stdout, done.returncode)


def errors(point):
    return {name: count for name, count in point["errors"].items() if count > 0}


@contextmanager
def web_server(*options):
    def fill(root):
        for name in PAGES:
            (root / name).write_bytes(name.encode() * 500)
        (root / "large").write_bytes(b"x" * 3_000_000)

    with http_server("web", "--access-log", "-", *options, fill=fill) as server:
        yield server, "http://%s:%d" % server.program.address


def targets(server, count):
    """What the server's log says it has been asked for, once there are so many lines."""
    lines = server.program.lines
    server.program.wait(lambda: len(lines) >= count, f"log {count} requests")
    return [line.split('"')[1].split()[1] for line in lines]


# ---- what the server sees is what fluxload says --------------------------------------------------


def as_many_as_asked_for():
    with web_server() as (server, url):
        for options in (
            ["--load=closed:7,0"],
            ["--load=closed:7,const:1ms"],
            ["--load=closed:7,exp:300us"],
            ["--load=open:poisson:2000"],
            ["--load=open:const:2000"],
            ["--load=partly:500,0.7,2ms"],
            ["--load=closed:7,0", "--no-keep-alive"],
            ["--load=closed:7,0", "--loops=2"],
            ["--load=open:poisson:5000", "--loops=2", "--connections=20"],
        ):
            before = len(server.program.lines)
            point = load(f"{url}/a", "--requests=300", *options)
            seen = len(targets(server, before + 300)) - before
            equal(seen, 300, f"what the server has seen with {options}")
            for name in ("planned", "completed"):
                equal(point[name], 300, f"'{name}' with {options}")
            equal((point["failed"], errors(point)), (0, {}), f"errors with {options}")
            equal(sum(count for _, _, count in point["histogram"]), 300, "the histogram's sum")
            if options[0].startswith("--load=closed"):
                fresh = 300 if "--no-keep-alive" in options else 7
                equal(point["connections"], fresh, f"connections with {options}")
            if "--connections=20" in options:
                check(point["connections"] <= 20, "no more connections than allowed")
            equal(point["bytes"], 300 * 500, "bytes of bodies")


def a_time_and_no_number():
    with web_server() as (_, url):
        point = load(f"{url}/a", "--duration=0.5", "--load=open:const:200")
        equal(point["planned"], 99, "requests before half a second is over, from 5 ms on")
        equal(errors(point), {}, "errors")
        point = load(f"{url}/a", "--requests=3", "--load=closed:10,0")
        equal((point["planned"], point["completed"]), (3, 3), "requests of more clients")
        point = load(f"{url}/a", "--requests=30", "--load=closed:10,0", "--max-flows=4")
        equal((point["completed"], point["connections"]), (30, 4), "answers to four of ten clients")
        point = load(f"{url}/a", "--duration=0.3", "--load=closed:3,60min")
        equal(point["planned"], 3, "requests of clients that pause for an hour")


def mixtures():
    with web_server() as (server, url):
        point = load([f"9*{url}/a", f"{url}/b", f"1e-9*{url}/none"], "--requests=2000")
        seen = targets(server, 2000)
        check(1700 < seen.count("/a") < 1900, f"nine in ten are /a: {seen.count('/a')}")
        equal(seen.count("/none"), errors(point).get("status_4xx", 0), "what is not found")

        # Of 1 + 1/2 + 1/3, in a fixed order.
        orders = []
        for _ in range(2):
            del server.program.lines[:]
            load(f"{url}/p%u", "--requests=1100", "--zipf=3,1", "--load=open:const:5000",
                 "--connections=1", "--seed=7")  # fmt: skip
            orders.append(targets(server, 1100))
        counts = [orders[0].count(f"/p{k}") for k in (1, 2, 3)]
        for count, expected in zip(counts, (600, 300, 200)):
            check(abs(count - expected) < 75, f"pages are popular by Zipf's law: {counts}")
        check(orders[0] == orders[1], "the same seed asks for the same")


def a_trace(folder):
    in_order = "--connections=1"
    with web_server() as (server, url):
        times = Path(folder, "times")
        times.write_text("# seconds\n10 /a\n10.02 GET /b\n10.01 /p1\n")
        point = load(url, f"--load=trace:{times}", in_order)
        equal(targets(server, 3), ["/a", "/p1", "/b"], "what a trace asks for")
        equal(point["completed"], 3, "answers of a trace")
        del server.program.lines[:]
        log = Path(folder, "log")
        log.write_text("".join(
            f'192.0.2.7 - - [10/Oct/2000:13:{minute}:59 +0200] "GET {target} HTTP/1.1" 200 5 "-" "x"\n'
            for minute, target in ((55, "/p2"), (55, "/none"), (56, "/p3"))
        ))  # fmt: skip
        point = load(url, f"--load=trace:{log},x200", in_order)
        equal(targets(server, 3), ["/p2", "/none", "/p3"], "what a log asks for")
        equal(errors(point), {"status_4xx": 1}, "errors of a log")


def other_requests():
    with web_server() as (server, url):
        point = load(f"{url}/large", "--requests=3", "--method=HEAD")
        equal((point["completed"], point["bytes"]), (3, 0), "answers to HEAD, and bytes of bodies")
        point = load(f"{url}/a", "--requests=3", "--method=POST", "--body=" + "x" * 1000)
        equal(errors(point), {"status_4xx": 3}, "POST of a file")
        point = load(f"{url}/a", "--requests=4", "--header=Range: bytes=0-9", "--header=X: y")
        equal(point["bytes"], 40, "bytes of a range")
        point = load(f"{url}/large", "--requests=20", "--load=closed:4,0")
        equal(point["bytes"], 60_000_000, "bytes of large bodies")


def under_tls(folder):
    make_certificate(folder, "server", "localhost", ECDSA)
    pair = ["--tls-cert", f"{folder}/server.crt", "--tls-key", f"{folder}/server.key"]
    with web_server(*pair) as (_, url):
        secure = url.replace("http:", "https:")
        for options in ([], ["--no-keep-alive"], ["--load=open:poisson:500"]):
            point = load(f"{secure}/a", "--requests=100", *options)
            equal((point["completed"], errors(point)), (100, {}), f"with TLS and {options}")
        point = load(f"{secure}/large", "--requests=10")
        equal(point["bytes"], 30_000_000, "bytes under TLS")
        equal(errors(load(f"{url}/a", "--requests=5")), {"status_4xx": 5}, "HTTP to a server of TLS")
    with web_server() as (_, url):
        point = load(url.replace("http:", "https:"), "--requests=5")
        equal(errors(point), {"tls": 5}, "TLS to a server of HTTP")


# ---- a server that stands still ------------------------------------------------------------------


def nothing_is_left_out():
    """A server that is stopped for a second under a thousand requests a second has a thousand slow
    ones. A client that waits for its answer before it asks again sees one."""

    def stopped(load_, connections):
        with web_server() as (server, url):
            running = subprocess.Popen(
                command(f"{url}/a", "--duration=3", f"--load={load_}", "--connections", connections),
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            targets(server, 20)
            server.signal(signal.SIGSTOP)
            time.sleep(1.1)  # is what is tested, and not a wait for something
            server.signal(signal.SIGCONT)
            point = result_of(running.communicate()[0], running.returncode)
        return point, sum(count for low, _, count in point["histogram"] if low > 90_000_000)

    point, slow = stopped("open:const:1000", 4000)
    equal((point["planned"], errors(point)), (2999, {}), "requests before three seconds are over")
    check(slow >= 950, f"about a thousand are slow: {slow}")
    check(point["p90"]["mean"] > 0.5, "which a tenth of them shows")
    _, slow = stopped("closed:1,const:1ms", 1)
    check(slow >= 1, "with one client at least one is slow")


# ---- servers that do not behave ------------------------------------------------------------------


@contextmanager
def server_that(answers, reads=True):
    """answers(connection): in a thread for each connection."""
    with socket.create_server((HOST, 0), backlog=100) as listener:

        def serve(connection):
            with connection:
                try:
                    answers(connection)
                except OSError:
                    pass  # fluxload has gone

        def accept():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield "http://%s:%d/" % listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)


def once(response):
    """Reads a request and sends that, in pieces."""

    def answer(connection):
        connection.recv(65536)
        piece = max(7, len(response) // 20)
        for i in range(0, len(response), piece):
            connection.sendall(response[i : i + piece])

    return answer


def for_ever(response):
    def answer(connection):
        while connection.recv(65536):
            connection.sendall(response)

    return answer


def reset(connection):
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def silent(connection):
    while connection.recv(65536):
        pass


def few(connection):
    """Two answers, and then it closes without a word."""
    for _ in range(2):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def errors_by_kind():
    head = b"HTTP/1.1 200 OK\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    cases = (
        (once(head + b"Content-Length: 10\r\n\r\n12345"), "short"),
        (once(chunked + b"5\r\n12345\r\n"), "short"),
        (once(head), "short"),
        (once(b""), "short"),
        (once(b"SSH-2.0-OpenSSH\r\n"), "malformed"),
        (once(head + b"Content-Length: 1x\r\n\r\n"), "malformed"),
        (once(chunked + b"nonsense\r\n"), "malformed"),
        (once(head + b"X: y\r\n" * 20000), "malformed"),
        (reset, "reset"),
        (silent, "timeout"),
        (for_ever(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "status_4xx"),
        (for_ever(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "status_5xx"),
        (for_ever(chunked + b"5;x\r\n12345\r\n0\r\nTrailer: 1\r\n\r\n"), None),
        (for_ever(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n"), None),
        (for_ever(b"HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n"), None),
        (once(b"HTTP/1.0 200 OK\r\n\r\nto the end"), None),
        (once(head + b"Connection: close\r\nContent-Length: 3\r\n\r\nend"), None),
        (few, None),
    )
    for number, (answers, kind) in enumerate(cases):
        with server_that(answers) as url:
            for load_ in ("closed:3,0", "open:poisson:2000"):
                point = load(url, "--requests=9", f"--load={load_}", "--timeout=" + ("0.3" if kind == "timeout" else "20"))
                expected = {} if kind is None else {kind: 9}
                equal(errors(point), expected, f"errors of case {number}, {load_}")
                answered = kind is None or kind.startswith("status")
                equal(point["completed"], 9 if answered else 0, f"answers of case {number}")

    with socket.create_server((HOST, 0)) as listener:
        url = "http://%s:%d/" % listener.getsockname()
    point = load(url, "--requests=5")
    equal((errors(point), point["lost"]["mean"]), ({"refused": 5}, 1), "nobody listens")


def connections_that_were_closed():
    """A connection that the server closes after an answer, without having said so, is no error."""
    with server_that(few) as url:
        point = load(url, "--requests=20", "--load=closed:1,0")
        equal((point["completed"], errors(point)), (20, {}), "answers, and errors")
        equal(point["retried"] + 1, point["connections"], "requests that were made twice")
        point = load(url, "--requests=6", "--load=closed:1,const:20ms")
        equal((point["completed"], errors(point)), (6, {}), "answers, and errors, with a pause")


# ---- what is said about it -----------------------------------------------------------------------


def said(*arguments):
    done = subprocess.run([FLUXLOAD, *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def refuses_what_it_has_disturbed():
    with web_server() as (_, url):
        impossible = ["--load=open:const:20000000", "--duration=0.1", "--warmup=0",
                      "--connections=2", f"{url}/a"]  # fmt: skip
        status, out, log = said(*impossible)
        equal((status, out), (3, ""), "the exit status, and what is printed")
        check("the generator was the bottleneck" in log and "--force" in log, "it says why")
        status, out, log = said("--force", *impossible)
        equal(status, 0, "the exit status with --force")
        check("the generator was the bottleneck" in log and "lag of the" in out, "it says so all the same")


def prints_tables():
    with web_server() as (_, url):
        status, out, _ = said("--force", "--warmup=0", "--requests=50", f"{url}/a", f"{url}/none")
        equal(status, 0, "the exit status")
        for text in ("answers", "from its planned time", "99.9 %", "status_4xx", "response up to", "##"):
            check(text in out, f"the table says '{text}':\n{out}")
        status, out, _ = said("--force", "--warmup=0", "--requests=50", "--format=csv",
                              "--label=event,2", f"{url}/a")  # fmt: skip
        names, values = (line.split(",") for line in out.splitlines())
        row = dict(zip(names, values, strict=True))
        equal((row["runtime"], row["cores"], row["load"]), ("event", "2", "10"), "a row of CSV")


def interrupted():
    with web_server() as (server, url):
        running = subprocess.Popen(command(f"{url}/a", "--duration=60min", "--load=closed:3,10ms"),
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
        targets(server, 10)
        running.send_signal(signal.SIGINT)
        point = result_of(running.communicate()[0], running.returncode)
        check(point["completed"] >= 7, "what was measured until then is printed")
        equal(errors(point), {}, "errors, of one that is interrupted")


def nonsense():
    cases = (
        ([], "no URL"),
        (["ftp://h/"], "http://HOST"),
        (["http:///x"], "a host"),
        (["http://h:99999/"], "a port"),
        (["http://h/", "http://g/"], "of one server"),
        (["0*http://h/"], "a weight"),
        (["http://127.0.0.1/ x"], "blanks"),
        (["http://h/", "--load=open:9"], "open:poisson:R"),
        (["http://h/", "--load=trace:/no/such"], "No such file"),
        (["http://h/", "--format=xml"], "table, csv or json"),
        (["http://h/", "--zipf=10,1"], "%u"),
        (["http://h/%u", "--zipf=0,1"], "a number of pages"),
        (["http://h/", "--method=G T"], "a method"),
        (["http://h/", "--header=nothing"], "header"),
        (["http://h/", "--body=@/no/such"], "No such file"),
        (["http://h/", "--label=x,y"], "cores"),
        (["http://nobody.invalid/"], "nobody.invalid"),
    )
    for arguments, text in cases:
        status, out, log = said(*arguments)
        check(status in (1, 2) and out == "", f"{arguments} is refused")
        check(text in log, f"{arguments}: '{text}' is said:\n{log}")


def main():
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        as_many_as_asked_for()
        a_time_and_no_number()
        mixtures()
        a_trace(folder)
        other_requests()
        under_tls(folder)
        nothing_is_left_out()
        errors_by_kind()
        connections_that_were_closed()
        refuses_what_it_has_disturbed()
        prints_tables()
        interrupted()
        nonsense()


main()
