"""Load on a running server, and what the server needed for it."""

import http.client
import json
import os
import re
import ssl
import tempfile
import time

from kit import program
from kit.process import Process, pinned, timed
from web import place

LOAD = program.ROOT / "bench/web/load"


class Setting:
    """Who runs where: the server's CPUs, those of the load, and the workers of each."""

    def __init__(self, server_cpus, load_cpus, workers):
        self.server_cpus = server_cpus
        self.load_cpus = load_cpus
        self.workers = workers


def build():
    """Compiles the load generators."""
    for name, libraries in (("hold", []), ("steady", []),
                            ("handshakes", ["-lssl", "-lcrypto", "-pthread"])):
        program.c(f"web-{name}", f"bench/web/load/{name}.c", "bench/web/load/client.c",
                  flags=libraries)


def _tool(name, *words, setting):
    """Runs one of them; what it complains of is why it failed."""
    command = pinned([program.relative(program.output(f"web-{name}")), *words], setting.load_cpus)
    with tempfile.TemporaryFile() as errors:
        try:
            return timed(command, errors)
        except RuntimeError as error:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            raise RuntimeError(said or str(error)) from None


# ---- checking ------------------------------------------------------------------------------------

def _connect(server):
    if not server.tls:
        return http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", server.port, timeout=30, context=context)


def check(server, expected):
    """Every path has to be answered with its bytes: {path: bytes}."""
    connection = _connect(server)
    try:
        for path, content in expected.items():
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            if response.status != 200 or body != content:
                raise RuntimeError(f"GET {path}: status {response.status}, {len(body)} bytes, "
                                   f"{'not those' if body != content else 'those'} expected")
    except http.client.HTTPException as error:
        raise RuntimeError(f"no HTTP: {error!r}") from None
    finally:
        connection.close()


# ---- measuring -----------------------------------------------------------------------------------

def _use(server, run):
    """What run() returns, and the CPU seconds of the server and seconds on the clock meanwhile."""
    cpu, begun = server.cpu(), time.monotonic()
    result = run()
    return result, (server.cpu() - cpu) / 1e9, time.monotonic() - begun


def wrk(server, setting, seconds, path, connections, close=False, mix=False):
    """A closed loop: each connection asks again as soon as it has its answer."""
    os.environ["FLUX_BENCH_LOAD"] = str(LOAD)
    os.environ["FLUX_BENCH_FOLDERS"] = str(place.FOLDERS)
    threads = min(setting.workers, connections)
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
               "--latency", "-s", LOAD / ("zipf.lua" if mix else "report.lua")]
    if close:
        command += ["-H", "Connection: close"]
    scheme = "https" if server.tls else "http"
    command.append(f"{scheme}://127.0.0.1:{server.port}{path}")
    usage, cpu, wall = _use(server, lambda: timed(pinned(command, setting.load_cpus)))
    found = re.search(r"^result (.*)$", usage.output, re.M)
    if not found:
        raise RuntimeError(f"wrk says {usage.output[-200:]!r}")
    result = json.loads(found[1])
    if result["refused"] or not result["requests"]:
        raise RuntimeError(f"{result['requests']} requests, {result['refused']} of them refused")
    return {
        "per_cpu": result["requests"] / max(cpu, 1e-9),
        "rate": result["requests"] / result["microseconds"] * 1e6,
        "bytes": result["bytes"] / result["microseconds"] * 1e6,
        "median": result["median"],
        "late": result["late"],
        "server_cpu": cpu / wall,
        "load_cpu": usage.cpu / wall,
        "errors": result["failed"],
    }


def idle(server, setting, count, path, during):
    """What during() returns, while `count` more connections are idle; the user memory of each."""
    before = server.settled_memory()
    hold = program.relative(program.output("web-hold"))
    with Process(pinned([hold, server.port, count, path], setting.load_cpus)) as holder:
        held = int(holder.line().split()[1])
        if held != count:
            raise RuntimeError(f"takes {held} connections, not {count}")
        memory = (server.settled_memory() - before) / count
        result = during()
        holder.process.stdin.close()
        alive = int(holder.line().split()[1])
        if alive != count:
            raise RuntimeError(f"has closed {count - alive} of {count} connections")
        holder.wait()
    return result, memory


def steady(server, setting, seconds, path, connections, rate):
    """An open loop, see load/steady.c."""
    usage, cpu, wall = _use(server, lambda: _tool(
        "steady", server.port, path, connections, f"{rate:.0f}", seconds, setting=setting))
    words = usage.output.split()
    return {
        "per_cpu": int(words[1]) / max(cpu, 1e-9),
        "rate": rate,
        "median": float(words[3]),
        "late": float(words[5]),
        "server_cpu": cpu / wall,
    }


def handshakes(server, setting, seconds, path, resume):
    """A TLS connection for each request. Also what was negotiated, in words."""
    usage, cpu, wall = _use(server, lambda: _tool(
        "handshakes", server.port, path, seconds, *(["resume"] if resume else []),
        setting=setting))
    words = usage.output.split()
    made, resumed = int(words[1]), int(words[3])
    if not resume and resumed or resume and resumed < made - 8:
        raise RuntimeError(f"{resumed} of {made} sessions were resumed")
    figures = {
        "per_cpu": made / max(cpu, 1e-9),
        "rate": made / wall,
        "server_cpu": cpu / wall,
        "load_cpu": usage.cpu / wall,
    }
    return figures, " ".join(words[4:])
