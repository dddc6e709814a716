#!/usr/bin/env python3
"""Writes a Flux program of about N nodes in one of several shapes to standard output.

    bench/compile/generate.py SHAPE N
"""

import sys

FIELDS = "(int socket, char *name)"


def node(name, inputs=FIELDS, outputs=FIELDS):
    return f"{name} {inputs} => {outputs};"


def begin(text, flow="Flow"):
    """The source, and what ends every flow."""
    text.append(node("Listen", "()", FIELDS))
    text.append(node("Done", FIELDS, "()"))
    text.append(f"source Listen => {flow};")


def chains(count):
    """Abstract nodes of a hundred members each, one after the other."""
    text = []
    begin(text)
    groups = [range(first, min(first + 100, count)) for first in range(0, count, 100)]
    for number, group in enumerate(groups):
        text += [node(f"N{n}") for n in group]
        text.append(f"Chain{number} = {' -> '.join(f'N{n}' for n in group)};")
    text.append(f"Flow = {' -> '.join(f'Chain{n}' for n in range(len(groups)))} -> Done;")
    return text


def line(count):
    """All nodes in one body."""
    text = [node(f"N{n}") for n in range(count)]
    begin(text)
    text.append(f"Flow = {' -> '.join(f'N{n}' for n in range(count))} -> Done;")
    return text


def dispatch(count):
    """One node with as many arms, and a predicate each."""
    text = [node(f"N{n}") for n in range(count)]
    begin(text)
    text.append("Flow = Choose -> Done;")
    for n in range(count):
        text.append(f"typedef is{n} TestIs{n};")
        text.append(f"Choose:[_, is{n}] = N{n};")
    text.append("Choose:[_, _] = ;")
    return text


def sources(count):
    """Many sources: a third of the nodes are sources, each with two nodes of its own."""
    text = []
    for n in range(count // 3):
        text += [node(f"Source{n}", "()", FIELDS), node(f"First{n}"), node(f"Last{n}", FIELDS, "()")]
        text.append(f"Flow{n} = First{n} -> Last{n};")
        text.append(f"source Source{n} => Flow{n};")
    return text


def tree(count):
    """Abstract nodes of ten members that are abstract nodes of ten members, and so on."""
    text = [node(f"N{n}") for n in range(count)]
    begin(text)
    level, depth = [f"N{n}" for n in range(count)], 0
    while len(level) > 1:
        groups = [level[first : first + 10] for first in range(0, len(level), 10)]
        for n, group in enumerate(groups):
            text.append(f"Level{depth}_{n} = {' -> '.join(group)};")
        level, depth = [f"Level{depth}_{n}" for n in range(len(groups))], depth + 1
    text.append(f"Flow = {level[0]} -> Done;")
    return text


def nested(count):
    """Abstract nodes inside each other, a thousand deep, a concrete node at each depth."""
    text = []
    begin(text)
    tops = []
    for first in range(0, count, 1000):
        last = min(first + 1000, count) - 1
        for n in range(first, last + 1):
            text.append(node(f"N{n}"))
            inner = f" -> Depth{n + 1}" if n < last else ""
            text.append(f"Depth{n} = N{n}{inner};")
        tops.append(f"Depth{first}")
    text.append(f"Flow = {' -> '.join(tops)} -> Done;")
    return text


def constraints(count):
    """A chain of groups; a node in two has a constraint, its group has one that comes later in the
    order every tenth time, so that early acquisition has something to do."""
    text = chains(count)
    for n in range(0, count, 2):
        text.append(f"atomic N{n}:{{c{n:06}{'?' if n % 4 else ''}}};")
    for number in range(0, (count + 99) // 100, 10):
        text.append(f"atomic Chain{number}:{{d{number:06}}};")
    return text


def handlers(count):
    """Every second node has a handler of its own, every chain one for the rest."""
    text = chains(count)
    for n in range(0, count, 2):
        text.append(f"handle error N{n} => Mend{n};")
        text.append(node(f"Mend{n}"))
    for number in range((count + 99) // 100):
        text.append(f"handle error Chain{number} => Give{number};")
        text.append(node(f"Give{number}", FIELDS, "()"))
    return text


def as_text(shape):
    def text(count):
        return "\n".join(shape(count)) + "\n"

    text.__name__ = shape.__name__
    return text


SHAPES = [as_text(shape) for shape in (chains, line, dispatch, sources, tree, nested, constraints,
                                       handlers)]

if __name__ == "__main__":
    chosen = {shape.__name__: shape for shape in SHAPES}
    sys.stdout.write(chosen[sys.argv[1]](int(sys.argv[2])))
