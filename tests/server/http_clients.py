"""Clients that are slow, many, or still there when a server stops: what every server of HTTP has to
make of them."""

import re
import resource
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from http_kit import *


def raise_descriptor_limit():
    """Of the test itself, which has as many clients as the kernel allows."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


class Clients:
    """The tests, for main. serve: a context manager of a server, called with options and `shell`.
    target: something that it has."""

    def __init__(self, serve, target):
        self.serve = serve
        self.target = target

    # ---- time ----

    def slow_requests(self):
        """A request that does not arrive in time is answered 408; a silent client is just left."""
        short = "300ms"
        with self.serve(
            "--header-timeout", short, "--body-timeout", short, "--idle-timeout", short
        ) as server:
            body = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx"
            for part in ("GET / HTTP/1.1\r\nHo", body):
                with server.connect() as client:
                    client.send(part)
                    response = client.response()
                    check(response is not None and response.status == 408, f"408 answers {part!r}")
                    check(client.closed(), "then the connection ends")
            with server.connect() as client:
                check(client.closed(), "a client that says nothing is left")
            with server.connect() as client:
                equal(client.get(self.target).status, 200, "the status")
                check(client.closed(), "a client that says nothing more is left")
            with server.connect() as client:
                client.send("GET / HTT")
                check(client.response().status == 408, "the time counts from the first byte on")

    # ---- numbers ----

    def limited_connections(self):
        for option in ("--max-connections", "--max-per-client"):
            with self.serve(option, "2") as server:
                first, second = server.connect(), server.connect()
                for client in (first, second):
                    equal(client.get(self.target).status, 200, "the status within the limit")
                with server.connect() as third:
                    third.request(self.target)
                    response = third.response()
                    equal(response.status, 503, "the status above the limit")
                    check(third.closed(), "and the connection ends")
                equal(first.get(self.target).status, 200, "the status of those within")
                second.close()

                def served():
                    with server.connect() as client:
                        try:
                            response = client.get(self.target)
                        except ConnectionError:
                            return False
                        return response is not None and response.status == 200

                until(served, "a place that is free again is taken")
                first.close()

    def few_descriptors(self, targets, **files):
        """A client for each target, and 64 descriptors: they wait for each other, and all are
        served."""
        count = len(targets)
        with self.serve(shell="ulimit -n 64", **files) as server, ThreadPoolExecutor(count) as pool:
            together = threading.Barrier(count)

            def fetch(target):
                together.wait(PATIENCE)
                with server.connect() as client:
                    return client.get(target, fields="Connection: close\r\n").status

            equal(set(pool.map(fetch, targets)), {200}, "the statuses")
            said = [line for line in server.log_lines() if not line.startswith("trace: ")]
            check(len(said) <= 5, f"the log stays short: {said[:8]}")
            equal(server.get(targets[0]).status, 200, "the status later")

    def idle_clients_with_few_descriptors(self):
        """Connections that are kept alive do not keep others out for ever."""
        with self.serve("--idle-timeout", "200ms", shell="ulimit -n 64") as server:
            clients = [server.connect() for _ in range(60)]
            for client in clients:
                client.request(self.target)
            for client in clients:
                equal(client.response().status, 200, "the status")
            for client in clients:
                client.close()

    # ---- the access log ----

    def access_log(self):
        with self.serve("--access-log", "-") as server, server.connect() as client:
            fields = 'User-Agent: a"b\r\nReferer: http://r/\r\n'
            length = len(client.get(self.target, fields=fields).body)
            client.get("/missing", "HEAD")
            client.send("GET / HTTP/2.0\r\nHost: h\r\n\r\n")
            check(client.response() is not None, "there is an answer")
            server.program.wait(lambda: len(server.program.lines) >= 3, "log three requests")
            date = r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000"
            for line, expected in zip(
                server.program.lines,
                (
                    rf'"GET {re.escape(self.target)} HTTP/1.1" 200 {length} "http://r/" "a\\"b"',
                    r'"HEAD /missing HTTP/1.1" 404 0 "-" "-"',
                    r'"GET / HTTP/2.0" 505 \d+ "-" "-"',
                ),
            ):
                entry = rf"127\.0\.0\.1 - - \[{date}\] {expected}$"
                check(re.match(entry, line), f"{line} matches {entry}")

    # ---- the end ----

    def stop_under_load(self):
        """Clients that ask again and again: none of them gets half a response."""
        with self.serve() as server:
            served = []

            def fetch(_):
                try:
                    with server.connect() as client:
                        while (response := client.get(self.target)) is not None:
                            equal(response.status, 200, "the status")
                            served.append(1)
                            if response.closes:
                                break
                except ConnectionError:
                    # Connected, but never accepted; or its request crossed the end of its
                    # connection.
                    pass

            with ThreadPoolExecutor(20) as pool:
                results = [pool.submit(fetch, n) for n in range(20)]
                until(lambda: len(served) > 300, "300 requests are served")
                server.signal(signal.SIGTERM)
                for result in results:
                    result.result(PATIENCE)
            equal(server.program.process.wait(PATIENCE), 0, "the exit status")

    def requests_that_cross_the_signal(self):
        """Requests that had arrived when the signal came are answered, on connections that were
        idle."""
        with self.serve() as server:
            clients = [server.connect() for _ in range(20)]
            for client in clients:
                equal(client.get(self.target).status, 200, "the status")
            server.signal(signal.SIGSTOP)
            for client in clients:
                client.request(self.target)
            server.signal(signal.SIGTERM)
            server.signal(signal.SIGCONT)
            for client in clients:
                response = client.response()
                check(response is not None and response.status == 200, "a request is answered")
                check(client.closed(), "and its connection ends")
                client.close()
            equal(server.program.process.wait(PATIENCE), 0, "the exit status")

    def stop_with_everybody_waiting(self):
        """Idle clients do not hold up the end; one that is in the middle of its request is
        served."""
        with self.serve() as server:
            before = server.descriptors()
            idle = [server.connect() for _ in range(50)]
            until(lambda: server.descriptors() >= before + len(idle), "all are let in")
            equal(idle[0].get(self.target).status, 200, "the status")
            busy = server.connect()
            busy.send(f"GET {self.target} HTTP/1.1\r\nHost: ")
            equal(server.get(self.target).status, 200, "the status of one more")
            server.signal(signal.SIGTERM)
            for client in idle:
                check(client.closed(), "an idle connection ends")
            busy.send("h\r\n\r\n")
            response = busy.response()
            check(response is not None and response.status == 200, "one in the middle is served")
            check(response.closes and busy.closed(), "and told that this was the last")
            for client in [*idle, busy]:
                client.close()
            equal(server.program.process.wait(PATIENCE), 0, "the exit status")

    def several_addresses(self):
        addresses = (f"{HOST}:0", "[::1]:0") if socket.has_ipv6 else (f"{HOST}:0",)
        options = [word for address in addresses for word in ("--listen", address)]
        with self.serve(*options) as server:
            server.program.wait(lambda: len(server.program.lines) >= len(addresses), "print all")
            for line in server.program.lines:
                host, port = re.match(r"listening on \[?([^]]+?)\]?:(\d+)$", line).groups()
                with Http((host, int(port))) as client:
                    equal(client.get(self.target).status, 200, f"the status at {line}")
