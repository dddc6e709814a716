"""That the checker can fail: controls.py FLUXC. Each control is a compiler that lies in one way;
and interleave.py finds the circles that there are, and no others.

A lie is told by a program that is compiled in place of the one that was written, so that the model,
the steps and the C agree with each other in it; or it is written into one of them alone.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from interleave import deadlock_of

HERE = Path(__file__).parent

PROGRAM = """
source Listen {session: Who} => Flow finally Close;
Listen () => (int fd);
Close (int fd) => ();
Flow = First -> Choose -> Last;
First (int fd) => (int fd);
typedef odd IsOdd;
Choose:[odd] = Left -> Right;
Choose:[_] = Turn;
Turn = Read;
repeat Turn:[odd];
Left (int fd) => (int fd);
Right (int fd) => (int fd);
Read (int fd) => (int fd);
Last (int fd) => ();
Mend (int fd) => (int fd);
Log (int fd, int error) => ();
await Read: readable(fd);
blocking Right;
handle error Choose => Mend;
handle error First, Last => Log;
atomic First:{own(session), look?};
atomic Choose:{table};
atomic Left:{log?};
atomic Right:{log};
atomic Read:{look?};
atomic Last:{table, log};
atomic Mend:{log?};
"""

# What is compiled instead: (name, pattern, replacement).
OTHER_PROGRAMS = [
    ("a constraint is dropped", r"atomic Mend:\{log\?\};", ""),
    ("one of two is dropped", r"table, log", "log"),
    ("a writer reads", r"atomic Left:\{log\?\};\natomic Right:\{log\};",
     "atomic Left:{log?};\natomic Right:{log?};"),
    ("a reader writes", r"look\?\};", "look};"),
    ("more is held than was asked for", r"Choose:\{table\};", "Choose:{table, own(session)};"),
    ("a constraint of the session is the program's", r"own\(session\)", "own"),
    ("arms change places", r"Choose:\[odd\] = Left -> Right;\nChoose:\[_\] = Turn;",
     "Choose:[odd] = Turn;\nChoose:[_] = Left -> Right;"),
    ("members change places", r"Left -> Right", "Right -> Left"),
    ("a handler is dropped", r"handle error First, Last", "handle error First"),
    ("another handler is called", r"Choose => Mend", "Choose => Left"),
    ("an await is dropped", r"await[^;]*;", ""),
    ("a blocking node is not", r"blocking Right;", ""),
    ("a loop does not turn", r"repeat[^;]*;", ""),
    ("nothing is closed", r" finally Close", ""),
]  # fmt: skip

# What is written over what is emitted: (name, kind, pattern, replacement, which of the matches).
# %END: the last step.
EDITS = [
    ("early acquisition is forgotten", "json", r'"lifted_from": "\w+"', '"lifted_from": null', 0),
    ("steps take as a reader", "json",
     r'("op": "take"[^}]*"write": )true', r"\1false", 0),
    ("steps take another constraint", "json",
     r'("op": "take"[^}]*"constraint": )"table"', r'\1"look"', 0),
    ("steps give another back", "json", r'("op": "give"[^}]*"constraint": )"table"', r'\1"log"', 0),
    ("steps do not give back", "json", r'"op": "give"', '"op": "copy"', 1),
    ("steps do not take", "json", r'"op": "take"', '"op": "copy"', 1),
    ("steps take in another order", "json",
     r'"constraint": "look"([^}]*\},\s*\{"op": "take"[^}]*"constraint": )"table"',
     r'"constraint": "table"\1"look"', 0),
    ("an error ends the flow with constraints held", "json",
     r'("op": "call", "next": \d+, "other": )\d+', r"\g<1>%END", 1),
    ("a place is around nothing", "json", r', "up": \d+', "", 3),
    ("C takes as a reader", "c", r"FLUX_WRITE, (\d)", r"FLUX_READ, \1", 0),
    ("C takes another constraint", "c", r"flux_take\(base, &flux_constraint_log",
     "flux_take(base, &flux_constraint_look", 0),
    ("C does not take", "c", r"    if \(!flux_take\(.*\n.*\n.*\n", "", 1),
    ("C does not give back", "c", r"    flux_give\(.*\n", "", 1),
    ("C does not give back after an error", "c", r"    flux_give\(.*\n", "", -1),
    ("C gives back twice", "c", r"(    flux_give\(.*\n)", r"\1\1", 0),
    ("C goes on elsewhere after waiting", "c", r"case 3: goto \w+", "case 3: goto resume_4", 0),
    ("C goes elsewhere after an error", "c", r"goto First_\d+;", "goto end;", 0),
    ("C ranks in another order", "c", r'"log", 1\)', '"log", 2)', 0),
    ("C names the place of another wait", "c",
     r"(flux_places_Listen.*\n.*\n.*\n.*places\[)\d+", r"\g<1>0", 0),
    ("C calls another node", "c", r"error = Left\(", "error = Read(", 0),
]  # fmt: skip


# What flows take (a!, as readers a?) and give back (-a), and whether they can wait in a circle.
CIRCLES = [
    ("one order", ["a! b! -b -a", "a? b! -b -a"], False),
    ("two orders", ["a! b! -b -a", "b! a! -a -b"], True),
    ("two orders, of readers", ["a? b? -b -a", "b? a? -a -b"], False),
    ("one waits for a writer in front", ["a? b? -b -a", "b! a? -a -b", "a! -a"], True),
    ("no writer is in front", ["a? b? -b -a", "b! a? -a -b"], False),
    ("a reader that queues again", ["a? a? -a -a", "a! -a"], True),
    ("a reader that becomes a writer", ["a? a! -a -a"], True),
    ("one after the other", ["a! -a b! -b", "b! -b a! -a"], False),
]


def edit(text, pattern, replacement, which):
    """The text with one of the matches replaced."""
    matches = list(re.finditer(pattern, text))
    if not matches:
        sys.exit(f"nothing to change: no {pattern}")
    match = matches[which]
    replacement = replacement.replace("%END", str(text.count('"op": ') - 1))
    return text[: match.start()] + match.expand(replacement) + text[match.end() :]


LIAR = """#!/bin/sh
# A compiler that lies: what it prints is what stands in these files, where they are.
for word; do case $word in
    --emit=*) kind=${word#--emit=} ;;
esac; done
cat "%s/$kind"
"""


def say(folder, outputs, path):
    """Has a liar print these outputs; returns what the checker says about the program."""
    for kind, output in outputs.items():
        Path(folder, kind).write_text(output)
    liar = Path(folder, "liar")
    liar.write_text(LIAR % folder)
    liar.chmod(0o755)
    result = subprocess.run(
        [HERE / "bin/fluxc", "--runtime=event", "--emit=json", path],
        env={**os.environ, "FLUXC_REAL": str(liar)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return result.returncode, result.stderr.strip()


def outputs_of(fluxc, path):
    command = [fluxc, "-w", "--runtime=event", "-o", "-", path]
    return {
        kind: subprocess.run(
            [*command, f"--emit={kind}"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        for kind in ("json", "c")
    }


def steps_of(text):
    """Steps as in --emit=json."""
    steps = []
    for word in text.split():
        op, name, write = "take", word[0], word.endswith("!")
        if word[0] == "-":
            op, name = "give", word[1]
        steps.append({"op": op, "constraint": name, "write": write, "next": len(steps) + 1})
    return [*steps, {"op": "end"}]


def main():
    fluxc = sys.argv[1]
    missed = 0
    for name, flows, circle in CIRCLES:
        program = {"prog": [{"steps": steps_of(flow)} for flow in flows]}
        good = (deadlock_of(program)[1] is not None) == circle
        missed += not good
        print(f"{'ok' if good else 'MISSED':<7} {name}: {'a circle' if circle else 'no circle'}")
    with tempfile.TemporaryDirectory() as folder:
        path, other = Path(folder, "x.flux"), Path(folder, "other.flux")
        path.write_text(PROGRAM)
        honest = outputs_of(fluxc, path)
        controls = [("nothing is wrong", honest)]
        for name, pattern, replacement in OTHER_PROGRAMS:
            other.write_text(edit(PROGRAM, pattern, replacement, 0))
            controls.append((name, outputs_of(fluxc, other)))
        for name, kind, pattern, replacement, which in EDITS:
            lie = edit(honest[kind], pattern, replacement, which)
            controls.append((name, {**honest, kind: lie}))
        for number, (name, outputs) in enumerate(controls):
            status, said = say(folder, outputs, path)
            good = status == (99 if number > 0 else 0)
            missed += not good
            said = said.partition(": ")[2]
            print(f"{'ok' if good else 'MISSED':<7} {name}: exit {status} {said}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
