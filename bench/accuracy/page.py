"""docs/accuracy.md, its plots, and what is said on the terminal meanwhile."""

import subprocess

from accuracy import compare

HEAD = """# What the simulator says, and what is so

`make accuracy` asks the simulator what a real server will do, and then has the server do it. This page is what it
wrote last.

The servers are the web server (200 files of 200 bytes to 200 kB, the popular ones more often: Zipf, 0.8) and
the image server (pictures of 240 x 180, each request reads, scales and compresses one), under each
runtime. Of each a profile is taken once, on one core: at a tenth of what the server can do at most (from
there is what a request takes that finds the server asleep), and for a few seconds at most (from there is
all else). That profile is all that the simulator gets, with the program. The server has one core, the load
generator the other; requests come at random (Poisson), and each repeat goes through all loads in
turn. Figures are medians of the repeats. A run in which other programs had more than 2 % of the
CPUs is done again.

*The time outside* is what a request spends on its way and in the load generator, which no profile of the server
has: what one client alone, on an idle server, takes longer than the simulator says. It is the same
for all loads, and is added to what the simulator says.

*The method of 2006* is what the generator of the Flux paper would have said from the same
measurements: mean times, as if they were exponential, nothing of the runtime.
"""


def us(seconds):
    return "saturated" if seconds is None else f"{seconds * 1e6:,.0f}"


def percent(predicted, measured):
    return "" if predicted is None else f"{100 * compare.error(predicted, measured):+.0f} %"


def loads(result):
    yield ("load", "measured p50, us", "predicted", "error", "measured p99", "predicted", "error",
           "as in 2006")
    for load, measured in result["measured"].items():
        row = [f"{load} %"]
        for name in ("p50", "p99"):
            said = compare.quantile(result["model"][load], name)
            row += [us(measured[name]), us(said), percent(said, measured[name])]
        yield (*row, us(compare.quantile(result["as_in_2006"][load], "p99")))


def table(rows):
    rows = [list(map(str, row)) for row in rows]
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def tell(name, result, say):
    say(f"\n{name}: {result['capacity']:.0f} requests a second, predicted {result['model_capacity']:.0f}")
    for row in loads(result):
        say("  " + "  ".join(f"{cell:>16}" for cell in row))
    for bar in compare.bars(result):
        say("  " + ": ".join(bar.row()[:2]) + f" ({bar.row()[2]}: {bar.row()[3].strip('*')})")


PLOT = """set terminal svg size 860,420 dynamic font 'sans,12' background '#ffffff'
set output '{file}'
set title '{name}: response time over load, one core'
set xlabel 'load, % of the measured capacity'
set ylabel 'microseconds'
set logscale y
set key left top
set grid
$measured << end
{measured}
end
$model << end
{model}
end
plot $measured using 1:2 with points pt 7 lc '#1a56c4' title 'p50 measured', \\
     $measured using 1:3:4:5 with yerrorbars pt 7 lc '#d0402a' title 'p99 measured', \\
     $model using 1:2 with lines lw 2 lc '#1a56c4' title 'p50 predicted', \\
     $model using 1:3 with lines lw 2 lc '#d0402a' title 'p99 predicted'
"""


def plot(name, result, folder):
    measured, model = [], []
    for load, point in result["measured"].items():
        spread = point["p99_all"]
        figures = (point["p50"], point["p99"], spread[0], spread[-1])
        measured.append(f"{load} " + " ".join(f"{1e6 * figure:.1f}" for figure in figures))
        said = [compare.quantile(result["model"][load], which) for which in ("p50", "p99")]
        if None not in said:
            model.append(f"{load} " + " ".join(f"{1e6 * figure:.1f}" for figure in said))
    file = folder / "accuracy" / f"{name}.svg"
    file.parent.mkdir(exist_ok=True)
    script = PLOT.format(file=file, name=name, measured="\n".join(measured), model="\n".join(model))
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return f"accuracy/{name}.svg"


def write(results, folder):
    """The page, accuracy.md, and a plot for each server and runtime."""
    parts = [HEAD]
    rows = [("server", "measured", "predicted", "error", "two cores, measured", "predicted", "error")]
    for name, result in results.items():
        two = result.get("capacity_two")
        rows.append((name, f"{result['capacity']:,.0f}", f"{result['model_capacity']:,.0f}",
                     percent(result["model_capacity"], result["capacity"]),
                     *((f"{two:,.0f}", f"{result['model_capacity_two']:,.0f}",
                        percent(result["model_capacity_two"], two)) if two else ("", "", ""))))
    parts.append("## Requests a second at most\n\nIn a closed load, one core and two.\n\n" + table(rows))
    parts.append("## The bars\n\n" + table(
        [("server", "what", "is", "asked", "")] +
        [(name, *bar.row()) for name, result in results.items() for bar in compare.bars(result)]))
    for name, result in results.items():
        outside = f"Time outside: {result['outside'] * 1e6:.0f} us.\n" if "outside" in result else ""
        parts.append(f"## {name}\n\n![{name}]({plot(name, result, folder)})\n\n"
                     + table(loads(result)) + "\n" + outside)
    (folder / "accuracy.md").write_text("\n".join(parts), encoding="utf-8")
