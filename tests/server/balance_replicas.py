#!/usr/bin/env python3
"""Which replica a connection goes to, and what becomes of it when replicas fail, are full, come or
go."""

import threading
import time

from balance_kit import *


def three():
    return [Replica(name) for name in ("a", "b", "c")]


def names(server, count, source=None):
    """Who has answered `count` connections, one after the other."""
    return [server.ask(source=source).split()[0] for _ in range(count)]


# ---- strategies ----------------------------------------------------------------------------------


def in_turn():
    with balancer(replicas=three()) as server:
        equal(sorted(names(server, 9)), list("aaabbbccc"), "who has answered, by rr")


def least_loaded(strategy="least"):
    go = threading.Event()

    def slow(replica, connection, _):
        with connection.makefile("rb") as lines:
            for line in lines:
                replica.heard.append(line)
                go.wait(PATIENCE)
                connection.sendall(b"a\n")

    busy = Replica("a", serve=slow)
    others = [Replica("b"), Replica("c")]
    with balancer("--strategy", strategy, replicas=[busy, *others]) as server:
        occupied = []
        while not busy.heard:  # until a request is under way there
            occupied.append(server.connect())
            occupied[-1].send("hello\n")
            heard = lambda: sum(len(each.heard) for each in (busy, *others))
            until(lambda: heard() == len(occupied), "it is heard")
        for client in occupied[:-1]:
            client.close()
        got = names(server, 12)
        check("a" not in got, f"{strategy}: who has an unfinished request gets no more, not {got}")
        if strategy != "p2c":
            check({"b", "c"} == set(got), f"{strategy}: those that have none share, not {got}")
        go.set()
        equal(occupied[-1].line(), "a", "its answer")


def two_choices():
    """Of three the busy one may be chosen only where it is drawn against nobody less busy: never."""
    least_loaded("p2c")


def latency():
    def slow(_, connection, __):
        with connection.makefile("rb") as lines:
            for _ in lines:
                time.sleep(0.1)  # what it takes; nobody waits for this by sleeping
                connection.sendall(b"a\n")

    replicas = [Replica("a", serve=slow), Replica("b"), Replica("c")]
    with balancer("--strategy", "ewma", replicas=replicas) as server:
        got = names(server, 30)
        check(got.count("a") <= 2, f"who is slow is asked once, not {got}")


def by_source():
    replicas = three()
    with balancer("--strategy", "hash", replicas=replicas) as server:
        sources = [f"127.0.0.{number}" for number in range(2, 32)]
        first = {source: names(server, 1, source)[0] for source in sources}
        equal(set(first.values()), set("abc"), "who is chosen for some client")
        for source in sources[:10]:
            equal(names(server, 2, source), 2 * [first[source]], f"who answers {source} again")
        replicas[0].stop()
        for source in sources:
            if first[source] != "a":
                equal(names(server, 1, source)[0], first[source], "who answers when another is gone")
            else:
                check(names(server, 1, source)[0] in "bc", "another takes over")


def no_such_strategy():
    import subprocess
    import sys

    command = [f"{sys.argv[1]}/balance-{sys.argv[2]}", "--strategy", "best", "--backend", "1.1.1.1:1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    equal(done.returncode, 1, "the exit status")
    check("rr, least, p2c, ewma or hash" in done.stderr, "it says which there are")
    done = subprocess.run(command[:1], capture_output=True, text=True, timeout=PATIENCE)
    equal(done.returncode, 1, "the exit status without a replica")
    check("--backend" in done.stderr, "it says what is missing")


# ---- replicas that fail --------------------------------------------------------------------------


def refusing_and_back():
    gone, there = Replica("a"), Replica("b")
    with balancer("--failures", 2, "--down-time", "200ms", replicas=[gone, there]) as server:
        equal(sorted(names(server, 2)), ["a", "b"], "who answers")
        gone.stop()
        equal(names(server, 10), 10 * ["b"], "who answers while the other refuses")
        check("is down: Connection refused" in server.log_text(), "that is logged")
        gone.start()
        until(lambda: "a" in names(server, 2), "it is tried again after a while")
        until(lambda: server.replica(gone)["state"] == "up", "it is up again")


def all_refusing():
    replica = Replica()
    with balancer("--down-time", "1min", replicas=[replica]) as server:
        replica.stop()
        for _ in range(5):
            with server.connect() as client:
                check(client.ended(), "a client is told by the end of its connection")
        equal(server.replica(replica)["state"], "down", "its state")
        replica.start()
        equal(server.ask(), "replica hello", "where all are down, all are tried")


def hanging():
    """One that does not answer what connects to it: its queue is full."""
    full, there = Replica("a", serve=None, backlog=0), Replica("b")
    fillers = []
    import socket

    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex((HOST, full.port))
        fillers.append(filler)
    with balancer("--connect-timeout", "100ms", replicas=[full, there]) as server:
        equal(names(server, 3), 3 * ["b"], "who answers")
        until(lambda: server.replica(full)["failed"] > 0, "the other one's failure is counted")
    for filler in fillers:
        filler.close()


def resetting():
    """What has been sent to a replica is sent to no other: the connection ends."""

    def resets(replica, connection, _):
        replica.heard.append(connection.recv(100))
        reset(connection)

    bad, good = Replica("a", serve=resets), Replica("b")
    with balancer("--failures", 3, "--down-time", "1min", replicas=[bad, good]) as server:
        for _ in range(6):
            with server.connect() as client:
                check(client.ask() in ("", "b hello"), "an answer, or the end")
        until(lambda: server.replica(bad)["state"] == "down", "one that only resets is down")
        equal(len(good.heard), 3, "what the other one has heard")
        equal(names(server, 4), 4 * ["b"], "who answers from then on")


def dying_and_coming_back():
    replica, other = Replica("a"), Replica("b")
    with balancer("--probe", "100ms", "--failures", 1, "--down-time", "1min",
                  replicas=[replica, other]) as server:
        clients = [server.connect() for _ in range(4)]
        for client in clients:
            client.ask()
        replica.stop()
        ended = [client for client in clients if client.ask() == ""]
        equal(len(ended), 2, "those of the dead one have ended, the others have not")
        until(lambda: server.replica(replica)["state"] == "down", "a probe notices")
        equal(names(server, 4), 4 * ["b"], "who answers")
        replica.start()
        until(lambda: server.replica(replica)["state"] == "up", "a probe notices that it is back")
        equal(set(names(server, 4)), {"a", "b"}, "who answers then")


# ---- replicas that are full ----------------------------------------------------------------------


def a_queue_with_a_time_bound():
    replica = Replica()
    with balancer("--backend-maxconn", 1, "--queue-timeout", "300ms", replicas=[replica]) as server:
        first = server.connect()
        equal(first.ask(), "replica hello", "an answer")
        with server.connect() as second:
            second.send("late\n")
            check(second.ended(), "who has waited for too long is turned away")
        check("late" not in replica.heard, "and has not been heard")
        third = server.connect()
        third.send("next\n")
        until(lambda: server.status()["waiting"] == 1, "the next one waits")
        first.close()
        equal(third.line(), "replica next", "the answer when there is room")
        third.close()
        until(lambda: server.replica(replica)["connections"] == 0, "all are gone")


def a_queue_with_an_end():
    replica = Replica()
    with balancer("--backend-maxconn", 1, "--queue-length", 1, replicas=[replica]) as server:
        first, second = server.connect(), None
        equal(first.ask(), "replica hello", "an answer")
        second = server.connect()
        until(lambda: server.status()["waiting"] == 1, "the second one waits")
        with server.connect() as third:
            check(third.ended(), "there is no room for a third one")
        first.close()
        equal(second.ask(), "replica hello", "the second one's turn")


def a_stop_while_some_wait():
    import signal

    replica = Replica()
    with balancer("--backend-maxconn", 1, replicas=[replica]) as server:
        first, second = server.connect(), None
        equal(first.ask(), "replica hello", "an answer")
        second = server.connect()
        second.send("late\n")
        until(lambda: server.status()["waiting"] == 1, "the second one waits")
        server.program.process.send_signal(signal.SIGTERM)
        check(second.ended(), "who waits is told")
        check(first.ended(), "and so is who is idle")
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")
        check("grace period" not in server.log_text(), "nothing was left to end")
        equal(replica.heard, ["hello"], "what was heard")


def clients_take_turns():
    """One with many connections does not keep the others waiting."""
    replica = Replica()
    with balancer("--backend-maxconn", 1, replicas=[replica]) as server:
        first = server.connect(source="127.0.0.2")
        first.ask()
        waiting = []
        order = ["127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3", "127.0.0.4"]
        for number, source in enumerate(order):
            client = server.connect(source=source)
            client.send(f"{source}\n")
            waiting.append(client)
            until(lambda: server.status()["waiting"] == number + 1, "it waits")
        first.close()
        left = list(waiting)
        while left:
            count = len(replica.heard)
            until(lambda: len(replica.heard) >= len(waiting) - len(left) + 2, "one has its turn")
            check(len(replica.heard) >= count, "one at a time")
            source = replica.heard[-1]
            client = next(each for each in left if each.socket.getsockname()[0] == source)
            equal(client.line(), f"replica {source}", "its answer")
            left.remove(client)
            client.close()
        expected = ["hello", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.2", "127.0.0.3",
                    "127.0.0.2"]
        equal(replica.heard, expected, "who has had a turn")


def unfinished_requests_of_a_client():
    go = threading.Semaphore(0)

    def slow(replica, connection, _):
        with connection.makefile("rb") as lines:
            for line in lines:
                replica.heard.append(line.decode().strip())
                go.acquire(timeout=PATIENCE)
                connection.sendall(line)

    replica = Replica(serve=slow)
    with balancer("--client-requests", 2, replicas=[replica]) as server:
        mine = [server.connect(source="127.0.0.2") for _ in range(4)]
        other = server.connect(source="127.0.0.3")
        for number, client in enumerate(mine):
            client.send(f"mine {number}\n")
            if number < 2:
                until(lambda: len(replica.heard) == number + 1, "it is heard")
        other.send("other\n")
        until(lambda: "other" in replica.heard, "another client's request is heard")
        equal(len(replica.heard), 3, "how many are under way")
        for _ in range(5):
            go.release()
        answers = [client.line() for client in mine]
        equal(answers, [f"mine {number}" for number in range(4)], "the answers")
        equal(other.line(), "other", "the other one's answer")
        for _ in range(3):  # one after the other, on one connection
            go.release()
            equal(mine[0].ask("again"), "again", "an answer")
        for client in mine[1:]:
            client.close()


def a_request_that_waits_for_too_long():
    def never(replica, connection, _):
        while piece := connection.recv(100):
            replica.heard.append(piece)

    replica = Replica(serve=never)
    with balancer("--client-requests", 1, "--queue-timeout", "300ms", replicas=[replica]) as server:
        first, second = server.connect(), server.connect()
        first.send("one\n")
        until(lambda: replica.heard == [b"one\n"], "it is heard")
        second.send("two\n")
        check(second.ended(), "the second one's connection is closed")
        equal(replica.heard, [b"one\n"], "what was heard")
        first.close()
        until(lambda: server.replica(replica)["connections"] == 0, "all are gone")
        third = server.connect()
        third.send("three\n")
        until(lambda: b"three\n" in replica.heard, "nothing is left of those that are gone")
        third.close()


# ---- replicas that come and go -------------------------------------------------------------------


def added_drained_removed():
    first, second = Replica("a"), Replica("b")
    with balancer(replicas=[first]) as server:
        equal(names(server, 2), ["a", "a"], "who answers")
        equal(server.request(f"/replicas/{second.address}", "PUT")[0], 200, "adding one")
        equal(sorted(names(server, 4)), list("aabb"), "who answers then")
        kept = [server.connect(), server.connect()]
        answers = {client.ask(): client for client in kept}
        equal(set(answers), {"a hello", "b hello"}, "two that stay")

        equal(server.request(f"/replicas/{second.address}?drain", "PUT")[0], 200, "draining it")
        equal(server.replica(second)["state"], "draining", "its state")
        equal(names(server, 3), list("aaa"), "who gets new connections")
        equal(answers["b hello"].ask("more"), "b more", "one that was there goes on")
        equal(server.request(f"/replicas/{second.address}", "PUT")[0], 200, "resuming it")
        equal(set(names(server, 4)), {"a", "b"}, "who answers then")

        equal(server.request(f"/replicas/{second.address}", "DELETE")[0], 200, "removing it")
        equal(server.replica(second)["state"], "removed", "it is there while it has connections")
        equal(answers["b hello"].ask("still"), "b still", "they go on")
        answers["b hello"].close()
        until(lambda: server.replica(second) is None, "it is gone with the last")
        equal(names(server, 3), list("aaa"), "who answers")


def what_is_refused():
    with balancer(replicas=[Replica()]) as server:
        cases = [
            ("PUT", "/replicas/nonsense", 400),
            ("PUT", "/replicas/example.org:80", 400),
            ("PUT", "/replicas/127.0.0.1:port", 400),
            ("PUT", "/replicas/127.0.0.1:80?what", 400),
            ("DELETE", "/replicas/127.0.0.1:1", 404),
            ("PUT", "/replicas/127.0.0.1:1?drain", 404),
            ("POST", "/replicas/127.0.0.1:1", 405),
            ("GET", "/replicas/127.0.0.1:1", 405),
            ("PUT", "/status", 405),
            ("GET", "/nothing", 404),
            ("GET", "/series", 400),
            ("GET", "/series?from=5&to=1", 400),
            ("GET", "/series?from=0&to=99999999&step=1", 400),
            ("GET", "/series?from=1&to=9999999999999999999999", 400),
            ("GET", "/series?from=1&to=2&step=0", 400),
        ]
        for method, path, status in cases:
            equal(server.request(path, method)[0], status, f"the status of {method} {path}")
        equal(len(server.status()["replicas"]), 1, "how many replicas there are")


main(
    in_turn,
    least_loaded,
    two_choices,
    latency,
    by_source,
    no_such_strategy,
    refusing_and_back,
    all_refusing,
    hanging,
    resetting,
    dying_and_coming_back,
    a_queue_with_a_time_bound,
    a_queue_with_an_end,
    a_stop_while_some_wait,
    clients_take_turns,
    unfinished_requests_of_a_client,
    a_request_that_waits_for_too_long,
    added_drained_removed,
    what_is_refused,
)
