"""The workloads, one row each: what is asked for, and how it is measured."""

import contextlib

from web import load, place, servers
from web.servers import PHP, TLS

SMALL = place.path_of(1024)
ACTIVE = 64  # connections
IDLE = 10_000
LATENCY = ("event", "pool", "thread", "nginx", "limit", "threads")
CROWDS = (*LATENCY, "h2o", "apache")  # lighttpd: as many as half its descriptors, here too few
VISITS = 1000  # a second, of the one client


class Workload:
    """`measure(run)` returns the figures of one window; `ratios`: those that are compared with the
    reference, the one that matters first; `asks`: what a server must be able to do; `paths`: what
    it is asked for; `only`: the servers that take part, beside those that are added on the command
    line; `cores`: of the server."""

    def __init__(self, name, what, measure, ratios=("per_cpu", "rate"), asks=(), paths=(SMALL,),
                 only=None, cores=1):
        self.name = name
        self.what = what
        self.measure = measure
        self.ratios = ratios
        self.asks = set(asks)
        self.paths = paths
        self.only = only
        self.cores = cores

    def takes(self, server):
        wanted = self.only is None or server.name in self.only or server.group == servers.ALSO
        return wanted and self.asks <= server.can


class Run:
    """A server under a workload. `memory` is what one run leaves for the next: the rate that is
    half of the reference's, and what its TLS has negotiated."""

    def __init__(self, server, setting, seconds, memory):
        self.server = server
        self.setting = setting
        self.seconds = seconds
        self.memory = memory

    def wrk(self, path, connections=ACTIVE, **how):
        return load.wrk(self.server, self.setting, self.seconds, path, connections, **how)


def closed(path, connections=ACTIVE, **how):
    return lambda run: run.wrk(path, connections, **how)


def many(run):
    alone = run.wrk(SMALL)
    figures, memory = load.idle(run.server, run.setting, IDLE, SMALL, lambda: run.wrk(SMALL))
    figures["idle_memory"] = memory
    figures["beside_idle"] = figures["per_cpu"] / alone["per_cpu"]
    return figures


def one_client(run):
    return load.steady(run.server, run.setting, run.seconds, SMALL, 1, VISITS)


def half_load(run):
    if run.server.name == servers.REFERENCE and "rate" not in run.memory:
        run.memory["rate"] = run.wrk(SMALL)["rate"] / 2  # it is the first of the first round
    if "rate" not in run.memory:
        raise RuntimeError(f"{servers.REFERENCE} has set no rate")
    return load.steady(run.server, run.setting, run.seconds, SMALL, ACTIVE, run.memory["rate"])


def tls(resume):
    def measure(run):
        figures, negotiated = load.handshakes(run.server, run.setting, run.seconds, SMALL, resume)
        if run.memory.setdefault("negotiated", negotiated) != negotiated:
            raise RuntimeError(f"negotiates {negotiated}, not {run.memory['negotiated']}")
        return figures
    return measure


WORKLOADS = (
    Workload("hello", f"100 bytes, {ACTIVE} connections",
             closed(place.path_of(100)), paths=[place.path_of(100)]),
    Workload("small", f"1 KiB, {ACTIVE} connections", closed(SMALL)),
    Workload("mid", f"16 KiB, {ACTIVE} connections",
             closed(place.path_of(16 << 10)), paths=[place.path_of(16 << 10)]),
    Workload("large", "1 MiB, 16 connections",
             closed(place.path_of(1 << 20), 16), paths=[place.path_of(1 << 20)]),
    Workload("close", f"1 KiB, a connection for each request, {ACTIVE} at once",
             closed(SMALL, close=True)),
    Workload("zipf", f"files of 0.1 to 900 KB as in SPECweb99, {ACTIVE} connections",
             closed("/", mix=True), paths=[path for path, _ in place.mix()]),
    Workload("many", f"1 KiB, {ACTIVE} connections, and {IDLE:,} idle ones", many, only=CROWDS),
    Workload("two", f"1 KiB, {ACTIVE} connections, two workers; server and load share both cores",
             closed(SMALL), cores=2),
    Workload("one-client", f"1 KiB, one connection, {VISITS:,} requests a second", one_client,
             ["median", "late", "per_cpu"], only=LATENCY),
    Workload("half-load", f"1 KiB, {ACTIVE} connections, half of what nginx can do, open loop",
             half_load, ["late", "median", "per_cpu"], only=LATENCY),
    Workload("tls", "1 KiB over TLS, 16 connections", closed(SMALL, 16), asks=[TLS]),
    Workload("handshakes", "1 KiB over TLS, a connection and a full handshake for each request",
             tls(resume=False), asks=[TLS]),
    Workload("resumed", "the same, sessions are resumed", tls(resume=True), asks=[TLS]),
    Workload("php", f"2 KB from php-fpm on the server's core, {servers.CHILDREN} connections",
             closed(place.PAGE, servers.CHILDREN), ["rate", "per_cpu"], asks=[PHP],
             paths=[place.PAGE]),
)

BY_NAME = {workload.name: workload for workload in WORKLOADS}


@contextlib.contextmanager
def surroundings(workload, where, setting):
    """What the servers need beside them: php-fpm, for its pages. Gives its socket, or None."""
    if PHP not in workload.asks:
        yield None
        return
    with servers.PhpProcesses(where, setting.server_cpus) as php:
        yield php.path
