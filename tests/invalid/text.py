"""A .flux file as words with places, and what it declares: as much as mutations need to know.

Only of programs that fluxc accepts, in one file. Offsets count bytes, since text is read as Latin-1.
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/) | (?P<block>%\{.*?%\}) | (?P<text>"[^"\n]*")
      | (?P<word>[A-Za-z_][A-Za-z_0-9]*) | (?P<number>[0-9]+) | (?P<sign>=>|->|[][(){}=:,?!;*])""",
    re.S | re.X,
)
WILDCARDS = ("_", "*")


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    begin: int
    end: int
    index: int  # among the tokens of the file


@dataclass
class Use:
    """A constraint in a list: name, mode, (scope)."""

    name: Token
    scope: Token = None
    end: int = 0


@dataclass
class Declaration:
    kind: str
    tokens: list  # without the semicolon
    end: Token  # the semicolon
    name: Token = None  # the node that it is about; of a typedef the semantic type
    inputs: list = field(default_factory=list)  # of a signature: the tokens of each
    outputs: list = field(default_factory=list)
    patterns: list = None
    members: list = field(default_factory=list)
    target: Token = None  # of a source or a handler
    function: Token = None  # of a typedef or a session
    last: Token = None  # behind `finally`
    number: Token = None  # behind `every` and `within`
    nodes: list = field(default_factory=list)  # of a handler or `blocking`
    uses: list = field(default_factory=list)
    fields: list = field(default_factory=list)  # that an await names

    @property
    def begin(self):
        return self.tokens[0].begin


def read_tokens(text):
    tokens, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"no Flux at byte {at}")
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match[0], at, match.end(), len(tokens)))
        at = match.end()
    return tokens


def split_list(tokens):
    """The tokens between commas."""
    parts = [[]]
    for token in tokens:
        if token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if parts != [[]] else []


def read_fields(tokens):
    fields = split_list(tokens)
    return [] if [[t.text for t in f] for f in fields] == [["void"]] else fields


def index_of(tokens, text):
    return next((i for i, token in enumerate(tokens) if token.text == text), None)


def read_uses(tokens):
    uses = []
    for part in split_list(tokens):
        scope = index_of(part, "(")
        uses.append(Use(part[0], part[scope + 1] if scope is not None else None, part[-1].end))
    return uses


def read_declaration(tokens, end):
    first, second = tokens[0].text, tokens[1].text
    made = Declaration("", tokens, end, name=tokens[0])
    if second == "(":
        made.kind = "signature"
        arrow = index_of(tokens, "=>")
        made.inputs = read_fields(tokens[2 : arrow - 1])
        made.outputs = read_fields(tokens[arrow + 2 : -1])
    elif second in ("=", ":"):
        made.kind = "body"
        equals = index_of(tokens, "=")
        if second == ":":
            made.patterns = [part[0] for part in split_list(tokens[3 : equals - 1])]
        made.members = [t for t in tokens[equals + 1 :] if t.text not in ("->", "(", ")")]
    elif first == "source":
        read_source(made)
    elif first == "typedef":
        made.kind, made.name, made.function = "typedef", tokens[1], tokens[2]
    elif first == "handle":
        made.kind, made.target = "handler", tokens[-1]
        made.nodes = [t for t in tokens[2 : index_of(tokens, "=>")] if t.text != ","]
    elif first == "blocking":
        made.kind, made.name = "blocking", tokens[1]
        made.nodes = [t for t in tokens[1:] if t.text != ","]
    elif first == "include":
        made.kind = "include"
    else:
        made.kind, made.name = first, tokens[1]
        if first == "atomic":
            made.uses = read_uses(tokens[4:-1])
        elif first == "repeat":
            made.patterns = [part[0] for part in split_list(tokens[4:-1])]
        elif first == "await":
            made.fields = [tokens[5]]
            if tokens[-1].text != ")":
                made.number = next((t for t in tokens if t.kind == "number"), None)
                made.fields += [tokens[-1]] if made.number is None else []
    return made


def read_source(made):
    tokens = made.tokens
    arrow = index_of(tokens, "=>")
    origin = tokens[1:arrow]
    made.kind, made.target = "source", tokens[arrow + 1]
    made.last = tokens[-1] if len(tokens) > arrow + 2 else None
    if len(origin) == 3 and origin[0].text == "every" and origin[1].kind == "number":
        made.kind, made.name, made.number = "clock", None, origin[1]
        return
    if origin[0].text == "parallel" and len(origin) > 1 and origin[1].kind == "word":
        origin = origin[1:]
    made.name = origin[0]
    made.function = origin[4] if len(origin) > 1 else None


def read_type(tokens):
    """A type in words that are equal at least where fluxc takes types to be equal (R5)."""
    words = [token.text for token in tokens[:-1]]
    signs = words.count("*")
    return (frozenset(words) - {"*", "int", "signed", "const"}, signs)


class Text:
    """A program."""

    def __init__(self, text):
        self.text = text
        self.tokens = read_tokens(text)
        self.declarations = []
        words = []
        for token in self.tokens:
            if token.kind == "block":
                continue
            if token.text != ";":
                words.append(token)
            elif words:
                self.declarations.append(read_declaration(words, token))
                words = []
        self.signatures = {d.name.text: d for d in self.of("signature")}
        self.bodies = {}
        for declaration in self.of("body"):
            self.bodies.setdefault(declaration.name.text, []).append(declaration)
        self.session_functions = {d.function.text for d in self.of("source") if d.function}
        self.words = {token.text for token in self.tokens}
        self.reached = self.find_reached()

    def of(self, *kinds):
        return [d for d in self.declarations if d.kind in kinds]

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    # ---- what nodes take and give ----------------------------------------------------------------

    def fields(self, name, side):
        """side: "inputs" or "outputs". Types, or None where no declaration tells."""
        for _ in range(1000):  # no program that is accepted goes round
            if name in self.signatures:
                return [read_type(f) for f in getattr(self.signatures[name], side)]
            models = [body for body in self.bodies.get(name, []) if body.members]
            if not models:
                return None
            name = models[0].members[0 if side == "inputs" else -1].text
        return None

    def concrete(self):
        """Names of nodes with a signature and without a body."""
        return [name for name in self.signatures if name not in self.bodies]

    def sources(self):
        return {d.name.text for d in self.of("source")}

    def junctions(self):
        """Each (body, index) of a member that another stands before."""
        for bodies in self.bodies.values():
            for body in bodies:
                for i in range(1, len(body.members)):
                    yield body, i

    def pinned(self, name, side, seen=()):
        """Whether something else than the node itself tells what it has to take or to give."""
        end = 0 if side == "inputs" else -1
        if side == "inputs" and any(d.target.text == name for d in self.of("source", "clock")):
            return True
        for outer, bodies in self.bodies.items():
            for body in bodies:
                places = [i for i, member in enumerate(body.members) if member.text == name]
                inner = set(places) - {end % len(body.members)} if places else set()
                if inner:
                    return True
                if places and outer not in seen:
                    if outer in self.signatures or self.pinned(outer, side, (*seen, outer)):
                        return True
        return False

    # ---- where flows come by ---------------------------------------------------------------------

    def find_reached(self):
        handlers = {n.text: d.target.text for d in self.of("handler") for n in d.nodes}
        waiting = [t.text for d in self.of("source", "clock") for t in (d.name, d.target, d.last) if t]
        waiting += [handlers[w] for w in WILDCARDS if w in handlers]
        reached = set()
        while waiting:
            name = waiting.pop()
            if name in reached:
                continue
            reached.add(name)
            waiting += [member.text for body in self.bodies.get(name, []) for member in body.members]
            waiting += [handlers[name]] if name in handlers else []
        return reached

    def below(self, name):
        """Abstract nodes that a node leads to, itself not among them."""
        found, waiting = [], [name]
        while waiting:
            for body in self.bodies.get(waiting.pop(), []):
                for member in body.members:
                    if member.text in self.bodies and member.text not in found:
                        found.append(member.text)
                        waiting.append(member.text)
        return found
