"""Tables of results: Markdown, laid out so that it can be read on a terminal."""

from web import servers, workloads
from web.results import Contest, judge, number, spread
from web.servers import BY_HAND, OTHERS, OURS, REFERENCE

# Columns behind the ratios: figure, heading, divisor.
COLUMNS = (
    ("rate", "requests/s", 1),
    ("bytes", "MB/s", 1e6),
    ("median", "median us", 1),
    ("late", "99 % us", 1),
    ("server_cpu", "server CPU", 1),
    ("load_cpu", "load CPU", 1),
    ("memory", "MiB", 1 << 20),
    ("idle_memory", "B/idle", 1),
    ("beside_idle", "beside idle", 1),
)
RATIOS = {"per_cpu": "per CPU x", "rate": "per s x", "median": "median x", "late": "99 % x"}


def table(heads, rows):
    """The first column is text, the others are numbers, as wide as they have to be."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]

    def line(cells):
        padded = [cell.ljust(width) if i == 0 else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 2) if i == 0 else "-" * (width + 1) + ":"
                          for i, width in enumerate(widths)) + "|"
    return "\n".join([line(heads), rule, *map(line, rows)])


def _bar(verdicts, server, figure):
    """The bars of one figure, in words."""
    texts = []
    for verdict in verdicts:
        if verdict.server == server and verdict.figure == figure:
            word = "at least" if verdict.bar.least else "at most"
            name = "" if verdict.reference == REFERENCE or verdict.bar.absolute \
                else f" {verdict.reference}"
            texts.append(f"{word} {verdict.bar.value:g}{name}: "
                         f"{'holds' if verdict.holds else 'MISSES'}")
    return ", ".join(texts)


def of_contest(record):
    """All about one workload."""
    contest = Contest(record)
    verdicts = judge(contest)
    ratios = [figure for figure in workloads.BY_NAME[contest.name].ratios
              if any(contest.sample(server, figure) for server in contest.servers)]
    shown = [column for column in COLUMNS
             if any(contest.sample(server, column[0]) for server in contest.servers)]
    heads = ["server", *(f"{RATIOS[figure]} {REFERENCE}" for figure in ratios), "bar",
             *(heading for _, heading, _ in shown)]
    rows, notes = [], []
    for server in ordered(contest.servers):
        failures = contest.failures(server)
        if failures:
            notes.append(f"{server} failed in {len(failures)} of {len(contest.rounds)} rounds: "
                         f"{failures[0]}")
        lost = sum(contest.sample(server, "errors").known)
        if lost:
            notes.append(f"{server} has left {lost} requests without an answer")
        samples = [(contest.sample(server, figure), divisor) for figure, _, divisor in shown]
        rows.append([
            server,
            *(spread(contest.ratio(server, figure)) for figure in ratios),
            _bar(verdicts, server, ratios[0]) if ratios else "",
            *(number(sample.median() / divisor) if sample else "-" for sample, divisor in samples),
        ])
    count = len(contest.rounds)
    cores = "; two cores" if contest.cores != workloads.BY_NAME[contest.name].cores else ""
    title = f"{contest.name}: {contest.what}{cores}; {count} round{'s' if count > 1 else ''}"
    return "\n".join([title, "", table(heads, rows), *([""] if notes else []),
                      *(f"- {text}" for text in notes)])


def ordered(names):
    """In the order of the table of servers; behind them those that are not in it."""
    known = [server.name for server in servers.SERVERS if server.name in names]
    return known + sorted(set(names) - set(known))


def _mark(verdict):
    if verdict.value is None:
        return "failed"
    return f"{number(verdict.value)} of {verdict.bar.value:g}{'' if verdict.holds else ' MISSES'}"


def _best(contest, figure, group, count):
    """The servers of a group that come first in what is judged, with their ratios."""
    found = [(contest.ratio(name, figure), name) for name in contest.servers
             if name != REFERENCE and name in servers.BY_NAME
             and servers.BY_NAME[name].group == group]
    found = sorted(((ratio.median(), name) for ratio, name in found if ratio),
                   reverse=figure in ("per_cpu", "rate"))
    return ", ".join(f"{name} {number(ratio)}" for ratio, name in found[:count]) or "-"


def summary(records):
    """A row for each workload: what was measured of what has to hold, relative to the reference."""
    names = [server.name for server in servers.SERVERS
             if server.group == OURS and not server.extra]
    rows = []
    for record in records:
        contest = Contest(record)
        figure = workloads.BY_NAME[contest.name].ratios[0]
        cells = []
        for name in names:
            marks = [_mark(verdict) for verdict in judge(contest)
                     if verdict.server == name and verdict.figure == figure
                     and verdict.reference == REFERENCE]
            ratio = contest.ratio(name, figure)
            cells.append(marks[0] if marks else number(ratio.median()) if ratio else "-")
        rows.append([contest.name, RATIOS[figure].removesuffix(" x"), *cells,
                     _best(contest, figure, OTHERS, 2), _best(contest, figure, BY_HAND, 2)])
    return table(["workload", f"to {REFERENCE}", *names, "the best others", "by hand"], rows)


def report(found, verdicts, charts):
    """report.md: the summary, the bars, the plots and a table for each workload."""
    machine = found["machine"]
    parts = [
        "# The web server beside others",
        f"{machine['when']} UTC, {machine['cpus']} x {machine['cpu']}, Linux {machine['kernel']}:"
        f"\n\n    {machine['command']}",
        "Ratios are medians of those within a round, with the smallest and the largest. What is"
        " absolute is this machine's, on that day.",
        summary(found["contests"]),
    ]
    if verdicts:
        parts.append("## Bars\n\n" + "\n".join(f"- {verdict.text()}" for verdict in verdicts))
    if charts:
        parts.append("## Plots\n\n" + "\n\n".join(f"![{name}]({name})" for name in charts))
    if found["contests"]:
        parts.append("## Workloads")
        for record in found["contests"]:
            title, body = of_contest(record).split("\n", 1)
            parts.append(f"### {title}\n{body}")
    parts.append("## Servers\n\n" + "\n".join(
        f"- {server['told']}" + (f" ({server['version']})" if server["version"] else "")
        for server in machine["servers"]))
    return "\n\n".join(parts) + "\n"
