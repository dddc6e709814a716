"""Random valid programs: generate(seed) is always the same program (program.py).

    python3 tests/random/generate.py SEED                   prints it
    python3 tests/random/generate.py FIRST LAST FOLDER      writes FOLDER/SEED.flux

A node is made from the outside in, with the inputs and outputs that its place asks for; it is
complete once its members and its handler are. Whoever needs a node of that signature may take a
complete one instead of making another: so nodes are shared, by members, handlers and flows, and
nothing leads back to itself (R11). What a source consists of comes from a pool of its own, as there
sessions are unknown (R32), and where copies of it are stopped in the middle, awaits (R36).
"""

import random
import sys
from pathlib import Path

from oracle import Endless, Oracle
from program import LIMITS, Arm, Node, Program, Source, Use, read, write

CODES = [5, 110, 125, -3, 70000, -4096, -4097]  # EIO, ETIMEDOUT, ECANCELED, FLUX_ENOMATCH, FLUX_STOP
PLACES_MAX = 40  # of a node that is used again; of a flow twice as many, as a rule
INTS = ("fd", "limit", "code", "error")


class Generator:
    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.program = Program()
        self.complete = {"flow": [], "source": [], "calm": []}
        self.places = {}  # of each node, with what is in it
        self.budget = self.pick.choice([3, 5, 8, 8, 12, 20, 30])  # concrete nodes
        self.depth = self.pick.randint(2, 5)
        self.sessions = self.pick.random() < 0.5
        self.trouble = self.pick.choice([0, 1, 1, 2, 4])  # how often nodes fail
        self.waiting = self.pick.choice([0.1, 0.4, 0.8])  # how many nodes wait in the middle

    def chance(self, probability):
        return self.pick.random() < probability

    # ---- what all nodes use ----------------------------------------------------------------------

    def shape(self):
        names = ["a"] + (["trip"] if self.chance(0.8) else [])
        names += [name for name in ("b", "c", "w") if self.chance(0.3)]
        if self.chance(0.6):
            names += ["fd"] + (["limit"] if self.chance(0.4) else [])
        self.pick.shuffle(names)
        return tuple(names)

    def vocabulary(self):
        program, pick = self.program, self.pick
        program.pipes = pick.choice(["prompt", "late"])
        program.sockets = self.chance(0.5)
        program.mail = program.pipes == "late" and self.chance(0.4)
        self.shapes = [self.shape() for _ in range(pick.randint(1, 3))]
        self.by_type = {"a": ["odd", "big", "wide"], "w": ["short"], "trip": ["early"], "int": ["gone"]}
        program.types = {
            "odd": "IsOdd",
            "big": "IsBig",
            "wide": "IsBig",  # two types, one predicate
            "short": "IsShort",
            "early": "IsEarly",
            "gone": "IsGone",
        }
        program.predicates = {
            "IsOdd": ("a", 4),
            "IsBig": ("a", pick.randint(1, 6)),
            "IsShort": ("w", 3),
            "IsEarly": ("trip", 5),
            "IsGone": ("int", 1),
        }
        names = pick.sample(["a", "b", "c", "d", "e", "f"], pick.randint(1, 6))
        self.plain = [name for name in names if name < "e"] or ["a"]
        self.scoped = [name for name in names if name >= "e"] if self.sessions else []

    def pattern(self, name):
        kind = "int" if name in INTS else "a" if name in ("b", "c") else name
        return self.pick.choice(self.by_type[kind]) if self.chance(0.35) else "_"

    def patterns(self, names):
        return [self.pattern(name) for name in names]

    def new(self, inputs, outputs):
        node = Node(f"N{len(self.program.nodes)}", inputs, outputs)
        self.program.nodes[node.name] = node
        return node

    # ---- nodes -----------------------------------------------------------------------------------

    def make(self, inputs, outputs, depth, pool):
        """The name of a node with this signature."""
        pick = self.pick
        ready = [
            name
            for name in self.complete[pool]
            if self.signature(name) == (inputs, outputs) and self.places[name] < PLACES_MAX
        ]
        if ready and (self.budget <= 0 or self.chance(0.3)):
            return pick.choice(ready)
        node = self.new(inputs, outputs)
        size = 1
        if depth > 0 and self.budget > 1 and self.chance(0.75):
            size += self.fill(node, depth, pool)
        else:
            self.budget -= 1
            self.behave(node, pool)
        if self.chance(0.35) and self.budget > 0 and node.inputs:
            size += self.add_handler(node, depth, pool)
        self.hold(node, pool)
        self.places[node.name] = size
        self.complete[pool].append(node.name)
        return node.name

    def signature(self, name):
        node = self.program.nodes[name]
        return (node.inputs, node.outputs)

    def chain(self, inputs, outputs, depth, pool, count):
        members, given = [], inputs
        for k in range(count):
            taken = outputs if k == count - 1 else self.pick.choice(self.shapes)
            members.append(self.make(given, taken, depth - 1, pool))
            given = taken
        return members, sum(self.places[name] for name in members)

    def fill(self, node, depth, pool):
        pick, size = self.pick, 0
        empty = node.inputs == node.outputs
        if node.inputs and self.chance(0.5):
            for k in range(pick.randint(1, 3)):
                count = pick.randint(0 if empty and k > 0 else 1, 2)
                members, places = self.chain(node.inputs, node.outputs, depth, pool, count)
                node.arms.append(Arm(self.patterns(node.inputs), members))
                size += places
            if self.chance(0.7):
                last = node.arms[-1]
                last.patterns = ["_"] * len(node.inputs)
        else:
            members, size = self.chain(node.inputs, node.outputs, depth, pool, pick.randint(1, 4))
            node.arms.append(Arm(None, members))
        if empty and node.inputs and self.chance(0.4):
            node.repeat = self.patterns(node.outputs)
        node.declared = self.chance(0.5)
        return size

    def behave(self, node, pool):
        pick = self.pick
        if self.trouble and self.chance(0.6):
            node.fails = min(8, pick.randint(1, 2) * self.trouble)
            node.code = pick.choice(CODES[:-1] if pool != "flow" else CODES)
        if self.chance(self.waiting):
            node.waits = pick.choice(["yield", "yield", "sleep", "sleep", "pipe", "poll"])
        node.blocking = self.chance(0.1)
        if "fd" in node.inputs and pool != "calm" and self.chance(0.5):
            ready = "writable" if self.program.sockets and self.chance(0.3) else "readable"
            if "limit" in node.inputs and self.chance(0.6):
                limit = "limit"
            elif self.program.pipes == "prompt":
                limit = pick.choice(["0 s", "1 ms", "2500 us"])
            else:
                limit = pick.choice([None, "1 min"])
            node.awaits = (ready, limit)

    def hold(self, node, pool):
        pick = self.pick
        if not self.chance(0.45):
            return
        names = self.plain + (self.scoped if pool == "flow" else [])
        for _ in range(1 if self.chance(0.8) else 2):
            line = pick.sample(names, pick.randint(1, min(3, len(names))))
            uses = [Use(name, pick.choice(["", "!", "?", "?"]), name >= "e") for name in line]
            node.atomic.append(uses)

    def add_handler(self, node, depth, pool):
        pick = self.pick
        room = "code" not in node.inputs
        kind = pick.choice(["implied", "ending", "ending", "recovering", "recovering"])
        if kind == "implied" and room:
            handler = self.new(node.inputs + ("error",), ())
            handler.declared = False
            self.budget -= 1
            self.behave(handler, "calm" if pool == "calm" else pool)
            self.hold(handler, pool)
            self.places[handler.name] = 1
            node.handler = handler.name
            return 1
        outputs = node.outputs if kind == "recovering" else ()
        inputs = node.inputs + (("code",) if room and self.chance(0.6) else ())
        node.handler = self.make(inputs, outputs, min(depth - 1, 2), pool)
        return self.places[node.handler]

    # ---- sources and the rest --------------------------------------------------------------------

    def add_source(self, number):
        pick = self.pick
        parallel = self.chance(0.3)
        pool = "calm" if parallel else "source"
        shape = pick.choice(self.shapes)
        origin = Node(f"S{number}", (), shape)
        self.program.nodes[origin.name] = origin
        self.behave(origin, "calm")
        origin.awaits = None
        origin.fails = min(origin.fails, 3)
        name = origin.name
        if self.chance(0.4):
            around = Node(f"O{number}", (), shape, declared=self.chance(0.5))
            self.program.nodes[around.name] = around
            members, _ = self.chain(shape, shape, 2, pool, pick.randint(1, 2))
            around.arms.append(Arm(None, [origin.name] + members))
            self.hold(around, pool)
            name = around.name
        if self.chance(0.3):
            self.hold(origin, pool)
        source = Source(name, self.make(shape, (), self.depth, "flow"), parallel)
        source.session = f"Session{number}" if self.sessions else None
        if self.chance(0.4):
            source.closes = self.make(shape, (), 2, "flow")
        source.flows = pick.choice([4, 8, 16, 24])
        self.program.sources.append(source)

    def add_default(self):
        kind = self.pick.choice(["implied", "silent", "telling"])
        inputs = {"implied": ("error",), "silent": (), "telling": ("code",)}[kind]
        if kind == "implied":
            handler = self.new(inputs, ())
            handler.declared = False
            self.behave(handler, "flow")
            self.hold(handler, "flow")
            self.program.default = handler.name
        else:
            self.program.default = self.make(inputs, (), 1, "flow")

    def run(self):
        self.vocabulary()
        for number in range(self.pick.choice([1, 1, 2, 2, 3])):
            self.add_source(number)
        if self.chance(0.4):
            self.add_default()
        for word, name in (("initial", "Setup"), ("final", "TearDown")):
            if self.chance(0.3):
                self.program.nodes[name] = Node(name)
                setattr(self.program, word, name)
        self.trim()
        return self.program

    def trim(self):
        """Drops predicates that no pattern uses."""
        program = self.program
        used = set()
        for node in program.nodes.values():
            for arm in node.arms:
                used.update(arm.patterns or [])
            used.update(node.repeat or [])
        program.types = {name: fn for name, fn in program.types.items() if name in used}
        asked = set(program.types.values())
        program.predicates = {k: v for k, v in program.predicates.items() if k in asked}


def generate(seed):
    # As it will be read: nodes are numbered by their places in the text, and the numbers are part of
    # what decides where a flow goes.
    program = read(write(Generator(seed).run()))
    while True:  # loops that no oracle sees the end of are left out, one after another
        try:
            Oracle(program).run()
            return program
        except Endless:
            looping = [node for node in program.nodes.values() if node.repeat]
            looping[-1].repeat = None
            program = read(write(program_without_unused(program)))


def program_without_unused(program):
    generator = Generator(0)
    generator.program = program
    generator.trim()
    return program


def main(words):
    if len(words) == 1:
        print(write(generate(int(words[0]))), end="")
        return
    first, last, folder = words
    for seed in range(int(first), int(last) + 1):
        Path(folder, f"{seed}.flux").write_text(write(generate(seed)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
