"""What a program is to do, told one flow after another from docs/language.md.

    expected = Oracle(program).run()

It knows nothing of fluxc's passes and never asks fluxc anything. A flow is followed by plain
recursion: members in order, arms by their patterns, errors as exceptions that unwind to the nearest
handler. Every call of a node or a predicate is a step, with the constraints that are held there:
those declared by the node and by the nodes around it, and no more. What comes out is the text that
the program has to print (kit.c, print_results), the steps of each flow, by which kit.c checks it as
it runs, and how many errors nobody handles.
"""

import errno
import struct
from collections import Counter
from dataclasses import dataclass, field

from program import DESCRIPTORS, LIMITS

MASK = (1 << 64) - 1
MAX_STEPS = 60  # then nodes fail with ELOOP
ENDLESS = 600  # a flow with more steps, or turns, is none that ends
SESSIONS = 3
WRITE, ENTER, LEAVE = 1 << 16, 1 << 17, 1 << 18  # of the words of a step, as in kit.c
PREDICATE = 1 << 16
FLUX_ENOMATCH = -4096
PLACES = 1 + SESSIONS  # of a constraint: that of the program, those of sessions


class Endless(Exception):
    """A flow goes on and on: no oracle can say where it ends."""


class Failed(Exception):
    def __init__(self, node, code):
        super().__init__(node.name)
        self.node = node
        self.code = code


class Ended(Exception):
    """An ending handler has run."""


def mix(value, word):
    value = (((value + 0x632BE59BD9B4E019) ^ word) * 0x9E3779B97F4A7C15) & MASK
    return value ^ (value >> 32)


@dataclass
class Span:
    """A constraint held without a break: from the first step in it to the last."""

    instance: int
    write: bool
    first: int = None
    last: int = None


@dataclass
class Step:
    what: int
    spans: list


@dataclass
class Trip:
    """A flow, and the run of the source that began it."""

    source: int
    number: int
    session: int = 0
    hash: int = 0
    born: bool = False
    steps: list = field(default_factory=list)
    held: dict = field(default_factory=dict)  # instance: its span
    failed: list = field(default_factory=lambda: [(0, 0)])  # what flux_failed_* say: id, code
    turns: int = 0


class Expected:
    def __init__(self):
        self.text = ""
        self.plan = b""
        self.unhandled = 0
        self.births = []
        self.steps = 0
        self.calls = Counter()  # by name of the node
        self.errors = Counter()


class Oracle:
    def __init__(self, program):
        self.program = program
        self.node_ids = {name: index for index, name in enumerate(program.nodes)}
        self.predicate_ids = {name: index for index, name in enumerate(program.predicates)}
        self.constraint_ids = {name: index for index, name in enumerate(program.constraints)}
        self.kinds = DESCRIPTORS[program.pipes]
        self.limits = LIMITS[program.pipes]
        self.writes = [0] * (len(self.constraint_ids) * PLACES)
        self.unhandled = 0
        self.calls = Counter()
        self.errors = Counter()

    # ---- one step --------------------------------------------------------------------------------

    def step(self, what):
        trip = self.trip
        at = len(trip.steps)
        if at >= ENDLESS:
            raise Endless
        spans = list(trip.held.values())
        for span in spans:
            if span.first is None:
                span.first = at
            span.last = at
        trip.steps.append(Step(what, spans))

    def call(self, node, values):
        """A concrete node: its outputs, or Failed. kit.c, kit_call, does the same."""
        trip = self.trip
        identity = self.node_ids[node.name]
        self.step(identity)
        self.calls[node.name] += 1
        state = mix(identity + 1, len(trip.steps))
        if len(trip.steps) == 1:  # a source: what it returns is as good as an input
            state = mix(state, trip.number)
        for name, value in zip(node.inputs, values):
            if name != "trip":
                state = mix(state, value & MASK)
        failed, code = trip.failed[-1]
        state = mix(mix(mix(state, failed), code & MASK), trip.session if trip.born else 0)
        trip.hash = mix(trip.hash, state)
        if len(trip.steps) > MAX_STEPS:
            self.errors[node.name] += 1
            raise Failed(node, errno.ELOOP)
        if (state >> 40) % 16 < node.fails:
            self.errors[node.name] += 1
            raise Failed(node, node.code)
        return [self.make(name, mix(state, k + 1)) for k, name in enumerate(node.outputs)]

    def make(self, name, value):
        """What a node puts into an output."""
        if name == "trip":
            return 0
        if name == "w":
            return value & 0xFFFFFFFF
        if name == "fd":
            return (value >> 20) % len(self.kinds)
        if name == "limit":
            return self.limits[(value >> 20) % len(self.limits)]
        if name in ("code", "error"):
            return (value >> 20) % 1000
        return value

    def holds(self, pattern, name, value, asked):
        """A pattern; asked: what predicates have said of this field (R19)."""
        if pattern in ("_", "*"):
            return True
        predicate = self.program.types[pattern]
        if (predicate, name) not in asked:
            identity = self.predicate_ids[predicate]
            self.step(PREDICATE | identity)
            _, eighths = self.program.predicates[predicate]
            if name == "fd":
                answer = self.kinds[value] == "bad"
            elif name == "limit" or name in ("code", "error"):
                answer = value < 0
            else:
                if name == "trip":
                    value = self.trip.source * 1000 + self.trip.number
                answer = (mix(identity + 1, value) >> 40) % 8 < eighths
            asked[(predicate, name)] = answer
        return asked[(predicate, name)]

    def matches(self, patterns, names, values, asked):
        return all(
            self.holds(pattern, name, value, asked)
            for pattern, name, value in zip(patterns, names, values)
        )

    # ---- nodes -----------------------------------------------------------------------------------

    def take(self, node):
        """Its constraints; returns those that it is the outermost holder of."""
        trip, own = self.trip, []
        for use in node.uses:
            place = trip.session if use.session else 0
            instance = self.constraint_ids[use.name] * PLACES + place
            span = trip.held.get(instance)
            if span is None:
                trip.held[instance] = Span(instance, use.write)
                own.append(instance)
            elif use.write:
                span.write = True  # so it was a writer from the beginning (R30)
        return own

    def give(self, own):
        for instance in own:
            del self.trip.held[instance]

    def wait(self, node, values):
        if node.awaits is None:
            return
        ready, limit = node.awaits
        kind = self.kinds[values[node.inputs.index("fd")]]
        if kind == "bad":
            raise Failed(node, errno.EBADF)
        if kind == "empty" and ready == "readable":
            raise Failed(node, errno.ETIMEDOUT)

    def body(self, node, values):
        if node.concrete:
            return self.call(node, values)
        asked = {}
        for arm in node.arms:
            if arm.patterns is None or self.matches(arm.patterns, node.inputs, values, asked):
                for member in arm.members:
                    values = self.run_node(member, values)
                return values
        raise Failed(node, FLUX_ENOMATCH)

    def run_node(self, name, values):
        """R28, R36, R37: one node with all that belongs to it; its outputs, Failed or Ended."""
        node = self.program.nodes[name]
        depth = len(self.trip.failed)
        while True:
            self.trip.turns += 1
            if self.trip.turns > 4 * ENDLESS:
                raise Endless
            again = False
            own = []
            try:
                self.wait(node, values)
                own = self.take(node)
                outputs = self.body(node, values)
                if node.repeat:
                    again = self.matches(node.repeat, node.outputs, outputs, {})
                self.give(own)
            except Failed as failure:
                self.give(own)
                del self.trip.failed[depth:]  # those of handlers that have failed inside
                outputs = self.handle(node, values, failure)
                if node.repeat:
                    again = self.matches(node.repeat, node.outputs, outputs, {})
            if not again:
                return outputs
            values = outputs

    def handle(self, node, values, failure):
        """R24 to R26: what its handler gives instead; Failed where it has none."""
        if node.handler is None:
            raise failure
        handler = self.program.nodes[node.handler]
        trip = self.trip
        failing = (self.node_ids[failure.node.name] + 1, failure.code)
        if len(handler.inputs) > len(node.inputs):
            values = values + [failure.code]
        if node.outputs and handler.outputs:
            trip.failed.append(failing)
            outputs = self.run_node(node.handler, values)
            trip.failed.pop()
            return outputs
        self.end_with(node.handler, values, failing)

    def end_with(self, handler, values, failing):
        trip = self.trip
        trip.held.clear()
        trip.failed = [failing]
        try:
            self.run_node(handler, values)
        except Failed:
            if trip.born:  # in a source the run counts as failed, and no more (R13)
                self.unhandled += 1
        raise Ended

    # ---- flows -----------------------------------------------------------------------------------

    def follow(self, source):
        """A run of a source and the flow it starts, if it does."""
        trip = self.trip
        try:
            outputs = self.run_node(source.node, [])
        except (Failed, Ended):
            return
        trip.born = True
        trip.failed = [(0, 0)]
        if source.session:
            trip.session = 1 + mix(trip.source + 1, trip.number) % SESSIONS
        try:
            self.run_node(source.target, list(outputs))
        except Failed as failure:
            self.by_default(failure)
        except Ended:
            pass
        trip.held.clear()
        trip.failed = [(0, 0)]
        if source.closes:  # R44
            try:
                self.run_node(source.closes, list(outputs))
            except Failed:
                self.unhandled += 1
            except Ended:
                pass

    def by_default(self, failure):
        """handle error *, for what no other has taken."""
        if self.program.default is None:
            self.unhandled += 1
            return
        failing = (self.node_ids[failure.node.name] + 1, failure.code)
        inputs = self.program.nodes[self.program.default].inputs
        try:
            self.end_with(self.program.default, [failure.code] if inputs else [], failing)
        except Ended:
            pass

    def run(self):
        """Everything that the program is to do."""
        expected = Expected()
        lines, trips = [], []
        for index, source in enumerate(self.program.sources):
            births = 0
            name = self.program.origin(source).name
            for number in range(source.flows):
                self.trip = Trip(index, number)
                self.follow(source)
                trips.append(self.trip)
                births += self.trip.born
                steps = len(self.trip.steps)
                lines.append(f"{name} {number}: {steps} steps, {self.trip.hash:016x}, ended 1")
                expected.steps += steps
            expected.births.append(births)
        for trip in trips:
            for step in trip.steps:
                for span in step.spans:
                    if span.write:
                        self.writes[span.instance] += 1
        for name, index in self.constraint_ids.items():
            counts = self.writes[index * PLACES : (index + 1) * PLACES]
            lines.append(f"{name}: {' '.join(map(str, counts))}")
        edges = f"{int(bool(self.program.initial))} {int(bool(self.program.final))}"
        lines.append(f"initial and final: {edges}")
        expected.text = "\n".join(lines) + "\n"
        expected.plan = self.plan(trips)
        expected.unhandled = self.unhandled
        expected.calls, expected.errors = self.calls, self.errors
        return expected

    def plan(self, trips):
        """The steps as kit.c reads them: for each trip their number and where they begin; for each
        step what is called, the number of constraints, and a word for each."""
        words, table = [], []
        for trip in trips:
            table += [len(trip.steps), len(words)]
            for at, step in enumerate(trip.steps):
                words += [step.what, len(step.spans)]
                for span in step.spans:
                    word = span.instance | (WRITE if span.write else 0)
                    word |= ENTER if span.first == at else 0
                    word |= LEAVE if span.last == at else 0
                    words.append(word)
        numbers = [len(trips), len(words)] + table + words
        return struct.pack(f"<{len(numbers)}I", *numbers)
