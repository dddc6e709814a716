"""Many seeds, side by side, with a log that a later run goes on from.

    python3 tests/random/soak.py --build=build --seeds=10000 [--first=1] [--jobs=2] [--sanitizer=...]

make soak and the tests of kind `random` call it. The log has a line for each seed that is done: the
seed, "ok" or the kind of failure, seconds, and readers seen side by side. Its first line is a stamp
of all that is under test, the kit included: seeds that passed under the same stamp are not run
again. A program that fails is made small (shrink.py) and left in a folder beside the log, with
everything that is needed to run it again.

As a test, limit: 240 s.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from compare import try_text
from execute import HERE, Problem, Tools
from generate import generate
from program import write
from shrink import shrink
from workers import pool

FAILURES_MAX = 10  # then the rest is not tried
SMALL_MAX = 3  # so many are made small, each of which takes minutes


def stamp(tools):
    """What the verdicts are about."""
    files = [tools.fluxc, *(tools.runners / f"runner-{name}" for name in tools.runtimes)]
    files += sorted(HERE.glob("*.py")) + sorted(HERE.glob("*.[ch]")) + sorted((HERE.parent / "checker").glob("*.py"))
    digest = hashlib.sha256(repr((tools.counts, tools.seeds)).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def try_seed(job):
    """Seed, kind of failure or None, its text, seconds, readers. In a process of its own."""
    seed, tools, scratch = job
    begun = time.monotonic()
    folder = Path(scratch, str(seed))
    kind, text, most, run = None, "", 1, None
    try:
        most = try_text(write(generate(seed)), folder, tools)
    except Problem as problem:
        kind, text, run = problem.kind, problem.text, problem.run
    except Exception as error:  # of the kit itself: no verdict about the seed, but not silence
        kind, text = "kit", f"{type(error).__name__}: {error}"
    shutil.rmtree(folder, ignore_errors=True)
    return seed, kind, text, time.monotonic() - begun, most, run


class Log:
    """The file of verdicts; passed: the seeds that need not be run again."""

    def __init__(self, path, mark):
        self.path = path
        self.passed = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        if lines and lines[0] == f"stamp {mark}":
            for line in lines[1:]:
                words = line.split()
                if len(words) == 4 and words[1] == "ok":
                    self.passed[int(words[0])] = int(words[3])
            self.file = path.open("a")
        else:
            self.file = path.open("w")
            self.write(f"stamp {mark}")

    def write(self, line):
        self.file.write(line + "\n")
        self.file.flush()


class Bar:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self, total, done):
        self.total = total
        self.done = self.before = done
        self.begun = self.shown = time.monotonic()
        self.terminal = sys.stdout.isatty()

    def step(self, failed):
        self.done += 1
        now = time.monotonic()
        if now - self.shown < (0.2 if self.terminal else 60) and self.done < self.total:
            return
        self.shown = now
        rate = (self.done - self.before) / max(now - self.begun, 0.001)
        left = (self.total - self.done) / rate if rate else 0
        text = f"{self.done}/{self.total}, {failed} failed, {rate:.2f}/s, {left / 60:.0f} min left"
        if self.terminal:
            width = 30 * self.done // self.total
            print(f"\r\033[K[{'=' * width}{' ' * (30 - width)}] {text}", end="", flush=True)
        else:
            print(text, flush=True)

    def clear(self):
        if self.terminal:
            print("\r\033[K", end="")


def report(seed, kind, text, run, tools, folder, shrinking):
    """Leaves a failing program where it can be looked at, and says how to run it again."""
    source = write(generate(seed))
    problem = Problem(kind, text, run)
    print(f"seed {seed}: {problem}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "whole.flux").write_text(source)
    if shrinking and kind != "kit":
        source, problem = shrink(source, tools, problem)
        print(f"made small:\n{source}{problem}")
    (folder / "small.flux").write_text(source)
    sanitizer = f" --sanitizer={tools.sanitizer}" if tools.sanitizer else ""
    print(
        f"to repeat it:\n    python3 {HERE / 'compare.py'} --build={tools.build}{sanitizer} "
        f"--folder={folder}/run {folder}/small.flux",
        flush=True,
    )


def soak(tools, seeds, jobs, log, folder, shrinking):
    """Runs the seeds. How many failed, how many are done, and in how many readers met."""
    waiting = [seed for seed in seeds if seed not in log.passed]
    progress = Bar(len(seeds), len(seeds) - len(waiting))
    failed, readers = 0, sum(most > 1 for seed, most in log.passed.items() if seed in set(seeds))
    done = len(seeds) - len(waiting)
    with tempfile.TemporaryDirectory(prefix="flux-soak-") as scratch:
        work = ((seed, tools, scratch) for seed in waiting)
        with pool(jobs) as workers:
            for seed, kind, text, seconds, most, run in workers.imap_unordered(try_seed, work):
                done += 1
                readers += most > 1
                log.write(f"{seed} {kind or 'ok'} {seconds:.2f} {most}")
                if kind is not None:
                    failed += 1
                    progress.clear()
                    report(seed, kind, text, run, tools, folder / f"seed-{seed}", shrinking)
                    shrinking = shrinking and failed < SMALL_MAX
                    if failed >= FAILURES_MAX:  # the others would not be heard
                        break
                progress.step(failed)
    progress.clear()
    return failed, done, readers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--sanitizer", default="")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--runtimes", default="thread pool event trace")
    parser.add_argument("--log", type=Path, help="default: BUILD/soak/log")
    parser.add_argument("--afresh", action="store_true", help="forget what the log says")
    parser.add_argument("--as-they-are", action="store_true", help="leave failing programs large")
    options = parser.parse_args()

    tools = Tools(options.build, options.sanitizer, options.runtimes.split())
    path = options.log or options.build / "soak/log"
    os.environ.setdefault("TSAN_OPTIONS", "atexit_sleep_ms=0")
    seeds = range(options.first, options.first + options.seeds)
    begun = time.monotonic()
    if options.afresh:
        path.unlink(missing_ok=True)
    log = Log(path, stamp(tools))
    failed, done, readers = soak(
        tools, seeds, options.jobs, log, path.parent, not options.as_they_are
    )
    minutes = (time.monotonic() - begun) / 60
    under = f" with {options.sanitizer}" if options.sanitizer else ""
    print(
        f"soak: {done} programs, seeds {seeds[0]} to {seeds[-1]}, under {' '.join(tools.runtimes)}"
        f"{under}: {failed} failed; readers met in {readers}; {minutes:.1f} min"
    )
    return 1 if failed or done < len(seeds) else 0


if __name__ == "__main__":
    sys.exit(main())
