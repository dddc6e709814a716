"""A contest: we and a peer, measured in turn, several rounds in one run.

What counts is the ratio to the reference within a round, since what else the machine does changes
from round to round; shown is the median over the rounds, with the smallest and the largest.
"""

import statistics

ROUNDS = 5


class Bar:
    """What has to hold of an entry: its median ratio, or its median, is at most or at least this.
    An aim is a bar of the future: it is shown, but not missed."""

    def __init__(self, value, least=False, absolute=False, aim=False):
        self.value = value
        self.least = least
        self.absolute = absolute
        self.aim = aim

    def holds(self, median, ratio):
        measured = median if self.absolute else ratio
        return measured >= self.value if self.least else measured <= self.value

    def text(self, figure):
        words = "at least" if self.least else "at most"
        return f"{words} {figure.text(self.value) if self.absolute else f'{self.value:g} x'}"


def at_most(value, **more):
    """Bar: the ratio to the reference."""
    return Bar(value, **more)


def at_least(value, **more):
    return Bar(value, least=True, **more)


def below(value, **more):
    """Bar: the figure itself."""
    return Bar(value, absolute=True, **more)


def above(value, **more):
    return Bar(value, least=True, absolute=True, **more)


class Agreement(Bar):
    """A bar of both sides: the ratio differs from 1 by no more than a share."""

    def holds(self, median, ratio):
        return abs(ratio - 1) <= self.value

    def text(self, figure):
        return f"within {100 * self.value:g} %"


def within(share, **more):
    """Bar: as the reference, but for that share."""
    return Agreement(share, **more)


class Figure:
    def __init__(self, what, unit, digits=1):
        self.what = what
        self.unit = unit
        self.digits = digits

    def number(self, value):
        return f"{value:,.{self.digits}f}"

    def text(self, value):
        return f"{self.number(value)} {self.unit}"


class Entry:
    def __init__(self, label, measure, bars):
        self.label = label
        self.measure = measure
        self.bars = bars
        self.rounds = []  # a tuple each, a value for each figure

    def values(self, which):
        return [values[which] for values in self.rounds if which < len(values)]


class Contest:
    """Entries in the order in which they are shown; the first is the reference. A measure is a
    function without arguments that returns the figures in their order, or the only one."""

    def __init__(self, *figures):
        self.figures = figures
        self.entries = []

    def enter(self, label, measure, *bars):
        self.entries.append(Entry(label, measure, bars))

    def run(self):
        """Measures, prints a table for each figure, and returns the missed bars as text."""
        for turn in range(ROUNDS):
            start = turn % len(self.entries)
            for entry in self.entries[start:] + self.entries[:start]:
                values = entry.measure()
                entry.rounds.append(values if isinstance(values, tuple) else (values,))
        missed = []
        for which, figure in enumerate(self.figures):
            print(f"  {figure.what}; {ROUNDS} rounds: median (smallest - largest)")
            missed += [text for e in self.entries if (text := self._show(e, which, figure))]
        return missed

    def _show(self, entry, which, figure):
        """Prints a line; returns the bar in words if it is missed."""
        values = entry.values(which)
        if not values:
            return None
        median = statistics.median(values)
        spread = f"({figure.number(min(values))} - {figure.number(max(values))})"
        line = f"    {entry.label:<24} {figure.text(median):>14} {spread:<20}"
        peer = self.entries[0].values(which)
        ratio = None
        if entry is not self.entries[0] and peer and all(peer):
            ratios = [value / other for value, other in zip(values, peer)]
            ratio = statistics.median(ratios)
            line += f" {ratio:5.2f} x ({min(ratios):.2f} - {max(ratios):.2f})"
        bar = entry.bars[which] if which < len(entry.bars) else None
        holds = bar is None or bar.holds(median, ratio)
        if bar:
            line += f"  {'aim' if bar.aim else 'bar'}: {bar.text(figure)}"
            line += ": holds" if holds else ": MISSES"
        print(line, flush=True)
        if holds or bar.aim:
            return None
        measured = figure.text(median) if bar.absolute else f"{ratio:.2f} x"
        return f"{entry.label}: {figure.what}: {measured}, not {bar.text(figure)}"
