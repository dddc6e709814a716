#!/usr/bin/env python3
"""The web server and clients that are slow, greedy, many, broken, or still there when it stops:
they get what the limits say, and others are served meanwhile."""

import fcntl
import json
import random
import resource
import signal
import sys
import termios
import time
from concurrent.futures import ThreadPoolExecutor

from hostile_kit import *
from http_clients import Clients, raise_descriptor_limit

# limit: 240 s

chance = random.Random(9)
LARGE = 64 << 20

clients = Clients(web_server, "/hello.txt")


def post(fields, body=b""):
    return request("/hello.txt", "POST", fields, body)


def make_large(server):
    """Sparse: it is large for its client only."""
    with open(server.root / "large", "wb") as file:
        file.truncate(LARGE)


# ---- slow senders --------------------------------------------------------------------------------


def timed_out(client):
    response = client.response()
    check(response is not None, "a client that is too slow is told")
    equal(response.status, 408, "the status of a client that is too slow")
    check(client.closed(), "then the connection ends")


def slow_heads():
    """However steadily they come: the time is for the whole head."""
    with web_server("--header-timeout", "500ms", "--body-timeout", "50") as server:
        with others_are_served(server):
            for begin, data in (
                (b"", b"GET /hello.txt?" + 10000 * b"x"),
                (b"GET /hello.txt HTTP/1.1\r\nHost: h\r\n", b"X: y\r\n"),
                (b"GET /hello.txt HTTP/1.1\r\nHost: h\r\nX: ", b"x"),
                (b"", b"\r\n"),
                (request("/hello.txt", "POST", "Content-Length: 2\r\n")[:-2], b"X: y\r\n"),
            ):
                drip(server.connect, begin, data, timed_out)


def slow_bodies():
    """The same of a body, however it is framed."""
    with web_server("--body-timeout", "500ms", "--header-timeout", "50") as server:
        chunked = "Transfer-Encoding: chunked\r\n"
        with others_are_served(server):
            for begin, data in (
                (post("Content-Length: 60000\r\n"), b"x"),
                (post("Content-Length: 60000\r\n", 50000 * b"x"), b"x"),
                (post(chunked), b"1\r\nx\r\n"),
                (post(chunked, b"fff\r\n"), b"x"),
                (post(chunked, b"1;"), b"x"),
                (post(chunked, b"0\r\n"), b"X: y\r\n"),
            ):
                drip(server.connect, begin, data, timed_out)


def requests_without_an_end():
    """As fast as they can, clients send what never becomes a request: they come to the limits as
    others do."""
    with web_server("--header-timeout", "500ms", *QUIET) as server:
        with others_are_served(server), ThreadPoolExecutor(4) as pool:

            def send():
                with server.connect() as client:
                    try:
                        for _ in range(50000):
                            if has_input(client):
                                break
                            client.send(10000 * b"\r\n")
                        check(has_input(client), "the server has had enough of it")
                        status = client.response().status
                        check(status in (408, 414), f"{status} answers nothing but empty lines")
                    except ConnectionError:
                        pass  # it sent more than the server would listen to

            for result in [pool.submit(send) for _ in range(4)]:
                result.result(PATIENCE)


# ---- slow readers --------------------------------------------------------------------------------


def unread_bytes(client):
    """That the kernel has for it."""
    return int.from_bytes(fcntl.ioctl(client.socket, termios.FIONREAD, bytes(4)), sys.byteorder)


def slow_readers():
    """A response has to be taken in time as a whole, however steadily its client reads; the log
    says how far it came."""
    options = ("--write-timeout", "1", "--access-log", "-", "--log-format", "json")
    with web_server(*options, *QUIET) as server:
        make_large(server)
        pace = {server.connect(receive_buffer=4096): 100 for _ in range(10)}
        pace.update({server.connect(): 65536 for _ in range(3)})
        for client in pace:
            client.request("/large")

        def cut():
            lines = [json.loads(line) for line in [*server.program.lines]]
            return [line for line in lines if "/large" in line["request"]]

        def read_on():
            for client, size in pace.items():
                if has_input(client):
                    client.socket.recv(size)
            return len(cut()) == len(pace)

        with others_are_served(server):
            until(read_on, "slow readers are given up")
        for entry in cut():
            equal(entry["status"], 200, "the status in the log")
            check(0 < entry["bytes"] < LARGE, f"{entry['bytes']} of {LARGE} bytes were sent")
        for client in pace:
            ended(client)
            client.close()


def one_byte_at_a_time():
    """With the smallest buffer that there is, of a file that is larger than any of the server's:
    all of it arrives."""
    content = chance.randbytes(8 << 20)
    count = 2 if SANITIZED else 4
    with web_server(*QUIET, files={"file": content}) as server, ThreadPoolExecutor(count) as pool:

        def read(_):
            with server.connect(receive_buffer=1) as client:
                client.request("/file", fields="Connection: close\r\n")
                data = bytearray()
                while piece := client.socket.recv(1 if len(data) < 50000 else 65536):
                    data += piece
                check(data.endswith(b"\r\n\r\n" + content), "all of it has come")

        with others_are_served(server):
            list(pool.map(read, range(count)))


def pipelining_without_reading():
    """Thousands of requests, of which no answer is read until others have been served: memory does
    not grow with them, and all answers come, in order."""
    names = [f"file{n}" for n in range(50)]
    files = {name: name.encode() + chance.randbytes(4000) for name in names}
    count = 1000 if SANITIZED else 5000
    targets = [names[n % 50] if n % 7 else "missing" for n in range(count)]
    with web_server("--write-timeout", "300", *QUIET, files=files) as server:
        for name in names:
            server.get(f"/{name}")
        before = server.memory()
        greedy = [server.connect(receive_buffer=65536) for _ in range(8)]
        with ThreadPoolExecutor(len(greedy)) as pool:
            field = f"X: {500 * 'x'}\r\n"
            data = b"".join(request(f"/{target}", fields=field) for target in targets)
            sending = [pool.submit(client.send, data) for client in greedy]
            until(lambda: all(map(has_input, greedy)), "the first answers are there")
            with others_are_served(server):
                seen = []

                def stuck():
                    before = [*seen]
                    seen[:] = map(unread_bytes, greedy)
                    return seen == before

                until(stuck, "the server waits for its clients")
            for client in greedy:
                for target in targets:
                    response = client.response()
                    check(response is not None, f"{target} is answered")
                    expected = 404 if target == "missing" else 200
                    equal(response.status, expected, f"the status of {target}")
                    if expected == 200:
                        check(response.body == files[target], f"the body of {target}")
            for result in sending:
                result.result(PATIENCE)
        most = (64 if SANITIZED else 8) << 20
        grown = server.memory("VmHWM") - before
        check(grown < most, f"memory has grown by {grown} bytes")
        for client in greedy:
            client.close()


# ---- clients that are gone -----------------------------------------------------------------------

STAGES = {
    "connected": b"",
    "in the head": b"GET /hello.txt HTT",
    "in the body": post("Content-Length: 60000\r\n", 50000 * b"x"),
    "in a chunk": post("Transfer-Encoding: chunked\r\n", b"fff\r\nabc"),
    "behind a request": request("/hello.txt"),
    "behind many requests": 500 * request("/hello.txt"),
    "before a large response": request("/large"),
    "before large responses": 50 * request("/large"),
}


def half_open_clients():
    """At any stage clients end their side, or their connection, or do not even do that."""
    short = [w for name in ("header", "body", "idle", "write") for w in (f"--{name}-timeout", "1")]
    with web_server(*short, *QUIET) as server:
        make_large(server)
        before = descriptors_at_rest(server)
        with others_are_served(server):
            left = []
            for leave in ways_to_leave():
                for data in STAGES.values():
                    for _ in range(5):
                        client = server.connect(receive_buffer=4096)
                        client.send(data)
                        leave(client)
                        left.append(client)
            nothing_left(server, before)
        for client in left:
            client.close()


def broken_off():
    """In the middle of a transfer, in either direction."""
    with web_server(*QUIET) as server:
        make_large(server)
        before = descriptors_at_rest(server)
        with others_are_served(server):
            for leave in (Http.close, reset):
                for n in range(20):
                    client = server.connect(receive_buffer=65536)
                    client.request("/large")
                    equal(client.head()[0], 200, "the status")
                    client.exactly(chance.randrange(1 << 20))
                    leave(client)
                    client = server.connect()
                    client.send(post("Content-Length: 65536\r\n", chance.randrange(65536) * b"x"))
                    leave(client)
            nothing_left(server, before)


def garbage():
    """Noise, and requests of which some bytes have been changed, taken out or doubled."""
    requests = [
        request("/hello.txt", fields="Range: bytes=0-3,5-\r\nIf-None-Match: \"x\", W/\"y\"\r\n"),
        post("Content-Length: 5\r\n", b"abcde") + request("/hello.txt"),
        post("Transfer-Encoding: chunked\r\n", b"3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n"),
        request("http://[::1]:80/%68ello.txt?x", "HEAD", "Accept-Encoding: gzip;q=0.5, *;q=0\r\n"),
    ]
    with web_server("--idle-timeout", "1") as server:
        before = descriptors_at_rest(server)
        with others_are_served(server):
            for n in range(400):
                data = bytearray(chance.choice(requests) * chance.randrange(1, 4))
                for _ in range(chance.randrange(8)):
                    at, length = chance.randrange(len(data)), chance.randrange(20)
                    data[at : at + length] = chance.choice(
                        (b"", chance.randbytes(length), data[at : at + length] * 2, b"\r\n", b"\0")
                    )
                    data += b"x"
                if n % 4 == 0:
                    data = chance.randbytes(chance.randrange(1, 20000))
                with server.connect() as client:
                    throw(client, data)
            nothing_left(server, before)


# ---- many clients --------------------------------------------------------------------------------


def few_descriptors():
    """500 clients at once, each of which wants a file that is not kept in memory."""
    files = {f"p{n}": bytes(100000) for n in range(63)}
    clients.few_descriptors([f"/p{n % 63}" for n in range(500)], files=files)


def idle_clients():
    """4,000 of them, half of which have asked for something. When they have gone, nothing is left
    of them."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    count = min(500 if SANITIZED else 4000, limit // 2)
    with web_server("--idle-timeout", "300", *QUIET) as server:
        before = descriptors_at_rest(server)
        crowd = [server.connect() for _ in range(count)]
        for client in crowd[::2]:
            client.request("/hello.txt")
        for client in crowd[::2]:
            equal(client.response().body, HELLO, "the body for one of many")
        until(lambda: server.descriptors() >= before + count - 1, "all are let in")
        with others_are_served(server):
            for client in crowd[1::2]:
                equal(client.get("/hello.txt").body, HELLO, "the body for one that was silent")
        for client in crowd:
            client.close()
        nothing_left(server, before)
        equal(server.get("/hello.txt").body, HELLO, "the body for one that comes afterwards")


def more_clients_than_flows():
    """They wait until others have gone: at its limits a runtime lets nobody in, and goes on as soon
    as there is room."""
    limits = ["--max-flows"]
    if sys.argv[2] == "thread":
        limits.append("--threads")
    for limit in limits:
        with web_server(limit, "50", "--idle-timeout", "300ms") as server:
            before = descriptors_at_rest(server)
            crowd = [server.connect() for _ in range(200)]
            equal(server.get("/hello.txt").body, HELLO, "the body for one behind all of them")
            for client in crowd:
                ended(client)
                client.close()
            nothing_left(server, before)


def descriptors_exhausted():
    """Silent clients have taken all: the log says so, in a line, and the server is at rest. When
    they have gone it serves again."""
    with web_server(shell="ulimit -n 64", *QUIET) as server:
        first = [server.connect() for _ in range(3)]
        for client in first:
            equal(client.get("/hello.txt").body, HELLO, "the body while there is room")
        crowd = [server.connect() for _ in range(300)]

        def said():
            return [line for line in server.log_lines() if "Too many open files" in line]

        until(said, "the log says that there are no descriptors")
        before = server.processor_time()
        time.sleep(1)  # for so long it is looked at
        used = server.processor_time() - before
        check(used < 0.25, f"{used} s have been computed in one second of rest")
        # Who was let in is served, and room for others is made.
        for client in first:
            equal(client.get("/hello.txt").body, HELLO, "the body for one that was let in")
        for client in (*first, *crowd):
            client.close()
        equal(server.get("/hello.txt").body, HELLO, "the body afterwards")
        check(len(said()) <= 2, f"{len(said())} lines about it are few")


def limit_for_each_client():
    """The number of its connections is limited by address: others have their own."""
    with web_server("--max-per-client", "3") as server:
        greedy = [server.connect(source="127.0.0.2") for _ in range(3)]
        for client in greedy:
            equal(client.get("/hello.txt").status, 200, "the status within the limit")
        with others_are_served(server):
            for _ in range(20):
                with server.connect(source="127.0.0.2") as client:
                    client.request("/hello.txt")
                    equal(client.response().status, 503, "the status above the limit")
                    check(client.closed(), "and the connection ends")
            equal(greedy[0].get("/hello.txt").status, 200, "the status of those within")
        greedy.pop().close()

        def let_in():
            with server.connect(source="127.0.0.2") as client:
                try:
                    client.request("/hello.txt")
                    response = client.response()
                except ConnectionError:
                    return False
                return response is not None and response.status == 200

        until(let_in, "a place that is free again is taken")
        for client in greedy:
            client.close()


# ---- large requests ------------------------------------------------------------------------------


def limits_of_size():
    """What is as long as the limit is served, what is longer by a byte is not."""
    with web_server("--max-header", "512", "--max-body", "100") as server:
        room = 512 - len(request("/hello.txt", fields="X: \r\n"))
        served(server, request("/hello.txt", fields=f"X: {room * 'x'}\r\n"))
        refused(server, request("/hello.txt", fields=f"X: {(room + 1) * 'x'}\r\n"), 431)
        room = 512 - len(request("/hello.txt?"))
        served(server, request("/hello.txt?" + room * "x"))
        refused(server, request("/hello.txt?" + (room + 1) * "x"), 431)
        refused(server, request("/hello.txt?" + 512 * "x"), 414)
        served(server, post("Content-Length: 100\r\n", 100 * b"x"), 405)
        refused(server, post("Content-Length: 101\r\n", 101 * b"x"), 413)
        chunked = "Transfer-Encoding: chunked\r\n"
        served(server, post(chunked, b"64\r\n%s\r\n0\r\n\r\n" % (100 * b"x")), 405)
        refused(server, post(chunked, b"65\r\n%s\r\n0\r\n\r\n" % (101 * b"x")), 413)
        refused(server, post(chunked, 101 * b"1\r\nx\r\n" + b"0\r\n\r\n"), 413)
        with others_are_served(server):
            for begin, rest, status in (
                (b"GET /hello.txt HTTP/1.1\r\n", b"X: y\r\n", 431),
                (b"GET /hello.txt HTTP/1.1\r\nX: ", b"x", 431),
                (b"GET /", b"x", 414),
                (post(chunked), b"1\r\nx\r\n", 413),
                (post(chunked, b"0\r\n"), b"X: y\r\n", 413),
                (post(chunked, b"1;"), b"x", 413),
            ):
                with server.connect() as client:
                    try:
                        client.send(begin)
                        for _ in range(100):
                            client.send(10000 * rest)
                    except ConnectionError:
                        pass  # the server has seen enough
                    response = client.response()
                    equal(response.status, status, f"the status of {begin} without an end")


# ---- the end -------------------------------------------------------------------------------------


def stop_among_hostile_clients():
    """SIGTERM: what is under way is finished, if its client lets it be, and the server has gone
    when the grace period is over."""
    content = chance.randbytes(8 << 20)
    with web_server("--grace", "3", *QUIET, files={"file": content}) as server:
        make_large(server)
        with server.connect(receive_buffer=65536) as client:
            equal(len(client.get("/file").body), len(content), "the length of the file")
            before = server.descriptors() - 1  # but for this client
        groups = {
            "idle": (request("/hello.txt"), 20),
            "silent": (b"", 20),
            "head": (b"GET /hello.txt HTTP/1.1\r\n", 20),
            "body": (post("Content-Length: 10\r\n", b"abc"), 20),
            "reader": (request("/large"), 10),
            "greedy": (1000 * request("/file"), 5),
            "pipelining": (200 * request("/file", fields="Range: bytes=0-999999\r\n"), 1),
            "download": (request("/file"), 5),
        }
        crowd = {name: [] for name in groups}
        for name, (data, count) in groups.items():
            for _ in range(count):
                client = server.connect(receive_buffer=4096 if name == "reader" else 65536)
                client.send(data)
                crowd[name].append(client)
        count = sum(map(len, crowd.values()))
        until(lambda: server.descriptors() >= before + count, "all are let in")
        for client in crowd["idle"]:
            equal(client.response().body, HELLO, "the body, before it is idle")
        for client in crowd["download"]:
            equal(client.head()[0], 200, "the status")
            check(client.exactly(1 << 20) == content[: 1 << 20], "the first part")

        server.signal(signal.SIGTERM)
        for client in crowd["idle"]:
            check(client.closed(), "an idle connection ends")
        head, body = crowd["head"][0], crowd["body"][0]
        head.send("Host: h\r\n\r\n")
        body.send("defghij")
        for client, status in ((head, 200), (body, 405)):
            response = client.response()
            check(response is not None, "what is under way is answered")
            equal(response.status, status, "the status of what is under way")
            check(response.closes and client.closed(), "and its connection ends")
        for client in crowd["download"]:
            rest = client.exactly(len(content) - (1 << 20))
            check(rest == content[1 << 20 :], "the rest comes")
            check(client.closed(), "and the connection ends")
        client = crowd["pipelining"][0]
        while (response := client.response()) is not None and not response.closes:
            check(response.body == content[:1000000], "a response comes whole")
        check(response is not None and client.closed(), "one is the last, and says so")
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")
        over = [line for line in server.log_lines() if "grace period over" in line]
        check(over, "the log says that some had to be abandoned")
        for group in crowd.values():
            for client in group:
                ended(client)
                client.close()


raise_descriptor_limit()
main(
    slow_heads, slow_bodies, requests_without_an_end, slow_readers, one_byte_at_a_time,
    pipelining_without_reading, half_open_clients, broken_off, garbage, idle_clients,
    more_clients_than_flows, few_descriptors, descriptors_exhausted, limit_for_each_client,
    limits_of_size, stop_among_hostile_clients, clients.slow_requests, clients.limited_connections,
    clients.idle_clients_with_few_descriptors, clients.access_log, clients.stop_under_load,
    clients.requests_that_cross_the_signal, clients.stop_with_everybody_waiting,
    clients.several_addresses,
)
