#!/usr/bin/env python3
"""Clients and visitors who do what they should not: the balancer and everybody else are unharmed, and
nothing is left of them."""

import random
import socket
import threading

from balance_kit import *


def idle(server):
    return sum(each["connections"] for each in server.status()["replicas"]) == 0


def crowds():
    """Connections by the hundred that end at once, in every way, before and after they say something."""
    replicas = [Replica("a"), Replica("b")]
    with balancer("--strategy", "least", replicas=replicas) as server:
        server.ask()
        before = server.descriptors()
        dice = random.Random(7)

        def one(how):
            with socket.socket() as client:
                client.settimeout(PATIENCE)
                client.connect(server.program.address)
                if how & 1:
                    client.sendall(b"x" * (1 + how * 97) + b"\n")
                if how & 2:
                    client.shutdown(socket.SHUT_WR)
                if how & 4:
                    client.recv(1)
                if how & 8:
                    reset(client)

        def many(kinds):
            for how in kinds:
                try:
                    one(how)
                except OSError:
                    pass

        kinds = [[dice.choice((0, 1, 2, 3, 5, 7, 8, 9, 11, 13, 15)) for _ in range(50)]
                 for _ in range(8)]
        threads = [threading.Thread(target=many, args=(each,)) for each in kinds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(server.ask().endswith(" hello"), "others are served")
        until(lambda: idle(server), "all connections are gone")
        for each in server.status()["replicas"]:
            equal(each["unfinished"], 0, "requests that are left")
        until(lambda: server.descriptors() <= before, "their descriptors are closed")


def more_than_there_are_descriptors():
    """Who is too many waits, until others go."""
    with balancer(replicas=[Replica(backlog=1024)], shell="ulimit -n 200") as server:
        clients = []
        for _ in range(150):
            clients.append(server.connect())
            clients[-1].send("hello\n")
        for client in clients:
            equal(client.line(), "replica hello", "each one's answer, in its turn")
            client.close()
        until(lambda: idle(server), "all connections are gone")
        equal(server.ask(), "replica hello", "an answer afterwards")


def visitors():
    """The control port is given what is no HTTP, and visitors who stay."""
    dice = random.Random(11)
    with balancer(replicas=[Replica()]) as server:
        host, port = server.control.rsplit(":", 1)
        server.ask()
        server.status()
        before = server.descriptors()
        nonsense = [b"", b"\0" * 100, b"GET", b"GET / HTTP/1.1\r\n\r\n", b"\r\n\r\n",
                    b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
                    b"PUT /replicas/" + b"1" * 300 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
                    b"PUT /replicas/%00 HTTP/1.1\r\nHost: h\r\n\r\n",
                    b"DELETE /replicas/ HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n",
                    b"GET /series?from=1&from=2&to=%zz HTTP/1.1\r\nHost: h\r\n\r\n",
                    b"GET /series?" + b"from=1&" * 1000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"]
        nonsense += [dice.randbytes(dice.randrange(1, 3000)) for _ in range(50)]
        for data in nonsense:
            with socket.create_connection((host, int(port)), PATIENCE) as visitor:
                try:
                    visitor.sendall(data)
                    visitor.shutdown(socket.SHUT_WR)
                    while visitor.recv(65536):
                        pass
                except OSError:
                    pass
        mute = [socket.create_connection((host, int(port)), PATIENCE) for _ in range(50)]
        pipelined = socket.create_connection((host, int(port)), PATIENCE)
        pipelined.sendall(20 * b"GET /status HTTP/1.1\r\nHost: h\r\n\r\n")
        got = b""
        while got.count(b"200 OK") < 20:
            got += pipelined.recv(65536)
        equal(server.ask(), "replica hello", "others are served")
        equal(len(server.status()["replicas"]), 1, "how many replicas there are")
        for visitor in (*mute, pipelined):
            visitor.close()
        until(lambda: server.descriptors() <= before, "nothing is left of them")


main(crowds, more_than_there_are_descriptors, visitors)
