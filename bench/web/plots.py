"""Plots of the sweeps, as SVG: a line for each server, over connections or over sizes of files."""

import math
from xml.sax.saxutils import escape

from web.results import Sample
from web.tables import ordered

WIDTH, HEIGHT = 860, 480
LEFT, RIGHT, TOP, BOTTOM = 74, 700, 52, 428  # of the area with the lines
LABEL_HEIGHT = 14

# What is by hand has the colour of ours whose architecture it is, in dashes.
OUR_WIDTH = 3
STYLES = {
    "event": ("#1a56c4", OUR_WIDTH, ""),
    "pool": ("#0b8a4a", OUR_WIDTH, ""),
    "thread": ("#d0402a", OUR_WIDTH, ""),
    "processes": ("#1a56c4", OUR_WIDTH, "2 3"),
    "nginx": ("#111111", 2, ""),
    "nginx-cache": ("#111111", 1.5, "2 3"),
    "lighttpd": ("#9a6a00", 1.5, ""),
    "h2o": ("#8338a8", 1.5, ""),
    "apache": ("#7d7d7d", 1.5, ""),
    "limit": ("#1a56c4", 1.5, "7 4"),
    "threads": ("#d0402a", 1.5, "7 4"),
    "dispatcher": ("#0b8a4a", 1.5, "7 4"),
    "leader": ("#0b8a4a", 1.5, "2 3"),
    "staged": ("#7d7d7d", 1.5, "7 4"),
}
OTHER_STYLE = ("#c07000", 2, "")

CHARTS = (  # file, what is drawn of a window, title
    ("throughput-{}", lambda window: window["rate"], "Requests in a second"),
    ("cpu-{}", lambda window: 1e6 / window["per_cpu"],
     "Microseconds of the server's CPU time for a request"),
    ("latency-{}", lambda window: window["median"], "Median latency in microseconds, closed loop"),
)
SWEEPS = {
    "connections": "connections, each asks for 1 KiB",
    "size": "size of the file, 64 connections",
}


class Scale:
    """From values to positions, logarithmic."""

    def __init__(self, values, begin, end):
        self.low, self.high = min(values), max(values)
        if self.low == self.high:
            self.low, self.high = self.low / 2, self.high * 2
        self.begin, self.end = begin, end

    def at(self, value):
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return self.begin + part * (self.end - self.begin)

    def ticks(self):
        """1, 2 and 5 times powers of ten."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        values = [step * 10.0**power for power in range(first, last + 1) for step in (1, 2, 5)]
        return [value for value in values if self.low <= value <= self.high]


def short(value):
    """1500000 is 1.5M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def size_name(size):
    for unit, letter in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {letter}"
    return f"{size} B"


def apart(positions):
    """Where labels go so that none lies on another: near where they belong, in the same order."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    placed = [max(positions[i], TOP + 4) for i in order]
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + LABEL_HEIGHT)
    if placed and placed[-1] > BOTTOM:
        placed[-1] = BOTTOM
        for i in range(len(placed) - 2, -1, -1):
            placed[i] = min(placed[i], placed[i + 1] - LABEL_HEIGHT)
    result = [0.0] * len(positions)
    for i, position in zip(order, placed):
        result[i] = position
    return result


def lines(record, value):
    """For each server its points (x, median over the rounds)."""
    found = {}
    for server in ordered({name for turn in record["rounds"] for name in turn}):
        points = []
        for i, x in enumerate(record["points"]):
            windows = [turn[server][i] for turn in record["rounds"]
                       if isinstance(turn.get(server), list)]
            if windows:
                points.append((x, Sample([value(window) for window in windows]).median()))
        if points:
            found[server] = points
    return found


def chart(title, below, x_names, series):
    """`series`: points by server; `x_names`: the positions to name, with their names."""
    values = [y for points in series.values() for _, y in points]
    x_scale = Scale([x for x, _ in x_names], LEFT + 12, RIGHT - 12)
    y_scale = Scale([min(values) / 1.15, max(values) * 1.15], BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12" '
        'fill="#333333">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="28" font-size="16" fill="#111111">{escape(title)}</text>',
        f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">'
        f"{escape(below)}</text>",
    ]
    for tick in y_scale.ticks():
        y = y_scale.at(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="#e2e2e2"/>'
                     f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{short(tick)}</text>')
    for x, name in x_names:
        at = x_scale.at(x)
        parts.append(f'<path d="M{at:.1f} {TOP}V{BOTTOM}" stroke="#f0f0f0"/>'
                     f'<text x="{at:.1f}" y="{BOTTOM + 20}" text-anchor="middle">{name}</text>')
    parts.append(f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" stroke="#888888" fill="none"/>')
    ends = apart([y_scale.at(points[-1][1]) for points in series.values()])
    # Ours are drawn last, above the others.
    for (server, points), end in reversed(list(zip(series.items(), ends))):
        parts += _line(server, [(x_scale.at(x), y_scale.at(y), y) for x, y in points], end)
    return "\n".join([*parts, "</svg>", ""])


def _line(server, points, end):
    colour, width, dash = STYLES.get(server, OTHER_STYLE)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    x, y, _ = points[-1]
    weight = ' font-weight="bold"' if width == OUR_WIDTH else ""
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"'
        f'{dashes} stroke-linejoin="round"><title>{server}</title></polyline>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width / 2 + 1.2:g}" fill="{colour}">'
          f"<title>{server}: {value:,.4g}</title></circle>" for x, y, value in points),
        f'<path d="M{x + 5:.1f} {y:.1f}L{RIGHT + 14} {end:.1f}H{RIGHT + 20}" stroke="{colour}" '
        'stroke-width="0.7" fill="none"/>',
        f'<text x="{RIGHT + 24}" y="{end + 4:.1f}" fill="{colour}"{weight}>{server}</text>',
    ]


def of_sweeps(records):
    """Pairs of a name for a file and an SVG."""
    made = []
    for record in records:
        namer = size_name if record["name"] == "size" else short
        x_names = [(x, namer(x)) for x in record["points"]]
        for name, value, title in CHARTS:
            series = lines(record, value)
            if series:
                made.append((f"{name.format(record['name'])}.svg",
                             chart(title, SWEEPS[record["name"]], x_names, series)))
    return made
