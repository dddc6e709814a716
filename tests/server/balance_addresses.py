#!/usr/bin/env python3
"""Where the balancer listens and what it connects to: IPv6, several addresses, several processes."""

import re
import socket
import threading

from balance_kit import *


def ask(address, line=b"hello\n"):
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(line)
        with client.makefile("rb") as lines:
            return lines.readline()


def serve_one(listener):
    """Answers a line on one connection; returns it."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        line = lines.readline()
        connection.sendall(b"six " + line)
        return line


def over_ipv6():
    """A client on ::1, a replica on ::1."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        listener.settimeout(PATIENCE)
        port = listener.getsockname()[1]
        with balancer("--listen", "[::1]:0", "--backend", f"[::1]:{port}") as server:
            at = re.search(r"listening on \[::1\]:(\d+)", "\n".join(server.program.lines))
            check(at, "it says where it listens")
            threading.Thread(target=serve_one, args=[listener], daemon=True).start()
            equal(ask(("::1", int(at[1]))), b"six hello\n", "the answer")
            equal(server.status()["replicas"][0]["name"], f"[::1]:{port}", "the replica's name")


def a_process_for_each_core():
    """Each balances by itself; together they answer everybody, and end together."""
    with balancer("--processes", 2, replicas=[Replica("a"), Replica("b")]) as server:
        answers = [server.ask() for _ in range(20)]
        equal(set(answers), {"a hello", "b hello"}, "the answers")


main(over_ipv6, a_process_for_each_core)
