"""Errors of what was predicted, and the bars of simulation.md for them."""

import statistics

CAPACITY, TWO_CORES = 0.05, 0.10
P50, P99 = 0.10, 0.25
KNEE = 2.5  # points of load
HALF = 0.5  # of the error of 2006
APART = 0.10  # capacities that have to be in order

LIGHT = 80  # percent: up to here quantiles are compared, beyond the load
KNEES = (80, 95)


def error(predicted, measured):
    return predicted / measured - 1


def mape(pairs):
    """Mean absolute error of (predicted, measured)."""
    return statistics.mean(abs(error(p, m)) for p, m in pairs) if pairs else float("nan")


def quantile(point, name):
    """Seconds; None where the simulator says that there is no steady state."""
    return None if point.get("saturated") else point[name]["mean"]


def load_of(curve, value):
    """At which load, in percent, the model's 99th percentile is `value`: between two points of
    `curve`, (load, seconds) ascending; None if it never is."""
    for (low, below), (high, above) in zip(curve, curve[1:]):
        if below <= value <= above:
            return low + (high - low) * (value - below) / (above - below) if above > below else low
    return None


class Bar:
    """A figure beside what it may be."""

    def __init__(self, what, value, limit, unit="%"):
        self.what, self.value, self.limit, self.unit = what, value, limit, unit

    def holds(self):
        return self.value is not None and self.value <= self.limit

    def row(self):
        shown = "none" if self.value is None else f"{self.value:.3g} {self.unit}"
        return (self.what, shown, f"at most {self.limit:g} {self.unit}",
                "holds" if self.holds() else "**missed**")


def bars(result):
    """Of a server under a runtime: see run.py for what a result has."""
    measured, model, old = result["measured"], result["model"], result["as_in_2006"]
    found = [Bar("capacity", 100 * abs(error(result["model_capacity"], result["capacity"])),
                 100 * CAPACITY)]
    if result.get("capacity_two"):
        found.append(Bar("capacity of two cores", 100 * abs(
            error(result["model_capacity_two"], result["capacity_two"])), 100 * TWO_CORES))
    light = [load for load in measured if load <= LIGHT]
    for name, limit in (("p50", P50), ("p99", P99)):
        pairs = [(quantile(model[load], name), measured[load][name]) for load in light]
        found.append(Bar(f"{name}, loads to {LIGHT} %",
                         100 * mape([pair for pair in pairs if pair[0] is not None]), 100 * limit))
    off = []
    for load in (load for load in measured if KNEES[0] <= load <= KNEES[1]):
        reached = load_of(result["curve"], measured[load]["p99"])
        off.append(100.0 if reached is None else abs(reached - load))
    found.append(Bar("load at which the model has the measured p99", max(off), KNEE, "points"))
    ours, theirs = ([(quantile(points[load], "p99"), measured[load]["p99"]) for load in light]
                    for points in (model, old))
    theirs = [pair for pair in theirs if pair[0] is not None]
    if theirs:
        ratio = mape([pair for pair in ours if pair[0] is not None]) / mape(theirs)
        found.append(Bar("error of p99, of that of the method of 2006", 100 * ratio, 100 * HALF))
    return found


def ranked(capacities, predictions):
    """Pairs of runtimes that the model has in the wrong order, of those that are APART."""
    return [(a, b) for a in capacities for b in capacities
            if capacities[a] > capacities[b] * (1 + APART) and predictions[a] <= predictions[b]]
