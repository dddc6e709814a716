"""What a .flux file declares, read without fluxc: nodes, bodies, handlers, constraints.

Only what the checker needs: of a program that fluxc has accepted, hence no diagnostics. Order among
declarations matters for arms alone, so an included file is read where it is first named (R4).
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = re.compile(
    rb"""//[^\n]* | /\*.*?\*/ | %\{.*?%\} | "[^"\n]*" | [A-Za-z_][A-Za-z_0-9]* | [0-9]+ | => | ->
       | [][(){}=:,?!;*]""",
    re.S | re.X,
)
WILDCARDS = ("_", "*")


@dataclass
class Node:
    name: str
    outputs: object = None  # how many, where a signature says so
    arms: list = field(default_factory=list)  # (patterns or None, members); None: a wildcard
    handler: str = None
    uses: dict = field(default_factory=dict)  # constraint: whether it is written
    waits: bool = False  # await
    blocking: bool = False
    repeat: list = None


@dataclass
class Source:
    node: str  # None: a clock
    target: str
    session: str
    closing: str  # `finally`


class Text:
    """The declarations of a program."""

    def __init__(self, file, folders=()):
        self.folders = [Path(folder) for folder in folders]
        self.nodes = {}
        self.sources = []
        self.default_handler = None
        self.scopes = {}  # constraint: "program" or "session"
        self.known = set()
        self.read(Path(file))

    def node(self, name):
        return self.nodes.setdefault(name, Node(name))

    # ---- declarations ----------------------------------------------------------------------------

    def read(self, path):
        status = path.stat()
        if (status.st_dev, status.st_ino) in self.known:
            return
        self.known.add((status.st_dev, status.st_ino))
        words = []
        for match in TOKEN.finditer(path.read_bytes()):
            token = match[0].decode("latin-1")
            if token.startswith(("//", "/*", "%{")):
                continue
            if token != ";":
                words.append(token)
            elif words:
                self.declare(words, path)
                words = []

    def declare(self, words, path):
        first, second = words[0], words[1] if len(words) > 1 else ""
        if second in ("(", "=", ":"):  # whatever it is called (R2)
            self.declare_node(words)
        elif first == "include":
            self.include(second[1:-1], path)
        elif first == "source":
            self.declare_source(words[1:])
        elif first == "handle":
            arrow = words.index("=>")
            for name in words[2:arrow]:
                if name in WILDCARDS:
                    self.default_handler = words[arrow + 1]
                elif name != ",":
                    self.node(name).handler = words[arrow + 1]
            self.node(words[arrow + 1])
        elif first == "atomic":
            self.declare_uses(self.node(second).uses, words[4:-1])
        elif first == "blocking":
            for name in words[1:]:
                if name != ",":
                    self.node(name).blocking = True
        elif first == "await":
            self.node(second).waits = True
        elif first == "repeat":
            self.node(second).repeat = patterns(words[4:-1])

    def declare_node(self, words):
        node = self.node(words[0])
        if words[1] == "(":
            outputs = words[words.index("=>") + 2 : -1]
            node.outputs = 0 if outputs in ([], ["void"]) else 1 + outputs.count(",")
            return
        equals = words.index("=")
        members = [word for word in words[equals + 1 :] if word not in ("->", "(", ")")]
        node.arms.append((patterns(words[3 : equals - 1]) if words[1] == ":" else None, members))
        for member in members:
            self.node(member)

    def declare_source(self, words):
        arrow = words.index("=>")
        origin, target, rest = words[:arrow], words[arrow + 1], words[arrow + 2 :]
        if origin[0] == "parallel" and len(origin) > 1 and origin[1] != "{":
            origin = origin[1:]
        clock = origin[0] == "every" and len(origin) > 1 and origin[1].isdigit()
        session = origin[origin.index(":") + 1] if ":" in origin else None
        closing = rest[1] if rest else None
        self.sources.append(Source(None if clock else origin[0], target, session, closing))
        for name in (None if clock else origin[0], target, closing):
            if name is not None:
                self.node(name)

    def declare_uses(self, uses, words):
        """a, b?, c!, d?(session): several lines add up, the stronger mode counts (R28)."""
        at = 0
        while at < len(words):
            name, write = words[at], True
            at += 1
            if at < len(words) and words[at] in "?!":
                write = words[at] == "!"
                at += 1
            if at < len(words) and words[at] == "(":
                self.scopes[name] = words[at + 1]
                at += 3
            at += 1  # the comma
            self.scopes.setdefault(name, "program")
            uses[name] = uses.get(name, False) or write

    def include(self, name, path):
        for folder in [path.parent, *self.folders]:
            if (folder / name).exists():
                self.read(folder / name)
                return

    # ---- what follows from them ------------------------------------------------------------------

    def has_outputs(self, name):
        """Declared; or those of the last member of the first body that is not empty (R10)."""
        while True:
            node = self.nodes[name]
            if node.outputs is not None:
                return node.outputs > 0
            bodies = [members for _, members in node.arms if members]
            if not bodies:
                return False  # a handler declared nowhere (R24)
            name = bodies[0][-1]

    def ends(self, handler):
        return not self.has_outputs(handler)

    def rank(self, constraint):
        """Canonical order (R29), as something to compare."""
        return (self.scopes[constraint] != "session", constraint.encode("latin-1"))

    def reachable_arms(self, name):
        """Those up to the first that always matches: members of each."""
        for arm_patterns, members in self.nodes[name].arms:
            yield members
            if not any(arm_patterns or []):
                return


def patterns(words):
    return [None if word in WILDCARDS else word for word in words if word != ","]
