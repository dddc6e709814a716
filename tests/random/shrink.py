"""Makes a failing program small: drops whatever can go while it fails in the same way.

    text, problem = shrink(text, tools, problem)

It works on what the text says (program.py), from large to small: whole sources, nodes in place of
what is in them, members, arms, handlers, constraints, then the words that are left. An edit that
fluxc refuses, or after which a flow does not end, is no step forward; nor is one after which
something else fails. A failure that comes and goes is tried several times.
"""

import copy
import dataclasses
import os
import tempfile
import time

from compare import try_text
from execute import Problem
from oracle import Endless
from program import FIELDS, Arm, read, write

SECONDS = 180  # for one program
TRIES = 6  # of a failure that may come and go


def leads_to(program, name):
    node = program.nodes[name]
    return [member for arm in node.arms for member in arm.members] + [node.handler]


def tidy(program):
    """Drops nodes that nothing leads to, and predicates that nothing asks."""
    work = [program.default, program.initial, program.final]
    for source in program.sources:
        work += [source.node, source.target, source.closes]
    reached = set()
    while work:
        name = work.pop()
        if name is not None and name not in reached:
            reached.add(name)
            work += leads_to(program, name)
    program.nodes = {name: node for name, node in program.nodes.items() if name in reached}
    used = set()
    for node in program.nodes.values():
        for patterns in [node.repeat, *(arm.patterns for arm in node.arms)]:
            used.update(patterns or [])
    program.types = {name: asks for name, asks in program.types.items() if name in used}
    asked = set(program.types.values())
    program.predicates = {name: is_ for name, is_ in program.predicates.items() if name in asked}


def edits(program):
    """Functions that make a copy of the program smaller, larger steps first."""
    sources = range(len(program.sources))
    for k in sources:
        if len(program.sources) > 1:
            yield lambda p, k=k: p.sources.pop(k)
    for k in sources:
        for flows in sorted({1, 2, program.sources[k].flows // 2} - {0}):
            if flows < program.sources[k].flows:
                yield lambda p, k=k, n=flows: setattr(p.sources[k], "flows", n)
        origin = program.origin(program.sources[k])
        if origin.name != program.sources[k].node:
            yield lambda p, k=k, n=origin.name: setattr(p.sources[k], "node", n)
        for word, none in (("closes", None), ("session", None), ("parallel", False)):
            if getattr(program.sources[k], word):
                yield lambda p, k=k, w=word, v=none: setattr(p.sources[k], w, v)
    for word, none in (("default", None), ("initial", None), ("final", None), ("mail", False)):
        if getattr(program, word):
            yield lambda p, w=word, v=none: setattr(p, w, v)
    yield from edits_of_nodes(program)
    for name in FIELDS:
        if any(name in node.inputs + node.outputs for node in program.nodes.values()):
            yield lambda p, f=name: drop_field(p, f)


def edits_of_nodes(program):
    nodes = program.nodes
    for name, node in nodes.items():
        if node.arms:
            yield lambda p, n=name: make_concrete(p.nodes[n])
    for name, node in nodes.items():
        if node.handler:
            yield lambda p, n=name: setattr(p.nodes[n], "handler", None)
        for k, arm in enumerate(node.arms):
            if len(node.arms) > 1:
                yield lambda p, n=name, k=k: p.nodes[n].arms.pop(k)
            if arm.patterns:
                yield lambda p, n=name, k=k: p.nodes[n].arms.__setitem__(
                    slice(None), [Arm(None, p.nodes[n].arms[k].members)]
                )
            for first in range(len(arm.members)):
                for last in range(len(arm.members), first, -1):
                    yield lambda p, n=name, k=k, a=first, z=last: p.nodes[n].arms[
                        k
                    ].members.__delitem__(slice(a, z))
            for at, member in enumerate(arm.members):
                for inner in nodes[member].arms:
                    yield lambda p, n=name, k=k, at=at, of=inner.members: p.nodes[n].arms[
                        k
                    ].members.__setitem__(slice(at, at + 1), of)
    for name, node in nodes.items():
        for word, none in (("repeat", None), ("awaits", None), ("blocking", False), ("waits", "")):
            if getattr(node, word):
                yield lambda p, n=name, w=word, v=none: setattr(p.nodes[n], w, v)
        for k in range(len(node.atomic)):
            yield lambda p, n=name, k=k: p.nodes[n].atomic.pop(k)
            for at in range(len(node.atomic[k])):
                if len(node.atomic[k]) > 1:
                    yield lambda p, n=name, k=k, at=at: p.nodes[n].atomic[k].pop(at)
        if node.fails:
            yield lambda p, n=name: setattr(p.nodes[n], "fails", 0)
        for k, arm in enumerate(node.arms):
            for at, pattern in enumerate(arm.patterns or []):
                if pattern != "_":
                    yield lambda p, n=name, k=k, at=at: p.nodes[n].arms[k].patterns.__setitem__(
                        at, "_"
                    )


def make_concrete(node):
    node.arms, node.repeat, node.declared = [], None, True


def drop_field(program, name):
    """From all signatures, and the patterns for it."""
    for node in program.nodes.values():
        for patterns in [node.repeat, *(arm.patterns for arm in node.arms)]:
            if patterns and name in node.inputs:
                patterns.pop(node.inputs.index(name))
        if node.awaits and name in ("fd", node.awaits[1]):
            node.awaits = None
        node.inputs = tuple(field for field in node.inputs if field != name)
        node.outputs = tuple(field for field in node.outputs if field != name)


def edited(program, edit):
    """The text after an edit, or None: what was to be edited is not there."""
    smaller = copy.deepcopy(program)
    try:
        edit(smaller)
        tidy(smaller)
        return write(smaller)
    except (KeyError, IndexError, StopIteration):
        return None


def failure_of(text, tools, tries):
    """The Problem of a program, or None."""
    for _ in range(tries):
        with tempfile.TemporaryDirectory() as folder:
            try:
                try_text(text, folder, tools)
            except Problem as problem:
                return problem
            except (Endless, RecursionError, KeyError, IndexError, ValueError, StopIteration):
                return None  # an edit that left no program
    return None


def shrink(text, tools, problem):
    """The smallest text found, and how it fails."""
    os.environ["KIT_PATIENCE"] = "4"
    if problem.run is not None:  # the run that failed is enough
        tools = dataclasses.replace(tools, only=[problem.run], check_steps=False)
    end = time.monotonic() + SECONDS
    program, at, since = read(text), 0, 0  # edits tried since one was good
    while True:
        choices = list(edits(program))
        if since >= len(choices) or time.monotonic() > end:
            break
        edit = choices[at % len(choices)]  # after a good one, those behind it come first
        shorter = edited(program, edit)
        found = failure_of(shorter, tools, TRIES) if shorter else None
        if found is not None and found.kind == problem.kind:
            program, problem, text, since = read(shorter), found, shorter, 0
        else:
            at, since = at % len(choices) + 1, since + 1
    os.environ.pop("KIT_PATIENCE")
    return text, problem
