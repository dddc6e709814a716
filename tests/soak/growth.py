"""What a process has, and whether that grows."""

import os
import re
import statistics
import time
from dataclasses import dataclass

MIB = 1 << 20


@dataclass
class Sample:
    """Of a process, at a moment when it has nothing to do."""

    time: float  # under load so far, seconds
    rss: int  # bytes, as are those below
    heap: int  # what is in memory that belongs to no file: all that malloc gives out, and stacks
    descriptors: int
    threads: int


def heap_of(pid):
    """The Anonymous lines of /proc/PID/smaps, of mappings without a file."""
    total, counts = 0, False
    with open(f"/proc/{pid}/smaps") as smaps:
        for line in smaps:
            words = line.split()
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                counts = len(words) == 5 or words[5].startswith(("[heap", "[anon"))
            elif counts and words[0] == "Anonymous:":
                total += int(words[1]) << 10
    return total


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def take(pid, seconds):
    status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status"))
    return Sample(
        seconds,
        int(status["VmRSS"].split()[0]) << 10,
        heap_of(pid),
        descriptors_of(pid),
        int(status["Threads"]),
    )


def settled(pids, usual=None, still=1.5, patience=15):
    """Waits until the processes have as many descriptors as usual, together, or their number does not
    change any more."""
    end = time.monotonic() + patience
    before, since = None, 0
    while (count := sum(map(descriptors_of, pids))) != usual and time.monotonic() < end:
        if count != before:
            before, since = count, time.monotonic()
        elif time.monotonic() - since > still:
            return
        time.sleep(0.05)


# ---- growth --------------------------------------------------------------------------------------


def warm(samples):
    """Those after the beginning, when caches and the allocator fill: the last three quarters."""
    return samples[(len(samples) + 3) // 4 :]


def grown(samples, what):
    """By how much, at least: the least of the last third is compared to the most of the first. So
    what goes up and down does not count, and what never comes down again does."""
    values = [getattr(sample, what) for sample in warm(samples)]
    third = max(len(values) // 3, 1)
    return min(values[-third:]) - max(values[:third])


def per_hour(samples, what):
    """The slope: the median of those of all pairs (Theil and Sen), which single values do not
    change."""
    points = [(sample.time, getattr(sample, what)) for sample in warm(samples)]
    slopes = [
        (b[1] - a[1]) / (b[0] - a[0])
        for at, a in enumerate(points)
        for b in points[at + 1 :]
        if b[0] > a[0]
    ]
    return 3600 * statistics.median(slopes) if slopes else 0.0


def judge(samples, allowance):
    """Texts on what has grown by more than it may. allowance: {name of a value: how much}."""
    found = []
    for what, most in allowance.items():
        by = grown(samples, what)
        if by > most:
            size, unit = (1, "") if what == "descriptors" else (1024, " KiB")
            hourly = per_hour(samples, what) / size
            found.append(f"growth of {what}: {by / size:.0f}{unit} at least, {hourly:.0f} an hour")
    return found
