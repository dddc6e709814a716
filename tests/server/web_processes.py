#!/usr/bin/env python3
"""The web server in several processes (SYMPED): all of them serve, write one log, and hear of signals;
one that is killed takes its own clients with it, and is replaced."""

import os
import re
import signal
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from http_clients import Clients
from tls_kit import *
from web_kit import *

# limit: 120 s

QUIET = ["--quiet", "--seed", "1"] if sys.argv[2] == "trace" else []
FILES = {
    "small.txt": b"small\n" * 100,
    "memory.bin": bytes(range(256)) * 200,
    "large.bin": bytes(range(251)) * 4000,
}
LINE = re.compile(rb'127\.0\.0\.1 - - \[[^]]+\] "GET /[a-z.]+\?\d+ HTTP/1\.1" 200 \d+ "-" "-"')


# ---- processes -----------------------------------------------------------------------------------


def processes(server):
    """That serve."""
    parent = server.program.process.pid
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def is_stopped(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@contextmanager
def only(server, pid):
    """Whoever comes meanwhile can be served by this process alone."""
    others = [other for other in processes(server) if other != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    for other in others:
        until(lambda: is_stopped(other), "a process is stopped")
    try:
        yield
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


@contextmanager
def several(count, *options, **more):
    """The server in so many processes."""
    with web_server("--processes", str(count), *QUIET, *options, files=FILES, **more) as server:
        until(lambda: len(processes(server)) == count, f"there are {count} processes")
        yield server


def kill_one(server):
    """Returns which one, once there is another in its place."""
    before = processes(server)
    os.kill(before[0], signal.SIGKILL)
    until(
        lambda: len(processes(server)) == len(before) and before[0] not in processes(server),
        "another process takes the place of one that was killed",
    )
    return before[0]


def opens(pid, path):
    """Whether the process has this file open."""
    folder = Path(f"/proc/{pid}/fd")
    return any(os.readlink(folder / name) == str(path) for name in os.listdir(folder))


# ---- clients -------------------------------------------------------------------------------------


def ask(server, number, turns, per_connection=10):
    """One of several clients; how many answers it got. All of them are right."""
    names = list(FILES)
    answers = 0
    while answers < turns:
        with server.connect() as client:
            for _ in range(per_connection):
                name = names[(number + answers) % len(names)]
                response = client.get(f"/{name}?{answers}")
                check(response is not None and response.status == 200, f"{name} is served")
                check(response.body == FILES[name], f"{name} is what it was")
                answers += 1
    return answers


def ask_side_by_side(server, clients=8, turns=60):
    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(lambda number: ask(server, number, turns), range(clients)))


# ---- the tests -----------------------------------------------------------------------------------


def all_of_them_serve():
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "access.log")
        with several(4, "--access-log", log) as server:
            for pid in processes(server):
                with only(server, pid):
                    ask(server, 0, 10)
            count = 40 + ask_side_by_side(server)
            until(lambda: log.read_bytes().count(b"\n") >= count, "the log has all requests")
            lines = log.read_bytes().split(b"\n")
            equal(len(lines), count + 1, "lines of the log")
            for line in lines[:-1]:
                check(LINE.fullmatch(line), f"{line} is a whole line")


def one_is_killed():
    """Clients of others do not notice. One of its own gets nothing, or has got a whole answer."""
    with several(3) as server:
        answers, lost, over = [], [], threading.Event()

        def insist(_):
            while not over.is_set():
                try:
                    with server.connect() as client:
                        for _ in range(5):
                            response = client.get("/small.txt")
                            if response is None:
                                lost.append("ended")
                                break
                            check(response.body == FILES["small.txt"], "what it was")
                            answers.append(1)
                except ConnectionError:
                    lost.append("reset")

        with ThreadPoolExecutor(6) as pool:
            clients = [pool.submit(insist, n) for n in range(6)]
            until(lambda: len(answers) > 50, "clients are served")
            idle = {}  # the connections of each process
            for pid in processes(server):
                with only(server, pid):
                    idle[pid] = server.connect()
                    equal(idle[pid].get("/small.txt").status, 200, "the status for an idle client")
            killed = kill_one(server)
            before = len(answers)
            until(lambda: len(answers) > before + 50, "clients are served again")
            over.set()
            for client in clients:
                client.result(PATIENCE)
        check(len(lost) <= 6, f"each client has lost one connection at most: {lost}")
        for pid, client in idle.items():
            if pid != killed:
                equal(client.get("/small.txt").status, 200, "the status at another process")
            client.close()
        for pid in processes(server):
            with only(server, pid):
                ask(server, 0, 10)
        said = f"process {killed} was killed by signal 9: another one starts in 100 ms"
        check(any(said in line for line in server.log_lines()), "the log says who was killed")


def a_stop():
    """Idle connections on which a request has arrived are answered, by each process."""
    with several(3) as server:
        members = processes(server)
        clients = []
        for pid in members:
            with only(server, pid):
                for _ in range(5):
                    clients.append(server.connect())
                    equal(clients[-1].get("/small.txt").status, 200, "the status")
        for pid in members:
            os.kill(pid, signal.SIGSTOP)
        for client in clients:
            client.request("/large.bin")
        server.signal(signal.SIGTERM)
        for pid in members:
            os.kill(pid, signal.SIGCONT)
        for client in clients:
            response = client.response()
            check(response is not None and response.body == FILES["large.bin"], "the last answer")
            check(client.closed(), "the connection ends")
            client.close()
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")
        check(not any(Path(f"/proc/{pid}").exists() for pid in members), "no process is left")


def a_stop_under_load():
    serve = lambda *options, **more: several(2, *options, **more)
    Clients(serve, "/memory.bin").stop_under_load()


def the_log_is_renamed():
    """SIGHUP reaches all, and one that is started afterwards does not go on in the old file."""
    with tempfile.TemporaryDirectory() as folder:
        log, old = Path(folder, "access.log"), Path(folder, "access.log.1")
        with several(3, "--access-log", log) as server:
            count = ask_side_by_side(server, 4, 20)
            until(lambda: log.read_bytes().count(b"\n") == count, "the log has all requests")
            log.rename(old)
            server.signal(signal.SIGHUP)
            reopened = lambda pid: opens(pid, log) and not opens(pid, old)
            until(lambda: all(map(reopened, processes(server))), "all write to a new file")
            kill_one(server)
            until(lambda: all(map(reopened, processes(server))), "so does one that starts now")
            for pid in processes(server):
                with only(server, pid):
                    ask(server, 0, 10)
            until(lambda: log.read_bytes().count(b"\n") == 30, "the new log has all since")
            equal(old.read_bytes().count(b"\n"), count, "lines of the old one")


def the_certificate_is_replaced():
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(folder, "a", "a.example", ECDSA)
        pair = ("--tls-cert", f"{folder}/a.crt", "--tls-key", f"{folder}/a.key")
        with several(2, *pair) as server:

            def certificate(pid):
                with only(server, pid), Https(server.program.address) as client:
                    equal(client.get("/small.txt").status, 200, "the status")
                    return client.certificate()

            (old,) = {certificate(pid) for pid in processes(server)}
            make_certificate(folder, "a", "a.example", ECDSA)
            server.signal(signal.SIGHUP)
            replaced = lambda: all(certificate(pid) != old for pid in processes(server))
            until(replaced, "all have the new certificate")
            (new,) = {certificate(pid) for pid in processes(server)}
            kill_one(server)
            until(replaced, "one that starts now has it, too")
            equal({certificate(pid) for pid in processes(server)}, {new}, "the certificates")


main(
    all_of_them_serve, one_is_killed, a_stop, a_stop_under_load, the_log_is_renamed,
    the_certificate_is_replaced,
)
