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

    def text(self, number):
        words = "at least" if self.least else "at most"
        value = number(self.value) if self.absolute else f"{self.value:g} x"
        return f"{words} {value}"


def at_most(value, **more):
    """Bar: the ratio to the reference."""
    return Bar(value, **more)


def at_least(value, **more):
    return Bar(value, least=True, **more)


def below(value, **more):
    """Bar: the figure itself, in the contest's unit."""
    return Bar(value, absolute=True, **more)


def above(value, **more):
    return Bar(value, least=True, absolute=True, **more)


class Entry:
    def __init__(self, label, measure, bar):
        self.label = label
        self.measure = measure
        self.bar = bar
        self.values = []


class Contest:
    """Entries in the order in which they are shown; the first is the reference. A measure is a
    function without arguments that returns a figure in the contest's unit."""

    def __init__(self, what, unit, digits=1):
        self.what = what
        self.unit = unit
        self.digits = digits
        self.entries = []

    def enter(self, label, measure, bar=None):
        self.entries.append(Entry(label, measure, bar))

    def number(self, value):
        return f"{value:,.{self.digits}f} {self.unit}"

    def run(self, rounds=None):
        """Measures, prints a table, and returns the bars that are missed, as text."""
        for turn in range(rounds or ROUNDS):
            start = turn % len(self.entries)
            for entry in self.entries[start:] + self.entries[:start]:
                entry.values.append(entry.measure())
        return self.show()

    def show(self):
        rounds = len(self.entries[0].values)
        print(f"  {self.what}; {rounds} rounds: median (smallest - largest)")
        return [text for entry in self.entries if (text := self._show_entry(entry))]

    def _show_entry(self, entry):
        reference = self.entries[0]
        median = statistics.median(entry.values)
        low, high = min(entry.values), max(entry.values)
        line = f"    {entry.label:<30} {self.number(median):>14}"
        line += f" {f'({low:,.{self.digits}f} - {high:,.{self.digits}f})':<22}"
        ratio = None
        if entry is not reference:
            ratios = [value / peer for value, peer in zip(entry.values, reference.values)]
            ratio = statistics.median(ratios)
            line += f" {ratio:5.2f} x ({min(ratios):.2f} - {max(ratios):.2f})"
        missed = None
        if entry.bar:
            holds = entry.bar.holds(median, ratio)
            text = entry.bar.text(self.number)
            kind = "aim" if entry.bar.aim else "bar"
            line += f"  {kind}: {text}: {'holds' if holds else 'MISSES'}"
            if not holds and not entry.bar.aim:
                measured = self.number(median) if entry.bar.absolute else f"{ratio:.2f} x"
                missed = f"{entry.label}: {self.what}: {measured}, not {text}"
        print(line, flush=True)
        return missed
