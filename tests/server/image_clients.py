#!/usr/bin/env python3
"""The image server and clients that are slow, greedy, many, or still there when it stops."""

import json
import re
import resource
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from image_kit import *

# limit: 120 s


def lines_of(path):
    return path.read_text().splitlines() if path.exists() else []


# ---- time ----------------------------------------------------------------------------------------


def slow_requests():
    """A request that does not arrive in time is answered 408; a silent client is just left."""
    with image_server(
        "--header-timeout", "300ms", "--body-timeout", "300ms", "--idle-timeout", "300ms"
    ) as server:
        for part in ("GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx"):
            with server.connect() as client:
                client.send(part)
                response = client.response()
                check(response is not None and response.status == 408, f"408 answers {part!r}")
                check(client.closed(), "then the connection ends")
        with server.connect() as client:
            check(client.closed(), "a client that says nothing is left")
        with server.connect() as client:
            equal(client.get("/small.jpg").status, 200, "the status")
            check(client.closed(), "a client that says nothing more is left")
        with server.connect() as client:
            client.send("GET / HTT")
            check(client.response().status == 408, "the time counts from the first byte on")


def slow_readers():
    """A client that does not read its response in time is given up, and the log says how far it
    came."""
    with image_server(
        "--write-timeout", "500ms", "--access-log", "-", "--log-format", "json", "--quality", "100"
    ) as server:
        write_ppm(server.root / "noise.ppm", 3000, 2000, noise(3000, 2000))
        with server.connect(receive_buffer=4096) as client:
            client.request("/noise.jpg")
            server.program.wait(lambda: server.program.lines, "log the response that was cut short")
            entry = json.loads(server.program.lines[0])
            body = len(server.get("/noise.jpg").body)
            check(0 < entry["bytes"] < body, f"{entry['bytes']} of {body} bytes were sent")


def patience_with_others():
    """While many clients send and read slowly, another one is served at once."""
    with image_server("--quality", "100") as server:
        write_ppm(server.root / "noise.ppm", 3000, 2000, noise(3000, 2000))
        expected = server.get("/noise.jpg").body
        senders = [server.connect() for _ in range(20)]
        readers = [server.connect(receive_buffer=65536) for _ in range(20)]
        for client in senders:
            client.send("GET /small.jpg HT")
        for client in readers:
            client.request("/noise.jpg")
        equal(server.get("/small.jpg").status, 200, "the status of a client in between")
        for client in senders:
            client.send("TP/1.1\r\nHost: h\r\n\r\n")
            equal(client.response().status, 200, "the status of a slow request")
        for client in readers:
            check(client.response().body == expected, "a slow reader gets everything")
        for client in senders + readers:
            client.close()


# ---- numbers -------------------------------------------------------------------------------------


def limited_connections():
    for option in ("--max-connections", "--max-per-client"):
        with image_server(option, "2") as server:
            first, second = server.connect(), server.connect()
            for client in (first, second):
                equal(client.get("/small.jpg").status, 200, "the status within the limit")
            with server.connect() as third:
                third.send("GET /small.jpg HTTP/1.1\r\nHost: h\r\n\r\n")
                response = third.response()
                equal(response.status, 503, "the status above the limit")
                check(third.closed(), "and the connection ends")
            equal(first.get("/small.jpg").status, 200, "the status of those within")
            second.close()

            def served():
                with server.connect() as client:
                    try:
                        response = client.get("/small.jpg")
                    except ConnectionError:
                        return False
                    return response is not None and response.status == 200

            until(served, "a place that is free again is taken")
            first.close()


def few_descriptors():
    """500 clients, 64 descriptors: they wait for each other, and all are served."""
    shapes = {f"p{i}": (40, 30) for i in range(63)}
    with image_server(files=shapes, shell="ulimit -n 64") as server, ThreadPoolExecutor(500) as pool:
        together = threading.Barrier(500)

        def fetch(n):
            together.wait(PATIENCE)
            with server.connect() as client:
                client.request(f"/p{n // 8}.jpg?size={n % 8 + 1}", fields="Connection: close\r\n")
                return client.response().status

        equal(set(pool.map(fetch, range(500))), {200}, "the statuses")
        said = [line for line in lines_of(server.log) if not line.startswith("trace: ")]
        check(len(said) <= 5, f"the log stays short: {said[:8]}")
        equal(server.get("/p0.jpg").status, 200, "the status later")


def idle_clients_with_few_descriptors():
    """Connections that are kept alive do not keep others out for ever."""
    with image_server("--idle-timeout", "200ms", shell="ulimit -n 64") as server:
        clients = [server.connect() for _ in range(60)]
        for client in clients:
            client.request("/small.jpg")
        for client in clients:
            equal(client.response().status, 200, "the status")
        for client in clients:
            client.close()


# ---- the access log ------------------------------------------------------------------------------


def access_log():
    with image_server("--access-log", "-") as server, server.connect() as client:
        client.request("/small.jpg", fields='User-Agent: a"b\r\nReferer: http://r/\r\n')
        length = len(client.response().body)
        client.get("/missing.jpg", "HEAD")
        client.send("GET / HTTP/2.0\r\nHost: h\r\n\r\n")
        check(client.response() is not None, "there is an answer")
        server.program.wait(lambda: len(server.program.lines) >= 3, "log three requests")
        date = r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000"
        for line, expected in zip(
            server.program.lines,
            (
                rf'"GET /small.jpg HTTP/1.1" 200 {length} "http://r/" "a\\"b"',
                r'"HEAD /missing.jpg HTTP/1.1" 404 0 "-" "-"',
                r'"GET / HTTP/2.0" 505 \d+ "-" "-"',
            ),
        ):
            entry = rf"127\.0\.0\.1 - - \[{date}\] {expected}$"
            check(re.match(entry, line), f"{line} matches {entry}")


# ---- the end -------------------------------------------------------------------------------------


def stop_while_rendering():
    """SIGTERM while requests are rendered: each is answered whole, the connections end, exit 0."""
    shapes = {f"p{i}": (2000 + i, 1500) for i in range(6)}
    with image_server(files=shapes) as server:
        before = server.bytes_read()
        descriptors = server.descriptors()
        clients = [(name, server.connect()) for name in shapes for _ in range(3)]
        # Those that are still in the kernel's queue at the end are turned away by the kernel.
        until(lambda: server.descriptors() >= descriptors + len(clients), "all are accepted")
        for name, client in clients:
            client.request(f"/{name}.jpg?size=3")
        until(lambda: server.bytes_read() > before + 4000000, "the first picture is read")
        server.program.process.send_signal(signal.SIGTERM)
        for name, client in clients:
            response = client.response()
            check(response is not None, f"{name} is answered")
            equal(response.status, 200, f"the status of {name}")
            check(client.closed(), "its connection ends")
            client.close()
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")


def stop_under_load():
    """Clients that ask again and again: none of them gets half a response."""
    with image_server() as server:
        served = []

        def fetch(_):
            count = 0
            try:
                with server.connect() as client:
                    while (response := client.get("/small.jpg?size=3")) is not None:
                        equal(response.status, 200, "the status")
                        count += 1
                        served.append(1)
                        if response.closes:
                            break
            except ConnectionError:
                # Connected, but never accepted; or its request crossed the end of its connection.
                pass
            return count

        with ThreadPoolExecutor(20) as pool:
            results = [pool.submit(fetch, n) for n in range(20)]
            until(lambda: len(served) > 300, "300 requests are served")
            server.program.process.send_signal(signal.SIGTERM)
            for result in results:
                result.result(PATIENCE)
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")


def requests_that_cross_the_signal():
    """Requests that had arrived when the signal came are answered, on connections that were idle."""
    with image_server() as server:
        clients = [server.connect() for _ in range(20)]
        for client in clients:
            equal(client.get("/small.jpg").status, 200, "the status")
        server.program.process.send_signal(signal.SIGSTOP)
        for client in clients:
            client.request("/small.jpg?size=2")
        server.program.process.send_signal(signal.SIGTERM)
        server.program.process.send_signal(signal.SIGCONT)
        for client in clients:
            response = client.response()
            check(response is not None and response.status == 200, "a request is answered")
            check(client.closed(), "and its connection ends")
            client.close()
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")


def stop_with_everybody_waiting():
    """Idle clients do not hold up the end; one that is in the middle of its request is served."""
    with image_server() as server:
        idle = [server.connect() for _ in range(50)]
        equal(idle[0].get("/small.jpg").status, 200, "the status")
        busy = server.connect()
        busy.send("GET /small.jpg HTTP/1.1\r\nHost: ")
        equal(server.get("/small.jpg").status, 200, "the status of one more")
        server.program.process.send_signal(signal.SIGTERM)
        for client in idle:
            try:
                check(client.closed(), "an idle connection ends")
            except ConnectionError:
                pass  # it had not been accepted yet
        busy.send("h\r\n\r\n")
        response = busy.response()
        check(response is not None and response.status == 200, "the one in the middle is served")
        check(response.closes and busy.closed(), "and told that this was the last")
        for client in [*idle, busy]:
            client.close()
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")


def several_addresses():
    addresses = (f"{HOST}:0", "[::1]:0") if socket.has_ipv6 else (f"{HOST}:0",)
    options = [word for address in addresses for word in ("--listen", address)]
    with image_server(*options) as server:
        server.program.wait(lambda: len(server.program.lines) >= len(addresses), "print all")
        for line in server.program.lines:
            host, port = re.match(r"listening on \[?([^]]+?)\]?:(\d+)$", line).groups()
            with Http((host, int(port))) as client:
                equal(client.get("/small.jpg").status, 200, f"the status at {line}")


resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
main(
    slow_requests, slow_readers, patience_with_others, limited_connections, few_descriptors,
    idle_clients_with_few_descriptors, access_log, stop_while_rendering, stop_under_load,
    requests_that_cross_the_signal, stop_with_everybody_waiting, several_addresses,
)
