#!/usr/bin/env python3
"""What the balancer writes down of connections and requests, what it says of a span, and that a
database that is lost stops nothing."""

import json
import sqlite3
import time

from balance_kit import *


def rows(server, sql):
    with sqlite3.connect(f"{server.folder}/db", timeout=PATIENCE) as database:
        return database.execute(sql).fetchall()


def count(server, table):
    return rows(server, f"SELECT count(*) FROM {table}")[0][0]


def connections_and_requests():
    replicas = [Replica("a"), Replica("b")]
    before = int(time.time() * 1e6)
    with balancer("--db", "FOLDER/db", replicas=replicas) as server:
        for source in ("127.0.0.2", "127.0.0.3"):
            with server.connect(source=source) as client:
                for line in ("one", "twenty-one"):
                    client.ask(line)
        until(lambda: count(server, "connection") == 2, "both are recorded")
        got = rows(server, "SELECT replica, client, up, down, requests FROM connection"
                           " ORDER BY client")
        expected = [(each.address, source, 4 + 11, 2 * 2 + 4 + 11, 2)
                    for each, source in zip(replicas, ("127.0.0.2", "127.0.0.3"))]
        equal(got, expected, "the connections")
        got = rows(server, "SELECT replica, client, up, down FROM request ORDER BY client, up")
        expected = [(each.address, source, size, 2 + size)
                    for each, source in zip(replicas, ("127.0.0.2", "127.0.0.3"))
                    for size in (4, 11)]
        equal(got, expected, "the requests")
        for began, answered, lasted in rows(server, "SELECT began, answered, lasted FROM request"):
            check(before <= began <= time.time() * 1e6, "a request began meanwhile")
            check(0 <= answered <= lasted < PATIENCE * 1e6, "spans are in order")
        for ended, waited, lasted in rows(server, "SELECT ended, waited, lasted FROM connection"):
            check(before <= ended - lasted <= ended <= time.time() * 1e6, "when it was")
            check(0 <= waited <= lasted, "it waited for a part of it")
        equal(rows(server, "SELECT sum(requests), sum(connections), sum(up), sum(down) FROM second"),
              [(4, 2, 30, 38)], "the sums")


def series(server, by, past=10):
    now = int(time.time()) + 1
    status, body = server.request(f"/series?from={now - past}&to={now}&step=1&by={by}")
    equal(status, 200, "the status")
    answer = json.loads(body)
    equal((answer["from"], answer["to"], answer["step"]), (now - past, now, 1), "the span")
    for each in answer["series"]:
        for what in ("requests", "connections", "bytes", "mean", "median", "p99", "max"):
            equal(len(each[what]), past, f"the length of {what}")
    return {each["name"]: each for each in answer["series"]}


def what_a_span_was(*options):
    def slow(_, connection, number):
        with connection.makefile("rb") as lines:
            for line in lines:
                time.sleep(0.05 if number > 1 else 0)  # what it takes; nobody waits by sleeping
                connection.sendall(line)

    replicas = [Replica(serve=slow), Replica(serve=slow)]
    with balancer(*options, replicas=replicas) as server:
        for _ in range(4):
            server.ask("x" * 9, source="127.0.0.5")
        until(lambda: sum(sum(each["requests"]) for each in series(server, "client").values()) == 4,
              "all are in the record")
        by_client = series(server, "client", 30)
        equal(list(by_client), ["127.0.0.5"], "the clients")
        mine = by_client["127.0.0.5"]
        equal(sum(mine["requests"]), 4, "requests")
        equal(sum(mine["connections"]), 4, "connections")
        equal(sum(mine["bytes"]), 4 * 2 * 10, "bytes")
        by_replica = series(server, "replica", 30)
        equal(set(by_replica), {each.address for each in replicas}, "the replicas")
        for each in by_replica.values():
            equal(sum(each["requests"]), 2, "requests of a replica")
            for at, requests in enumerate(each["requests"]):
                values = [each[what][at] for what in ("median", "mean", "p99", "max")]
                if requests == 0:
                    equal(values, 4 * [None], "latency where there was no request")
                else:
                    check(0 < values[0] <= values[3] and values[1] <= values[3], "median, mean, max")
                    check(values[2] <= values[3], "the 99th percentile and the maximum")
            longest = max(value for value in each["max"] if value is not None)
            check(50_000 <= longest < PATIENCE * 1e6, "the slow one is seen")


def what_a_span_was_in_a_file():
    what_a_span_was("--db", "FOLDER/db")


def what_is_old_goes():
    with balancer("--db", "FOLDER/db", "--keep", "1s", replicas=[Replica()]) as server:
        server.ask("first")
        until(lambda: count(server, "connection") == 1, "it is recorded")
        old = rows(server, "SELECT began FROM request")[0][0]

        def gone():
            server.ask("more")
            return rows(server, f"SELECT count(*) FROM request WHERE began = {old}") == [(0,)]

        until(gone, "what is older than a second is deleted")
        check(rows(server, f"SELECT count(*) FROM connection WHERE ended <= {old}") == [(0,)],
              "of connections, too")


def it_goes_on_where_it_was():
    replica = Replica()
    with balancer("--db", "FOLDER/db", replicas=[replica]) as server:
        server.ask()
        folder = server.folder
        kept = folder.with_name(folder.name + "-kept")
        until(lambda: count(server, "connection") == 1, "it is recorded")
    # What was entered last is written at the end.
    import shutil

    try:
        with balancer("--db", f"{kept}/db", replicas=[replica], shell=f"mkdir -p {kept}") as server:
            server.ask()
        with balancer("--db", f"{kept}/db", replicas=[replica]) as server:
            with sqlite3.connect(f"{kept}/db", timeout=PATIENCE) as database:
                found = database.execute("SELECT count(*) FROM connection").fetchall()
            equal(found, [(1,)], "what was recorded before, and at the very end")
    finally:
        shutil.rmtree(kept, ignore_errors=True)


def a_database_that_is_lost():
    """Somebody keeps it locked: connections go on, and are recorded from when it is free."""
    with balancer("--db", "FOLDER/db", replicas=[Replica()]) as server:
        server.ask()
        until(lambda: count(server, "connection") == 1, "it is recorded")
        lock = sqlite3.connect(f"{server.folder}/db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        for _ in range(20):
            equal(server.ask(), "replica hello", "an answer")
        until(lambda: "database is locked" in server.log_text(), "the log says so")
        until(lambda: server.status()["lost"] > 0, "what is lost is counted")
        equal(server.ask(), "replica hello", "an answer")
        lock.execute("ROLLBACK")
        lock.close()

        def again():
            server.ask()
            return count(server, "connection") > 1

        until(again, "it is written again")


def a_disk_that_is_full():
    """The database may not grow any more: connections go on, and what is lost is counted."""
    with balancer("--db", "FOLDER/db", replicas=[Replica()], shell="ulimit -f 256") as server:
        server.ask()
        until(lambda: count(server, "connection") == 1, "it is recorded")

        def lost():
            for _ in range(20):
                equal(server.ask(), "replica hello", "an answer")
            return server.status()["lost"] > 0

        until(lost, "what is lost is counted")
        until(lambda: "--db" in server.log_text(), "the log says so")
        equal(server.ask(), "replica hello", "an answer")


def one_that_cannot_be_opened():
    import subprocess
    import sys

    command = [f"{sys.argv[1]}/balance-{sys.argv[2]}", "--listen", f"{HOST}:0", "--backend",
               f"{HOST}:1", "--db", "/nowhere/db"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    equal(done.returncode, 1, "the exit status")
    check("--db /nowhere/db: unable to open database file" in done.stderr, "it says why")


main(
    connections_and_requests,
    what_a_span_was,
    what_a_span_was_in_a_file,
    what_is_old_goes,
    it_goes_on_where_it_was,
    a_database_that_is_lost,
    a_disk_that_is_full,
    one_that_cannot_be_opened,
)
