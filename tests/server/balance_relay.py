#!/usr/bin/env python3
"""What goes through the balancer, and how it ends: neither side notices that there is one."""

import hashlib
import signal
import socket
import sys
import threading

from balance_kit import *

MUCH = 6 * 1024 * 1024


def data_of(seed, size):
    return hashlib.shake_128(seed.encode()).digest(size)


THERE, BACK = data_of("there", MUCH), data_of("back", MUCH)


def the_replica_speaks_first():
    def banner(_, connection, __):
        connection.sendall(b"220 ready\n")
        connection.sendall(b"you said " + connection.recv(100))

    with balancer(replicas=[Replica(serve=banner)]) as server, server.connect() as client:
        equal(client.line(), "220 ready", "what comes before anything is asked")
        equal(client.ask("EHLO"), "you said EHLO", "the answer")
        check(client.ended(), "the replica's end is passed on")


def each_direction_ends_on_its_own():
    def reads_all_first(_, connection, __):
        got = hashlib.sha256()
        while piece := connection.recv(65536):
            got.update(piece)
        connection.sendall(got.hexdigest().encode() + b"\n" + BACK)

    def sends_all_first(replica, connection, _):
        connection.sendall(BACK)
        connection.shutdown(socket.SHUT_WR)
        got = hashlib.sha256()
        while piece := connection.recv(65536):
            got.update(piece)
        replica.heard.append(got.hexdigest())

    expected = hashlib.sha256(THERE).hexdigest()
    with balancer(replicas=[Replica(serve=reads_all_first)]) as server:
        with server.connect() as client:
            client.send(THERE)
            client.shut()
            equal(client.line(), expected, "what the replica has read by the end")
            check(client.rest() == BACK, "all of the answer comes after the client's end")
    late = Replica(serve=sends_all_first)
    with balancer(replicas=[late]) as server, server.connect() as client:
        check(client.rest() == BACK, "all comes before the replica's end")
        client.send(THERE)
        client.shut()
        until(lambda: late.heard == [expected], "the replica reads on after its own end")


def both_directions_at_once(*options):
    def both(replica, connection, _):
        sender = threading.Thread(target=lambda: connection.sendall(BACK))
        sender.start()
        got = hashlib.sha256()
        while piece := connection.recv(65536):
            got.update(piece)
        sender.join()
        replica.heard.append(got.hexdigest())

    replica = Replica(serve=both)
    with balancer(*options, replicas=[replica]) as server:
        clients = [server.connect() for _ in range(3)]

        def send(client):
            client.send(THERE)
            client.shut()

        senders = [threading.Thread(target=send, args=(client,)) for client in clients]
        for sender in senders:
            sender.start()
        for client in clients:
            check(client.rest() == BACK, "what comes is what was sent, and all of it")
        for sender in senders:
            sender.join()
        expected = 3 * [hashlib.sha256(THERE).hexdigest()]
        until(lambda: replica.heard == expected, "the replica gets what was sent, and all of it")


def both_directions_at_once_copied():
    both_directions_at_once("--no-splice")


def who_does_not_read_costs_little():
    total = []

    def sends(_, connection, __):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        connection.settimeout(PATIENCE)
        for _ in range(32):
            connection.sendall(BACK[: 1 << 20])
            total.append(1)

    for options in ((), ("--no-splice",)):
        total.clear()
        with balancer(*options, replicas=[Replica(serve=sends)]) as server:
            before = server.memory()
            clients = [server.connect(receive_buffer=4096) for _ in range(16)]
            until(lambda: server.replica_connections() == 16, "all are connected")
            seen = -1
            while seen != len(total):  # until nothing moves any more
                seen = len(total)
                until_idle(server)
            check(len(total) < 16 * 16, "the replica is held back")
            if "san-" not in sys.argv[1]:  # which keep memory of their own
                check(server.memory() - before < 8 << 20, "little is kept for who does not read")
            got = hashlib.sha256()
            left = 32 << 20
            while left and (piece := clients[0].socket.recv(65536)):
                got.update(piece)
                left -= len(piece)
            expected = hashlib.sha256(32 * BACK[: 1 << 20]).hexdigest()
            equal(got.hexdigest(), expected, "what one gets who reads after all")
            for client in clients:
                client.close()
            until(lambda: server.replica_connections() == 0, "all are gone")


def until_idle(server):
    """Until the balancer has used no CPU for some looks."""
    path = f"/proc/{server.program.process.pid}/stat"
    last, same = None, 0

    def idle():
        nonlocal last, same
        with open(path) as stat:
            now = stat.read().rpartition(")")[2].split()[11:13]
        same = same + 1 if now == last else 0
        last = now
        return same > 20

    until(idle, "it has nothing to do")


def a_replica_that_breaks_off():
    """What it has said is not lost, and the client's connection ends."""

    def breaks(_, connection, number):
        connection.recv(100)
        connection.sendall(b"half an ans")
        if number == 1:
            reset(connection)
        else:  # unread data makes a reset of the end
            connection.recv(10)

    with balancer(replicas=[Replica(serve=breaks)]) as server:
        for _ in range(2):
            with server.connect() as client:
                client.send(b"x" * 50 + b"\n")
                client.send(b"y" * 1000)
                got = b""
                try:
                    got = client.rest()
                except ConnectionResetError:
                    pass
                check(b"half an ans".startswith(got), "the client gets what was said")
        until(lambda: server.replica_connections() == 0, "the connections are gone")
        check(server.program.process.poll() is None, "the balancer goes on")


def a_client_that_breaks_off():
    ended = []

    def waits(_, connection, __):
        connection.sendall(b"ready\n")
        try:
            while connection.recv(1000):
                pass
        except ConnectionResetError:
            pass
        ended.append(True)

    with balancer(replicas=[Replica(serve=waits)]) as server:
        client = server.connect()
        equal(client.line(), "ready", "what comes")
        client.send("some")
        client.file.close()
        reset(client.socket)
        until(lambda: ended == [True], "the replica sees the end")
        until(lambda: server.replica_connections() == 0, "the connection is gone")


def a_refused_upload_is_heard_of():
    """A replica answers, and ends, before it has read what comes: the answer arrives."""

    def refuses(_, connection, __):
        connection.recv(1000)
        connection.sendall(b"413 too much\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with balancer(replicas=[Replica(serve=refuses)]) as server, server.connect() as client:
        client.send(BACK[: 1 << 20])
        equal(client.line(), "413 too much", "the answer")
        client.send(BACK[: 1 << 20])
        check(client.ended(), "the end is passed on")


def nothing_moves():
    with balancer("--idle-timeout", "2s", replicas=[Replica()]) as server:
        with server.connect() as client:
            equal(client.ask(), "replica hello", "an answer")
            check(client.ended(), "a connection on which nothing moves is closed")
        until(lambda: server.replica_connections() == 0, "it is gone")


def the_stop():
    """Idle connections end at once, those with a request under way after its answer."""
    go = threading.Event()

    def slow(replica, connection, _):
        with connection.makefile("rb") as lines:
            for line in lines:
                replica.heard.append(line)
                if line == b"slow\n":
                    go.wait(PATIENCE)
                connection.sendall(line)

    replica = Replica(serve=slow)
    with balancer(replicas=[replica]) as server:
        idle, busy, mute = server.connect(), server.connect(), server.connect()
        equal(idle.ask(), "hello", "an answer")
        busy.send("slow\n")
        until(lambda: b"slow\n" in replica.heard, "the request is under way")
        server.program.process.send_signal(signal.SIGTERM)
        check(idle.ended(), "an idle connection ends")
        check(mute.ended(), "one on which nothing was said ends")
        go.set()
        equal(busy.line(), "slow", "the answer to a request that was under way")
        check(busy.ended(), "then the connection ends")
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")
        check("grace period" not in server.log_text(), "nothing was left to end")


def who_the_client_is():
    def tells(_, connection, __):
        header = connection.recv(28, socket.MSG_WAITALL)
        connection.sendall(header.hex().encode() + b"\n" + connection.recv(100))

    with balancer("--proxy-protocol", replicas=[Replica(serve=tells)]) as server:
        with server.connect(source="127.0.0.9") as client:
            client.send("hi\n")
            header = bytes.fromhex(client.line())
            mine, its = client.socket.getsockname(), client.socket.getpeername()
            expected = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + socket.inet_aton("127.0.0.9")
            expected += socket.inet_aton(HOST) + mine[1].to_bytes(2, "big")
            equal(header, expected + its[1].to_bytes(2, "big"), "the header")
            equal(client.line(), "hi", "what follows it")


def replica_connections(self):
    return sum(each["connections"] for each in self.status()["replicas"])


Balancer.replica_connections = replica_connections

main(
    the_replica_speaks_first,
    each_direction_ends_on_its_own,
    both_directions_at_once,
    both_directions_at_once_copied,
    who_does_not_read_costs_little,
    a_replica_that_breaks_off,
    a_client_that_breaks_off,
    a_refused_upload_is_heard_of,
    nothing_moves,
    the_stop,
    who_the_client_is,
)
