"""A Flux program as the kit sees it, read from its text and written to it.

The text is all there is to know: what nodes do is said in comments that fluxc passes over,

    //: N3 fails 2 code 5 waits sleep        fails for 2 of 16 hashes, with 5, and sleeps a while
    //: odd holds 3                          a predicate that holds for 3 of 8 values
    //: S0 flows 12                          a source that returns twelve times, then FLUX_STOP
    //: program pipes late                   see DESCRIPTORS; also: sockets, mail

so any program in this form, also one written by hand, has an oracle and can be run. Fields are told
by their names, each of which stands for one type (FIELDS). The reader is for what the writer writes,
one declaration a line, and takes the program to be valid: fluxc has compiled it first.
"""

import re
from dataclasses import dataclass, field

FIELDS = {
    "trip": "struct trip *",  # the flow's record in kit.c
    "a": "uint64_t ",
    "b": "uint64_t ",
    "c": "uint64_t ",
    "w": "uint32_t ",
    "fd": "int ",  # one of DESCRIPTORS, which the flow owns
    "limit": "int ",  # milliseconds, one of LIMITS
    "code": "int ",
    "error": "int ",
}

# What a field `fd` may be, by what the program's awaits are like: their numbers are those of kit.c.
# bad: -1; ready: a byte is there; closed: the other end is; empty: never anything; late: a byte
# that somebody sends later.
DESCRIPTORS = {
    "prompt": ["bad", "ready", "closed", "empty"],  # awaits have short limits
    "late": ["bad", "ready", "closed", "late"],  # awaits have long limits or none
}
LIMITS = {"prompt": [0, 1, 2], "late": [-1, 60000]}


# With `mail`, what `late` descriptors wait for is sent by other flows.
MAIL = [
    "source Mail {session: MailSession} => Deliver;",
    "Mail () => (uint64_t letter);",
    "Deliver (uint64_t letter) => ();",
]


@dataclass
class Arm:
    patterns: list  # None: a plain body
    members: list


@dataclass
class Use:
    name: str
    mode: str  # "", "!" or "?"
    session: bool

    @property
    def write(self):
        return self.mode != "?"


@dataclass
class Node:
    name: str
    inputs: tuple = ()  # names of fields
    outputs: tuple = ()
    arms: list = field(default_factory=list)  # none: concrete
    declared: bool = True  # whether its signature stands in the text
    handler: str = None
    atomic: list = field(default_factory=list)  # a list of uses for each line
    blocking: bool = False
    awaits: tuple = None  # (ready, limit): "30 s", a field, or None
    repeat: list = None  # patterns
    fails: int = 0  # for so many of 16 hashes
    code: int = 5
    waits: str = ""  # "", "yield", "sleep", "pipe" or "poll"

    @property
    def concrete(self):
        return not self.arms

    @property
    def uses(self):
        return [use for line in self.atomic for use in line]


@dataclass
class Source:
    node: str
    target: str
    parallel: bool = False
    session: str = None  # its function
    closes: str = None  # the node behind `finally`
    flows: int = 10


@dataclass
class Program:
    nodes: dict = field(default_factory=dict)
    sources: list = field(default_factory=list)
    types: dict = field(default_factory=dict)  # semantic type: predicate
    predicates: dict = field(default_factory=dict)  # predicate: (field, holds for so many of 8)
    default: str = None  # handle error *
    initial: str = None
    final: str = None
    pipes: str = "prompt"
    sockets: bool = False  # socket pairs for pipes
    mail: bool = False  # letters are delivered by flows of a source Mail, see MAIL

    @property
    def constraints(self):
        """{name: session}, in the order of their names."""
        found = {use.name: use.session for node in self.nodes.values() for use in node.uses}
        return {name: found[name] for name in sorted(found)}

    @property
    def meets(self):
        """Some flows go on only beside others."""
        return any(node.waits == "meet" for node in self.nodes.values())

    def origin(self, source):
        """The node that begins a source: itself, or the first one in it."""
        node = self.nodes[source.node]
        while not node.concrete:
            node = self.nodes[node.arms[0].members[0]]
        return node


# ---- writing -------------------------------------------------------------------------------------


def fields_text(names):
    return "(" + ", ".join(FIELDS[name] + name for name in names) + ")"


def body_text(members):
    """Longer bodies are written with parentheses, which mean nothing (R10)."""
    if len(members) > 2:
        return f"{members[0]} -> ({' -> '.join(members[1:])})"
    return " -> ".join(members)


def write(program):
    lines = ["%{", "struct trip;", "%}"]
    kind = [word for word in ("sockets", "mail") if getattr(program, word)]
    lines.append(" ".join(["//: program pipes", program.pipes, *kind]))
    lines += MAIL if program.mail else []
    for source in program.sources:
        words = ["source"] + (["parallel"] if source.parallel else []) + [source.node]
        words += [f"{{session: {source.session}}}"] if source.session else []
        words += ["=>", source.target] + (["finally", source.closes] if source.closes else [])
        lines.append(" ".join(words) + ";")
        lines.append(f"//: {program.origin(source).name} flows {source.flows}")
    for name, predicate in program.types.items():
        lines.append(f"typedef {name} {predicate};")
    for name, (of, holds) in program.predicates.items():
        lines.append(f"//: {name} of {of} holds {holds}")
    for node in program.nodes.values():
        lines += node_lines(node)
    lines += handler_lines(program)
    for word, name in (("initial", program.initial), ("final", program.final)):
        if name:
            lines.append(f"{word} {name};")
    if program.default:
        lines.append(f"handle error * => {program.default};")
    return "\n".join(lines) + "\n"


def node_lines(node):
    if node.declared:
        yield f"{node.name} {fields_text(node.inputs)} => {fields_text(node.outputs)};"
    for arm in node.arms:
        patterns = f":[{', '.join(arm.patterns)}]" if arm.patterns else ""
        yield f"{node.name}{patterns} = {body_text(arm.members)};"
    if node.concrete and (node.fails or node.waits):
        words = [f"fails {node.fails} code {node.code}"] if node.fails else []
        words += [f"waits {node.waits}"] if node.waits else []
        yield f"//: {node.name} {' '.join(words)}"
    if node.repeat:
        yield f"repeat {node.name}:[{', '.join(node.repeat)}];"
    if node.blocking:
        yield f"blocking {node.name};"
    if node.awaits:
        ready, limit = node.awaits
        yield f"await {node.name}: {ready}(fd){f' within {limit}' if limit else ''};"
    for line in node.atomic:
        uses = (use.name + use.mode + ("(session)" if use.session else "") for use in line)
        yield f"atomic {node.name}:{{{', '.join(uses)}}};"


def handler_lines(program):
    """A line for each handler, with all the nodes it serves."""
    served = {}
    for node in program.nodes.values():
        if node.handler:
            served.setdefault(node.handler, []).append(node.name)
    for handler, names in served.items():
        yield f"handle error {', '.join(names)} => {handler};"


# ---- reading -------------------------------------------------------------------------------------

FORMS = [  # the first that matches a declaration
    ("note", r"//: (\w+) (.*)"),
    ("source", r"source (parallel )?(\w+)(?: \{session: (\w+)\})? => (\w+)(?: finally (\w+))?"),
    ("typedef", r"typedef (\w+) (\w+)"),
    ("handle", r"handle error (.*) => (\w+)"),
    ("atomic", r"atomic (\w+):\{(.*)\}"),
    ("blocking", r"blocking (\w+)"),
    ("await", r"await (\w+): (\w+)\(fd\)(?: within ([^;]*))?"),
    ("repeat", r"repeat (\w+):\[(.*)\]"),
    ("edge", r"(initial|final) (\w+)"),
    ("signature", r"(\w+) \((.*)\) => \((.*)\)"),
    ("body", r"(\w+)(?::\[(.*)\])? = ?(.*)"),
]
FORMS = [(name, re.compile(form + ";?")) for name, form in FORMS]


def words_of(text):
    return re.findall(r"\w+", text)


def read_fields(text):
    return tuple(re.search(r"\w+$", each)[0] for each in text.split(", ") if each)


class Reader:
    def __init__(self):
        self.program = Program()
        self.flows = {}
        self.handled = []  # (node, handler), as written

    def node(self, name):
        return self.program.nodes.setdefault(name, Node(name, declared=False))

    def note(self, name, text):
        words = words_of(text.replace("-", "minus"))
        values = dict(zip(words[::2], words[1::2]))
        if name == "program":
            self.program.pipes = values["pipes"]
            self.program.sockets = "sockets" in words
            self.program.mail = "mail" in words
        elif "holds" in values:
            self.program.predicates[name] = (values["of"], int(values["holds"]))
        elif "flows" in values:
            self.flows[name] = int(values["flows"])
        else:
            node = self.node(name)
            node.fails = int(values.get("fails", 0))
            node.code = int(values.get("code", "5").replace("minus", "-"))
            node.waits = values.get("waits", "")

    def source(self, parallel, node, session, target, closes):
        self.program.sources.append(Source(node, target, bool(parallel), session, closes))

    def typedef(self, name, predicate):
        self.program.types[name] = predicate

    def handle(self, names, handler):
        self.handled += [(name, handler) for name in names.split(", ")]

    def atomic(self, name, text):
        uses = re.findall(r"(\w+)([?!]?)(\(session\))?(?:, |$)", text)
        self.node(name).atomic.append([Use(use, mode, bool(scope)) for use, mode, scope in uses])

    def blocking(self, name):
        self.node(name).blocking = True

    def await_(self, name, ready, limit):
        self.node(name).awaits = (ready, limit)

    def repeat(self, name, patterns):
        self.node(name).repeat = patterns.split(", ")

    def edge(self, which, name):
        setattr(self.program, which, name)

    def signature(self, name, inputs, outputs):
        node = self.node(name)
        node.inputs, node.outputs = read_fields(inputs), read_fields(outputs)
        node.declared = True

    def body(self, name, patterns, members):
        arm = Arm(patterns.split(", ") if patterns else None, words_of(members))
        self.node(name).arms.append(arm)

    def infer(self, name):
        """The signature of an abstract node that declares none (R10)."""
        node = self.node(name)
        if node.declared or node.concrete:
            return node
        body = next(arm.members for arm in node.arms if arm.members)
        node.inputs = self.infer(body[0]).inputs
        node.outputs = self.infer(body[-1]).outputs
        return node

    def read(self, text):
        text = re.sub(r"%\{.*?%\}", "", text, flags=re.S)
        for line in text.splitlines():
            if line in MAIL:
                continue
            for name, form in FORMS:
                found = form.fullmatch(line)
                if found:
                    getattr(self, name if name != "await" else "await_")(*found.groups())
                    break
        program = self.program
        for name in list(program.nodes):
            self.infer(name)
        for name, handler in self.handled:
            inputs = () if name == "*" else self.node(name).inputs
            target = self.node(handler)
            if not target.declared and not target.arms:  # implied (R24)
                target.inputs = inputs + ("error",)
            if name == "*":
                program.default = handler
            else:
                self.node(name).handler = handler
        for source in program.sources:
            source.flows = self.flows[program.origin(source).name]
        return program


def read(text):
    return Reader().read(text)
