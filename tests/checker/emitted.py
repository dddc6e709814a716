"""Whether the emitted C does what the steps say: both are walked side by side.

fluxc writes C in a few fixed shapes; a flow's function is read as a list of instructions, with
labels, and from the first on the C and the steps must meet the same takes, gives, calls, tests and
waits, with the same constraints, modes, places and numbers, whichever way is taken. Steps without
such an instruction (copies, the bookkeeping of errors) are stepped over on both sides.
"""

import re

from wrong import Wrong, check

# How an instruction looks: its kind, and a pattern whose groups are what it is compared by.
SHAPES = [
    ("skip", r"switch \(\w+->at\) \{.*?\n    \}"),
    ("skip", r"(?:struct )?\w+ \w+ = \{.*?\};"),
    ("skip", r"[\w>\[\]-]+ = \(struct flux_failure\)\{[^;]*\};"),
    ("label", r"(\w+):(?!:)"),
    ("goto", r"goto (\w+);"),
    ("wait", r"if \(!(flux_\w+)\(([^;]*?)\)\)\s*return FLUX_PARKED;"),
    ("error", r"if \([\w>-]+ != 0\) \{\s*flux_failing\(\w+, &flux_places\[(\d+)\], [^;]*\);"
              r"\s*goto (\w+);\s*\}"),
    ("test", r"if \(([^;()]+) < 0\)\s*[^;()]+ = (\w+)\([^;]*\);\s*if \(![^;()]+\)\s*goto (\w+);"),
    ("test", r"if \(!(?:(?!flux_))(\w+)\([^;]*?\)\)\s*goto (\w+);"),
    ("stopped", r"if \(\w+->failed_code == FLUX_STOP\)\s*goto (\w+);"),
    ("give", r"(flux_give\w*)\(([^;]*)\);"),
    ("born", r"return flux_source_done\(\w+, (\d+)\);"),
    ("leave", r"return flux_source_fail\([^;]*\);"),
    ("end", r"return FLUX_ENDED;"),
    ("call", r"\w+ = (\w+)\([^;]*\);(?=\s*\}?\s*if \(\w+ != 0\))"),
    ("skip", r"[{}]"),
    ("skip", r"[^;{}]*;"),
]  # fmt: skip
SHAPE = re.compile(
    r"\s*(?:" + "|".join(f"(?P<s{i}>{shape})" for i, (_, shape) in enumerate(SHAPES)) + ")", re.S
)
NOTHING = re.compile(r"\s*$")
WAITS = {
    "await": "flux_await",
    "block": "flux_block",
    "unblock": "flux_unblock",
    "turn": "flux_turn",
    "step": "flux_step",
}


class Function:
    """The instructions of one source's function: (kind, groups)."""

    def __init__(self, body):
        self.code = []
        self.labels = {}
        self.resumes = {int(n): label for n, label in re.findall(r"case (\d+): goto (\w+);", body)}
        at = 0
        while not NOTHING.match(body, at):
            match = SHAPE.match(body, at)
            check(match, f"C that cannot be read: {body[at : at + 80]!r}")
            number = next(i for i in range(len(SHAPES)) if match[f"s{i}"] is not None)
            first = match.re.groupindex[f"s{number}"]
            count = re.compile(SHAPES[number][1]).groups
            groups = match.groups()[first : first + count]
            if SHAPES[number][0] == "label":
                self.labels[groups[0]] = len(self.code)
            elif SHAPES[number][0] != "skip":
                self.code.append((SHAPES[number][0], groups))
            at = match.end()

    def settle(self, at):
        """Where control is, gotos followed."""
        for _ in range(len(self.code) + 1):
            check(at < len(self.code), "control leaves the function")
            if self.code[at][0] != "goto":
                return at
            at = self.labels[self.code[at][1][0]]
        raise Wrong("control runs in a circle")


class Emitted:
    def __init__(self, program, text, c):
        self.program = program
        self.text = text
        c = re.sub(r"/\*.*?\*/", "", c, flags=re.S)
        c = re.sub(r"^#.*$", "", c, flags=re.M)
        bodies = re.findall(r"^FLUX_FIELDWISE [^\n]*\n\{\n(.*?)^\}$", c, re.S | re.M)
        self.functions = [Function(body) for body in bodies]
        order = sorted(text.scopes, key=text.rank)
        self.sessions = [name for name in order if text.scopes[name] == "session"]
        tables = re.findall(r"flux_places_\w+\[\] = \{(.*?)\};", c, re.S)
        self.places = [re.findall(r"flux_places\[(\d+)\]|NULL", table) for table in tables]
        self.check_tables(c)

    def check_tables(self, c):
        order = sorted(self.text.scopes, key=self.text.rank)
        ranks = re.findall(r'flux_constraint_(\w+) = FLUX_CONSTRAINT\("(\w+)", (\d+)\);', c)
        right = [
            (name, name, str(rank)) for rank, name in enumerate(order) if name not in self.sessions
        ]
        check(ranks == right, f"constraints of program scope are {ranks}, not {right}")
        table = re.search(r"flux_session_constraints\[\] = \{(.*?)\};", c, re.S)
        named = re.findall(r'"(\w+)"', table[1]) if table else []
        check(named == self.sessions, f"constraints of sessions are {named}")

    def lock_of(self, function, arguments):
        """flux_take(base, &flux_constraint_a, FLUX_WRITE, 2): ("a", True, ["2"])"""
        words = [word.strip() for word in arguments.split(",")]
        if function.endswith("_session"):
            name = self.sessions[int(words[1])]
        else:
            name = words[1].removeprefix("&flux_constraint_")
        return name, words[2] == "FLUX_WRITE", words[3:]

    # ---- one step of both ------------------------------------------------------------------------

    def compare(self, function, at, step):
        """The instruction at `at` is the step; returns where C goes on: {"next": ..., "other":}."""
        kind, groups = function.code[at]
        op, after = step["op"], at + 1
        if op in WAITS or op == "take":
            check(kind == "wait", f"{op}, but C has {kind} {groups}")
            number = groups[1].rpartition(",")[2].strip()
            check(number == str(step["suspends"]), f"C waits as {number}")
            check(function.labels[function.resumes[int(number)]] == after, "C resumes elsewhere")
            if op == "take":
                name, write, _ = self.lock_of(*groups)
                check(groups[0].startswith("flux_take"), f"C waits by {groups[0]}")
                self.same_lock(step, name, write)
            else:
                check(groups[0] == WAITS[op], f"C waits by {groups[0]}")
        elif op == "give":
            check(kind == "give", f"give, but C has {kind} {groups}")
            name, write, _ = self.lock_of(*groups)
            self.same_lock(step, name, write)
        elif op in ("call", "join"):
            node = self.program["places"][step["place"]]["node"] if op == "call" else None
            check(kind == "call", f"{op}, but C has {kind} {groups}")
            check(groups[0] == (node or "flux_session_join"), f"C calls {groups[0]}")
        elif op == "test":
            check(kind == "test" and groups[-2] == step["predicate"], f"C has {kind} {groups}")
            return {"next": after, "other": function.labels[groups[-1]]}
        elif op == "stopped":
            check(kind == op, f"C has {kind} {groups}")
            return {"next": after, "other": function.labels[groups[0]]}
        elif op == "born":
            check(kind == op and groups[0] == str(step["suspends"]), f"C has {kind} {groups}")
            resumed = function.labels[function.resumes[step["suspends"]]]
            check(resumed == after, "C resumes elsewhere")
        else:
            check(kind == op, f"{op}, but C has {kind} {groups}")
        ways = {"next": after}
        if op in ("call", "join", "await"):
            kind, groups = function.code[after]
            check(kind == "error", f"{op}, but no error edge in C")
            check(int(groups[0]) == step["place"], f"C blames place {groups[0]}")
            ways = {"next": after + 1, "other": function.labels[groups[1]]}
        return ways

    def same_places(self, steps, places):
        """Where a flow is that goes on at a number: the place of the step that it waited at."""
        right = {step["suspends"]: step.get("place", "") for step in steps if "suspends" in step}
        right = [str(right.get(number, "")) for number in range(len(right) + 1)]
        check(places == right, f"the places of waits are {places}, not {right}")

    def same_lock(self, step, name, write):
        right = (step["constraint"], step["write"])
        check((name, write) == right, f"C has '{name}', writing: {write}")

    # ---- both, every way -------------------------------------------------------------------------

    SILENT = {"copy", "memo", "nomatch", "fail", "recover", "unhandled"}

    def walk(self, function, steps):
        seen, work = set(), [(0, 0)]
        while work:
            at, index = work.pop()
            while steps[index]["op"] in self.SILENT:
                index = steps[index]["next"]
            at = function.settle(at)
            if (at, index) in seen:
                continue
            seen.add((at, index))
            try:
                ways = self.compare(function, at, steps[index])
            except Wrong as wrong:
                raise Wrong(f"step {index} at {steps[index]['at']}, in C: {wrong}") from None
            work += [(ways[way], steps[index][way]) for way in ways if way in steps[index]]
        reached = {at for at, _ in seen}
        for at, (kind, groups) in enumerate(function.code):
            asked = at in reached or kind in ("goto", "error")
            check(asked, f"C that no step asks for: {kind} {groups}")

    def run(self):
        routines = self.program["prog"]
        check(len(self.functions) == len(routines), f"{len(self.functions)} functions in C")
        for function, routine in zip(self.functions, routines):
            self.walk(function, routine["steps"])
            if any("suspends" in step for step in routine["steps"]):
                check(self.places, "the places of waits are missing")
                self.same_places(routine["steps"], self.places.pop(0))
