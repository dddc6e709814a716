#!/usr/bin/env python3
"""A mixed load on the web server for as long as you like, under each runtime: every answer has to be
right, and neither memory nor descriptors may grow.

    python3 tests/soak/web.py --build=build --seconds=3600 [--runtimes='event pool'] [--sanitizer=...]

make soak-web calls it. Two servers run at a time, one in the clear and one with TLS, with php-fpm
behind them if it is installed, else with a FastCGI application of the tests. The load comes in rounds
of half a minute, from processes that do what is in clients.py, while files are replaced (website.py)
and the servers are sent SIGHUP. After each round, when nobody is connected, what the servers have is
written down (growth.py). The last line is the verdict, and the exit status 0 if it is good.

--leak=free:1000 has every thousandth free do nothing (leak.c), --leak=close:10 every tenth close of a
file: then the verdict has to be that something grows.
"""

import argparse
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "harness"), str(HERE.parent / "server")]

import growth  # noqa: E402
import website  # noqa: E402
from clients import Visitor, visit_until  # noqa: E402
from drive import PATIENCE, Program, until  # noqa: E402
from fastcgi_kit import STDOUT, application, end, record, stream  # noqa: E402
from php_fpm import php_fpm, php_fpm_program  # noqa: E402
from tls_kit import ECDSA, make_certificate  # noqa: E402

ROUND = 30  # seconds, at most
ROUNDS = 12  # so many, if that makes them shorter
ROUNDS_LEAST = 3

CACHED = 500  # paths; clients ask for more

# What may be had more at the end than at the beginning: what malloc happens to keep, and some
# descriptors of things that come into being late.
ALLOWANCE = {"rss": growth.MIB, "heap": growth.MIB, "descriptors": 4}
ALLOWANCE_SANITIZED = {"rss": 16 * growth.MIB, "heap": 16 * growth.MIB, "descriptors": 4}

# Sanitizers keep what has been freed, and remember who did it, up to these limits.
SANITIZERS = {
    "ASAN_OPTIONS": "quarantine_size_mb=4:malloc_context_size=8:exitcode=99",
    "TSAN_OPTIONS": "history_size=0:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
}

# malloc gives back what it is given, as far as it can: else it keeps more and more for some time,
# for each thread, and a small leak has to wait for the end of that to be seen.
ALLOCATOR = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(64 << 10),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 10),
}
REPORT = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:")
LINE = re.compile(r'127\.0\.0\.1 - - \[[^]]+\] ".*" \d{3} \d+ ".*" ".*"')


class Wrong(Exception):
    """What does not hold."""


# ---- what runs -----------------------------------------------------------------------------------


class Server:
    def __init__(self, name, program, folder, tls):
        self.name, self.program, self.tls = name, program, tls
        self.pid = program.process.pid
        self.log = folder / f"{name}.log"
        self.access_log = folder / f"{name}.access"
        self.samples = []
        program.wait(lambda: program.address is not None, "start")

    def hang_up(self):
        """Has a new access log begun. Returns the old one."""
        old = self.access_log.with_suffix(".old")
        self.access_log.rename(old)
        self.program.process.send_signal(signal.SIGHUP)
        until(self.access_log.exists, "a new access log")
        return old

    def check(self):
        if self.program.process.poll() is not None:
            raise Wrong(f"the server ends: {self.program.process.returncode}")
        found = REPORT.search(self.log.read_text(errors="replace"))
        if found:
            raise Wrong(f"a sanitizer says: {found[0]}")


def leaking(leak, build):
    if not leak:
        return {}
    call, every = leak.split(":")
    library = (build / "tests/soak/leak.so").resolve()
    return {"LD_PRELOAD": str(library), "LEAK_CALL": call, "LEAK_EVERY": every}


@contextmanager
def web_server(name, options, runtime, root, folder, scripts, more=()):
    command = [options.build / f"bin/web-{runtime}", "--listen", "127.0.0.1:0", "--root", root]
    command += ["--listing", "--gzip", "--cache-entries", str(CACHED), "--php", scripts]
    command += ["--access-log", folder / f"{name}.access", *more]
    command += ["--quiet"] if runtime == "trace" else []
    environment = {**SANITIZERS, **ALLOCATOR, **leaking(options.leak, options.build)}
    words = [f"{key}={value}" for key, value in environment.items()]
    shell = ["sh", "-c", f'exec env "$@" 2>{folder}/{name}.log', "sh"]
    with Program([*shell, *words, *map(str, command)]) as program:
        yield Server(name, program, folder, bool(more))


def tell(request):
    asked = request.parameters
    body = website.told(asked["REQUEST_METHOD"], asked["QUERY_STRING"], request.body())
    request.answer("Content-Type: text/plain\r\n\r\n", body)
    return True


def count(request):
    request.body()
    request.send(stream(STDOUT, b"Content-Type: text/plain\r\n\r\n" + website.COUNTED))
    request.send(record(STDOUT) + end())
    return True


@contextmanager
def scripts_behind(folder, with_php):
    """Gives the path of the socket of whoever runs scripts, and who that is."""
    if with_php and php_fpm_program():
        with php_fpm(folder, children=8) as path:
            yield path, "php-fpm"
    else:
        with application(f"{folder}/application", {"tell": tell, "count": count}):
            yield f"{folder}/application", "an application of the tests"


# ---- one round -----------------------------------------------------------------------------------


def look_at_everything(server, changing):
    """So that the cache is full, and has the same files each time, whatever clients asked for."""
    visitor = Visitor(server.program.address, server.tls, changing, 0)
    with visitor.connect() as client:
        for n in range(CACHED):
            visitor.get(client, f"/none/{n}", status=404)
        for name in website.FILES:
            visitor.file(client, name)
        visitor.folders()
        visitor.what_changes()
        for file in changing:
            visitor.get(client, f"/{file.name}")


def rest(servers, changing):
    """What there is to be had is there, once each, and nobody is connected."""
    for server in servers:
        server.check()
        look_at_everything(server, changing)
    before = [server.samples[-1].descriptors for server in servers if server.samples]
    growth.settled([server.pid for server in servers], sum(before))


def check_lines(path):
    for line in path.read_text(errors="replace").splitlines():
        if not LINE.fullmatch(line):
            raise Wrong(f"the access log has a line {line[:200]!r}")
    path.unlink()


def load(servers, changing, seconds, options, seed, answers, tick):
    """One round of clients, whose problems are raised. tick: called now and then."""
    over = time.monotonic() + seconds
    addresses = [(server.program.address, server.tls) for server in servers]
    with multiprocessing.get_context("fork").Pool(options.clients, share, [answers, changing]) as pool:
        work = [(seconds, addresses, f"{seed}.{n}") for n in range(options.clients)]
        results = pool.starmap_async(visit, work)
        hang_up_at = time.monotonic() + seconds / 2
        old_logs = []
        while not results.ready():
            if time.monotonic() > over + 4 * PATIENCE:
                raise Wrong("clients do not come to an end")
            for file in changing:
                file.replace()
            if time.monotonic() > hang_up_at:
                hang_up_at = over + 10 * PATIENCE
                old_logs = [server.hang_up() for server in servers]
            tick(answers.value)
            results.wait(0.2)
        problems = [problem for problem in results.get() if problem]
    if problems:
        raise Wrong("\n".join(problems))
    for path in old_logs:
        check_lines(path)


# In the processes of clients.
shared = None


def share(answers, changing):
    global shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shared = answers, changing


def visit(seconds, addresses, seed):
    answers, changing = shared
    return visit_until(time.monotonic() + seconds, addresses, changing, seed, answers)


# ---- one runtime ---------------------------------------------------------------------------------


class Bar:
    """On a terminal a bar, elsewhere a line a minute."""

    def __init__(self, runtime, seconds):
        self.runtime, self.seconds = runtime, seconds
        self.begun = self.shown = time.monotonic()
        self.terminal = sys.stdout.isatty()
        self.what = ""

    def step(self, answers, servers):
        now = time.monotonic()
        if now - self.shown < (0.5 if self.terminal else 60):
            return
        self.shown = now
        samples = [server.samples[-1] for server in servers if server.samples]
        memory = " and ".join(f"{sample.rss / growth.MIB:.1f} MiB" for sample in samples)
        descriptors = " and ".join(str(sample.descriptors) for sample in samples)
        passed = now - self.begun
        text = f"{self.runtime}: {passed / 60:.1f} of {self.seconds / 60:.1f} min, {answers} answers"
        if samples:
            text += f", {memory}, {descriptors} descriptors"
        if self.terminal:
            width = min(int(30 * passed / self.seconds), 30)
            print(f"\r\033[K[{'=' * width}{' ' * (30 - width)}] {text}", end="", flush=True)
        else:
            print(text, flush=True)

    def clear(self):
        if self.terminal:
            print("\r\033[K", end="", flush=True)


def table(servers):
    """What each had, at first when it was warm and at last."""
    lines = []
    for server in servers:
        warm = growth.warm(server.samples)
        cells = [f"  {server.name:<6}{len(server.samples):>4} times"]
        for what, unit, size in (("rss", " MiB", growth.MIB), ("heap", " MiB", growth.MIB),
                                 ("descriptors", "", 1), ("threads", "", 1)):  # fmt: skip
            first, last = (getattr(sample, what) / size for sample in (warm[0], warm[-1]))
            slope = growth.per_hour(server.samples, what) / size
            digits = 2 if size > 1 else 0
            cells.append(f"{what} {first:.{digits}f} to {last:.{digits}f}{unit} ({slope:+.2f}/h)")
        lines.append(", ".join(cells))
    return "\n".join(lines)


def soak(runtime, options):
    """One runtime. Returns how many answers there were, and what is wrong: texts."""
    seconds = max(min(ROUND, options.seconds / ROUNDS), 0.5)
    answers = multiprocessing.Value("Q", 0)
    bar = Bar(runtime, options.seconds)
    wrong = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flux-soak-web-")))
        folder.chmod(0o755)
        root = folder / "root"
        root.mkdir()
        website.fill(root)
        changing = [website.Changing(root, "change.txt", 100), website.Changing(root, "change.bin", 30000)]
        make_certificate(folder, "a", "a.example", ECDSA)
        path, who = stack.enter_context(scripts_behind(folder, not options.without_php))
        pair = ("--tls-cert", folder / "a.crt", "--tls-key", folder / "a.key")
        servers = []
        try:
            for name, more in (("plain", ()), ("tls", pair)):
                running = web_server(name, options, runtime, root, folder, path, more)
                servers.append(stack.enter_context(running))
            begun, loaded, number = time.monotonic(), 0.0, 0
            while time.monotonic() - begun < options.seconds or number < ROUNDS_LEAST:
                tick = lambda count: bar.step(count, servers)
                seed = f"{options.seed}.{runtime}.{number}"
                if number % 10 == 5:
                    make_certificate(folder, "a", "a.example", ECDSA)
                load(servers, changing, seconds, options, seed, answers, tick)
                loaded += seconds
                number += 1
                rest(servers, changing)
                for server in servers:
                    server.samples.append(growth.take(server.pid, loaded))
            for server in servers:
                status = server.program.stop()
                if status != 0:
                    wrong.append(f"{server.name}: exit {status} after SIGTERM")
                allowance = ALLOWANCE_SANITIZED if options.sanitizer else ALLOWANCE
                wrong += [f"{server.name}: {text}" for text in growth.judge(server.samples, allowance)]
        except (Wrong, SystemExit, subprocess.CalledProcessError) as problem:
            wrong.append(str(problem))
        bar.clear()
        if all(server.samples for server in servers):
            rate = answers.value / loaded if loaded else 0
            print(f"{runtime}: {answers.value} answers, {rate:.0f}/s, scripts by {who}")
            print(table(servers), flush=True)
        if wrong:
            for text in wrong:
                print(f"{runtime}: {text}")
            for server in servers:
                server.program.process.kill()
                print(f"  the log of {server.name} ends so:")
                for line in server.log.read_text(errors="replace").splitlines()[-20:]:
                    print(f"    {line}", flush=True)
                server.program.process.wait()
    return answers.value, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--sanitizer", default="")
    parser.add_argument("--seconds", type=float, default=3600, help="under each runtime")
    parser.add_argument("--runtimes", default="thread pool event trace")
    parser.add_argument("--clients", type=int, default=os.cpu_count() + 1, help="processes of them")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--without-php", action="store_true", help="even if php-fpm is installed")
    parser.add_argument("--leak", help="CALL:EVERY, see leak.c")
    options = parser.parse_args()

    begun = time.monotonic()
    total, bad = 0, []
    runtimes = options.runtimes.split()
    for runtime in runtimes:
        answers, wrong = soak(runtime, options)
        total += answers
        bad += [runtime] if wrong else []
    minutes = (time.monotonic() - begun) / 60
    under = f" with {options.sanitizer}" if options.sanitizer else ""
    verdict = f"failed under {' '.join(bad)}" if bad else "all right, and nothing grows"
    print(f"soak-web: {total} answers under {' '.join(runtimes)}{under} in {minutes:.1f} min: {verdict}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
