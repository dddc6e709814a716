"""Results as they are recorded, and what follows from them: medians, ratios, bars."""

import statistics

from kit.contest import Figure
from web import workloads
from web.bars import BARS
from web.servers import REFERENCE

FIGURES = {
    "per_cpu": Figure("requests in a second of the server's CPU time", "/s", 0),
    "rate": Figure("requests in a second", "/s", 0),
    "bytes": Figure("bytes in a second", "B/s", 0),
    "median": Figure("median latency", "us", 0),
    "late": Figure("99th percentile of latency", "us", 0),
    "memory": Figure("memory of the server", "B", 0),
    "idle_memory": Figure("user memory of an idle connection", "B", 0),
    "beside_idle": Figure("requests of CPU time beside idle connections, to those without", "x", 2),
    "server_cpu": Figure("CPUs that the server keeps busy", "", 2),
    "load_cpu": Figure("CPUs that the load keeps busy", "", 2),
    "errors": Figure("requests lost", "", 0),
}


class Sample:
    """A value for each round; None where there is none."""

    def __init__(self, values):
        self.values = values
        self.known = [value for value in values if value is not None]

    def __bool__(self):
        return bool(self.known)

    def median(self):
        return statistics.median(self.known)

    def over(self, other):
        """The ratios, within each round."""
        return Sample([mine / theirs if mine is not None and theirs else None
                       for mine, theirs in zip(self.values, other.values)])


class Contest:
    """The record of a workload."""

    def __init__(self, record):
        self.name = record["name"]
        self.what = record["what"]
        self.cores = record["cores"]
        self.rounds = record["rounds"]
        self.servers = list(dict.fromkeys(name for turn in self.rounds for name in turn))

    def sample(self, server, figure):
        return Sample([turn.get(server, {}).get(figure) for turn in self.rounds])

    def ratio(self, server, figure, reference=REFERENCE):
        return self.sample(server, figure).over(self.sample(reference, figure))

    def failures(self, server):
        """Why there is no figure, for each round without."""
        return [turn[server]["failed"] for turn in self.rounds
                if "failed" in turn.get(server, {})]


class Verdict:
    """A bar, and what was measured. It holds only if there was no round without a figure."""

    def __init__(self, contest, figure, reference, server, bar):
        self.contest = contest
        self.figure = figure
        self.server = server
        self.reference = reference
        self.bar = bar
        self.sample = (contest.sample(server, figure) if bar.absolute
                       else contest.ratio(server, figure, reference))
        self.value = self.sample.median() if self.sample else None
        self.failures = contest.failures(server)
        self.holds = (self.value is not None and not self.failures
                      and bar.holds(self.value, self.value))

    def measured(self):
        if self.value is None:
            return self.failures[0] if self.failures else "not measured"
        text = spread(self.sample) + ("" if self.bar.absolute else f" x {self.reference}")
        return f"{text}, but {self.failures[0]}" if self.failures else text

    def text(self):
        return (f"{self.contest.name}: {self.server}: {FIGURES[self.figure].what}: "
                f"{self.measured()}; {self.bar.text(FIGURES[self.figure])}: "
                f"{'holds' if self.holds else 'MISSES'}")


def judge(contest):
    """The verdicts over a contest, of servers that took part."""
    if contest.cores != workloads.BY_NAME[contest.name].cores:
        return []
    return [Verdict(contest, figure, reference, server, bar)
            for name, figure, reference, server, bar in BARS
            if name == contest.name and server in contest.servers
            and (bar.absolute or reference in contest.servers)]


def number(value):
    """Three digits, or all before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(sample):
    """Median, and smallest to largest."""
    if not sample:
        return "-"
    low, high = number(min(sample.known)), number(max(sample.known))
    return f"{number(sample.median())} ({low}-{high})"
