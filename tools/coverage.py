#!/usr/bin/env python3
"""coverage.py BUILD [-v] - what the tests have run of the compiler and the runtimes.

Reads what programs compiled with --coverage have left below BUILD. Prints lines and branches of each
folder (-v: of each file), then every branch of the lock analysis and of the runtimes' core that was
not taken and is not marked, then the bars. Exits 1 if a bar is missed or a mark is wrong.

A mark is a comment that begins on the line of the branch, or fills those above it, and gives a
reason:

    /* uncovered: REASON */     no test takes it; if one does, the mark is an error
    /* raced: REASON */         whether one takes it depends on how threads meet

The branches of an assert do not count: what it states is never to fail.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

LOCKS = ("fluxc/locks.c", "fluxc/held.c", "fluxc/emit_locks.c")

# What is to hold: a name, the files, what is counted, and which share of it is to be covered.
BARS = [
    ("lines of the compiler", ("fluxc/", "grammar/"), "lines", 95),
    ("branches of the lock analysis", LOCKS, "branches", 100),
    ("branches of the runtimes' core", ("runtimes/core/", "runtimes/debug/"), "branches", 100),
]

MARK = re.compile(r"/\* (uncovered|raced):\s*(.*?)\s*(?:\*/|$)")


class File:
    """What was run of one source file, in all the objects that it is part of."""

    def __init__(self, path):
        self.path = path
        self.text = Path(path).read_text(errors="replace").splitlines()
        self.lines = defaultdict(int)  # number: how often it was run
        self.branches = {}  # (number, function): how often each of its branches was taken
        self.marks = {}  # number: word and reason
        self.asserts = set()  # numbers
        self.find_marks()

    def find_marks(self):
        depth = 0  # of the parentheses of an assert
        for number, line in enumerate(self.text, 1):
            mark = MARK.search(line)
            if mark:
                self.marks[self.marked_line(number)] = mark.groups()
            begin = 0
            if depth == 0:
                found = re.search(r"\bassert\(", line)
                if not found:
                    continue
                begin = found.start()
            self.asserts.add(number)
            depth = max(0, depth + line.count("(", begin) - line.count(")", begin))

    def marked_line(self, number):
        """The line that a mark on this line is for."""
        if self.text[number - 1].lstrip().startswith("/*"):
            while not self.text[number - 1].rstrip().endswith("*/"):
                number += 1
            number += 1
        return number

    def add(self, line):
        """Adds a line as one object counts it; functions of headers are in several."""
        number = line["line_number"]
        taken = [branch["count"] for branch in line["branches"]]
        self.lines[number] += line["count"]
        if taken and number not in self.asserts:
            key = number, line.get("function_name", "")
            before = self.branches.get(key, [0] * len(taken))
            self.branches[key] = [a + b for a, b in zip(before, taken, strict=True)]

    def missed(self):
        """Lines with branches that were not taken and are not marked, and how often each was."""
        for (number, _), taken in sorted(self.branches.items()):
            if 0 in taken and number not in self.marks:
                yield number, taken

    def wrong_marks(self):
        for number, (word, reason) in self.marks.items():
            taken = [c for (n, _), counts in self.branches.items() if n == number for c in counts]
            if not reason:
                yield number, "the mark gives no reason"
            elif not taken:
                yield number, "the mark is on a line without branches"
            elif word == "uncovered" and 0 not in taken:
                yield number, "marked as uncovered, but every branch is taken"


class Sum:
    """Lines and branches of some files; marked branches count as neither taken nor missed."""

    def __init__(self, files):
        self.lines = self.lines_run = self.branches = self.taken = self.marked = 0
        for file in files:
            self.lines += len(file.lines)
            self.lines_run += sum(count > 0 for count in file.lines.values())
            for (number, _), counts in file.branches.items():
                taken = sum(count > 0 for count in counts)
                marked = len(counts) - taken if number in file.marks else 0
                self.marked += marked
                self.taken += taken
                self.branches += len(counts) - marked

    def share(self, what):
        done, total = (
            (self.lines_run, self.lines) if what == "lines" else (self.taken, self.branches)
        )
        return 100 * done / total if total else 100

    def __str__(self):
        marked = f", {self.marked} marked" if self.marked else ""
        return (
            f"lines {self.share('lines'):6.2f} % of {self.lines:5}   "
            f"branches {self.share('branches'):6.2f} % of {self.branches:5}{marked}"
        )


def reports(build):
    """What gcov says of each object."""
    objects = sorted(
        path.absolute()
        for folder in ("fluxc", "gen", "runtimes", "debug/runtimes/debug")
        for path in Path(build, "obj", folder).rglob("*.gcno")
        if folder != "gen" or path.parent.name == "gen"  # and not what fluxc has written
    )
    if not objects:
        sys.exit(f"coverage.py: nothing in {build} is compiled with --coverage")
    with tempfile.TemporaryDirectory() as scratch:
        result = subprocess.run(
            ["gcov", "--json-format", "--stdout", "--branch-probabilities", *objects],
            cwd=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # of objects that no test has run since they were compiled
            text=True,
        )
    for line in result.stdout.splitlines():
        if line:
            yield json.loads(line)


def read(build):
    """The project's files, by path: of what is compiled neither the C library's headers nor code
    that bison and flex wrote, but for the lines that the grammar gave them."""
    files = {}
    for report in reports(build):
        for entry in report["files"]:
            path = entry["file"]
            if path.startswith(("fluxc/", "grammar/", "runtimes/")) and Path(path).exists():
                file = files.setdefault(path, File(path))
                for line in entry["lines"]:
                    file.add(line)
    return {path: file for path, file in sorted(files.items()) if file.lines}


def main():
    build, verbose = sys.argv[1], "-v" in sys.argv[2:]
    files = read(build)
    wrong = 0

    folders = defaultdict(list)
    for path, file in files.items():
        folders[str(Path(path).parent)].append(file)
    for folder, members in sorted(folders.items()):
        print(f"{folder:<32} {Sum(members)}")
        for file in members if verbose else []:
            print(f"  {Path(file.path).name:<30} {Sum([file])}")

    for file in files.values():
        for number, what in file.wrong_marks():
            print(f"{file.path}:{number}: {what}")
            wrong += 1
        if any(what == "branches" and file.path.startswith(paths) for _, paths, what, _ in BARS):
            for number, taken in file.missed():
                counts = " ".join(map(str, taken))
                print(f"{file.path}:{number}: branches taken {counts} times")
                print(f"    {file.text[number - 1].strip()}")

    for name, paths, what, bar in BARS:
        share = Sum(file for path, file in files.items() if path.startswith(paths)).share(what)
        wrong += share < bar
        print(f"{'MISSES' if share < bar else 'holds '}  {name}: {share:.2f} %, at least {bar} %")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
