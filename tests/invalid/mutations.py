"""The mutations: what is certain to make a valid program invalid, one change each.

A kind of mutation is a function that is given a program (text.Text) and yields every change of that
kind that it can make there. Where it is not certain that a change makes the program invalid, it
makes none.
"""

from dataclasses import dataclass

from text import WILDCARDS

KEYWORDS = (
    "source typedef handle error atomic blocking await readable writable within repeat initial final "
    "include parallel every session finally"
).split()
KINDS = {}  # name: function
UNUSED = "Unheard_of"  # a name that no program has
FOREIGN = "struct unheard_of *unheard_of"  # a field of a type that no program has


@dataclass(frozen=True)
class Mutation:
    edits: tuple  # of (begin, end, replacement), from the beginning to the end
    either: bool = False  # two places disagree, and either may be what is wrong
    between: bool = False  # something is missing or one too many: so also at the words beside it
    line: int = 0  # where it is seen, if not at the place of an edit


def kind(function):
    KINDS[function.__name__.replace("_", "-")] = function
    return function


def replace(token, text, **facts):
    return Mutation(((token.begin, token.end, text),), **facts)


def insert(at, text, **facts):
    return Mutation(((at, at, text),), **facts)


def add_line(declaration, text, **facts):
    """A declaration behind another, on a line of its own."""
    return insert(declaration.end.end, "\n" + text, **facts)


def source_of(program, declaration):
    return program.text[declaration.begin : declaration.end.end]


# ---- words and signs -----------------------------------------------------------------------------


@kind
def missing_semicolon(program):
    for before, token, after in zip(program.tokens, program.tokens[1:], [*program.tokens[2:], None]):
        alone = before.text == ";" or before.kind == "block"
        if token.text == ";" and not alone and (after is None or after.text != ";"):
            yield replace(token, "", between=True)


@kind
def missing_bracket(program):
    for token in program.tokens:
        if token.text in "()[]{}":
            yield replace(token, "", between=True)


@kind
def surplus_bracket(program):
    for token in program.tokens:
        if token.text in "()[]{}":
            yield insert(token.end, token.text, between=True)


@kind
def exchanged_bracket(program):
    others = dict(zip("()[]{}", "[]{}()"))
    for token in program.tokens:
        if token.text in others:
            yield replace(token, others[token.text], between=True)


@kind
def missing_sign(program):
    """An arrow, or what stands between a name and what is said of it."""
    for token in program.tokens:
        if token.text in ("=>", "->", "=", ":"):
            yield replace(token, "", between=True)


@kind
def exchanged_sign(program):
    others = {"=>": "->", "->": "=>", "=": ":", ":": "="}
    for token in program.tokens:
        if token.text in others:
            yield replace(token, others[token.text], between=True)


@kind
def missing_comma(program):
    for declaration in program.of("body", "atomic", "blocking", "repeat", "handler"):
        for token in declaration.tokens:
            if token.text == ",":
                yield replace(token, "", between=True)


@kind
def missing_member(program):
    for body in program.of("body"):
        if len(body.members) > 1:
            for member in body.members:
                yield replace(member, "", between=True)


@kind
def misspelled_keyword(program):
    words = ("source", "typedef", "atomic", "blocking", "await", "repeat", "initial", "final")
    for declaration in program.declarations:
        keyword = declaration.tokens[0]
        if declaration.kind not in ("signature", "body") and keyword.text in words:
            yield replace(keyword, keyword.text[:-1])


@kind
def stray_byte(program):
    for token in program.tokens[:: max(1, len(program.tokens) // 20)]:
        for byte in "@$#\x01\xe9.<":
            yield insert(token.begin, byte)


@kind
def open_comment(program):
    begin = program.text.rfind("*/") + 1
    for token in program.tokens[:: max(1, len(program.tokens) // 10)]:
        if token.begin > begin:
            yield insert(token.begin, "/*")


# ---- names ---------------------------------------------------------------------------------------


def misspell(program, token):
    """A name that nothing has: one that is near, which is to be suggested, and one that is not."""
    if token.text + "x" not in program.words:
        yield replace(token, token.text + "x")
    yield replace(token, UNUSED)


@kind
def unknown_member(program):
    for body in program.of("body"):
        for member in body.members:
            yield from misspell(program, member)


@kind
def unknown_source(program):
    for source in program.of("source"):
        yield from misspell(program, source.name)


@kind
def unknown_target(program):
    for source in program.of("source", "clock"):
        yield from misspell(program, source.target)


@kind
def unknown_last(program):
    for source in program.of("source", "clock"):
        if source.last:
            yield from misspell(program, source.last)


@kind
def unknown_in_atomic(program):
    for atomic in program.of("atomic"):
        yield from misspell(program, atomic.name)


@kind
def unknown_in_handle(program):
    for handler in program.of("handler"):
        for node in handler.nodes:
            if node.text not in WILDCARDS:
                yield from misspell(program, node)


@kind
def unknown_in_await(program):
    for awaiting in program.of("await"):
        yield from misspell(program, awaiting.name)


@kind
def unknown_in_blocking(program):
    for blocking in program.of("blocking"):
        for node in blocking.nodes:
            yield from misspell(program, node)


@kind
def unknown_in_repeat(program):
    for repeat in program.of("repeat"):
        yield from misspell(program, repeat.name)


@kind
def unknown_predicate(program):
    for declaration in program.of("body", "repeat"):
        for pattern in declaration.patterns or []:
            yield from misspell(program, pattern)


@kind
def unknown_field(program):
    for awaiting in program.of("await"):
        for name in awaiting.fields:
            yield from misspell(program, name)


@kind
def reserved_name(program):
    """A node is called something else, wherever it is named, which it cannot be."""
    for name, signature in program.signatures.items():
        elsewhere = {use.name.text for d in program.of("atomic") for use in d.uses}
        elsewhere |= {field[-1].text for s in program.signatures.values() for field in s.inputs}
        elsewhere |= {field[-1].text for s in program.signatures.values() for field in s.outputs}
        if name in elsewhere or name in KEYWORDS:
            continue
        places = [token for token in program.tokens if token.text == name]
        for other in ("flux_new", "FLUX_NEW", "while", "main", "_Bool"):
            edits = tuple((token.begin, token.end, other) for token in places)
            yield Mutation(edits, line=program.line(signature.begin))


@kind
def reserved_function(program):
    for declaration in program.of("typedef", "source"):
        if declaration.function:
            for other in ("flux_new", "while", "main"):
                yield replace(declaration.function, other)


@kind
def reserved_field(program):
    for signature in program.signatures.values():
        for field in signature.inputs + signature.outputs:
            yield replace(field[-1], "while")


@kind
def name_clash(program):
    """A predicate or a session function has the name of a node."""
    for declaration in program.of("typedef", "source"):
        for node in [*program.signatures][:3]:
            if declaration.function:
                yield replace(declaration.function, node, either=True)


# ---- declared twice ------------------------------------------------------------------------------


@kind
def duplicate_declaration(program):
    for declaration in program.declarations:
        plain_body = declaration.kind == "body" and declaration.patterns is None
        others = ("signature", "source", "typedef", "handler", "blocking", "await", "repeat",
                  "initial", "final")  # fmt: skip
        if plain_body or declaration.kind in others:
            yield add_line(declaration, source_of(program, declaration))


@kind
def duplicate_body(program):
    """A plain body for a node that has one or arms; arms for one that has a plain body."""
    for name, bodies in program.bodies.items():
        body = bodies[-1]
        members = " -> ".join(member.text for member in body.members)
        count = len(program.fields(name, "inputs") or [])
        if body.patterns is not None:
            yield add_line(body, f"{name} = {members};")
        elif count > 0:
            patterns = ", ".join("_" * count)
            yield add_line(body, f"{name}:[{patterns}] = {members};")


@kind
def duplicate_handler(program):
    """Another handler for a node that has one."""
    for handler in program.of("handler"):
        for node in handler.nodes:
            line = f"handle error {node.text} => {UNUSED};"
            yield add_line(handler, line, either=True)


@kind
def duplicate_predicate(program):
    for typedef in program.of("typedef"):
        yield add_line(typedef, f"typedef {typedef.name.text} {UNUSED};")


@kind
def duplicate_field(program):
    for signature in program.signatures.values():
        for fields in (signature.inputs, signature.outputs):
            for field in fields:
                text = program.text[field[0].begin : field[-1].end]
                yield insert(field[-1].end, ", " + text)


@kind
def duplicate_constraint(program):
    for atomic in program.of("atomic"):
        for use in atomic.uses:
            yield insert(use.end, ", " + program.text[use.name.begin : use.end])


@kind
def duplicate_session(program):
    """Two sources with one session function."""
    sources = [d for d in program.of("source") if d.function]
    for one in sources:
        for other in sources:
            if one.function.text != other.function.text:
                yield replace(one.function, other.function.text, either=True)


@kind
def duplicate_await(program):
    for awaiting in program.of("await"):
        line = f"await {awaiting.name.text}: writable({awaiting.fields[0].text});"
        yield add_line(awaiting, line)


# ---- types and arity -----------------------------------------------------------------------------


def changed_signatures(program, change):
    for name in program.concrete():
        for side in ("inputs", "outputs"):
            if program.pinned(name, side):
                yield from change(program.signatures[name], side)


def end_of_list(signature, side):
    """Where another field would stand."""
    brackets = [token for token in signature.tokens if token.text in "()"]
    return brackets[1 if side == "inputs" else -1].begin


@kind
def arity_of_signature(program):
    def change(signature, side):
        fields = getattr(signature, side)
        at = end_of_list(signature, side)
        if fields:
            yield insert(at, f", {FOREIGN}", either=True)
            begin = fields[-2][-1].end if len(fields) > 1 else fields[-1][0].begin
            yield Mutation(((begin, at, ""),), either=True)
        elif program.text[at - 1] == "(":
            yield insert(at, FOREIGN, either=True)

    yield from changed_signatures(program, change)


@kind
def type_in_signature(program):
    def change(signature, side):
        for field in getattr(signature, side):
            begin, end = field[0].begin, field[-1].begin
            yield Mutation(((begin, end, "struct unheard_of *"),), either=True)

    yield from changed_signatures(program, change)


@kind
def member_that_does_not_fit(program):
    """Another node in the place of one that takes or gives something else."""
    for body, i in program.junctions():
        given = program.fields(body.members[i - 1].text, "outputs")
        for name in program.concrete():
            if given is not None and program.fields(name, "inputs") != given:
                yield replace(body.members[i], name)


@kind
def member_left_out(program):
    for body, i in program.junctions():
        if i + 1 < len(body.members):
            given = program.fields(body.members[i - 1].text, "outputs")
            taken = program.fields(body.members[i + 1].text, "inputs")
            before = program.tokens[body.members[i].index - 1]
            if before.text == "->" and given is not None and taken is not None and given != taken:
                yield Mutation(((before.begin, body.members[i].end, ""),))


@kind
def target_that_does_not_fit(program):
    for source in program.of("source", "clock"):
        given = program.fields(source.name.text, "outputs") if source.name else []
        for token in (source.target, source.last):
            for name in program.concrete():
                if token and given is not None and program.fields(name, "inputs") != given:
                    yield replace(token, name)


@kind
def field_type(program):
    """What cannot be passed on (R5)."""
    for signature in program.signatures.values():
        for field in signature.inputs + signature.outputs:
            if "*" not in [token.text for token in field]:
                yield insert(field[0].begin, "const ")
            yield insert(field[-1].end, "[4]")
            yield replace(field[-1], "")
            if len(field) == 2:
                yield Mutation(((field[0].begin, field[0].end, "void"),))


@kind
def pattern_count(program):
    for declaration in program.of("body", "repeat"):
        patterns = declaration.patterns or []
        if patterns:
            yield insert(patterns[-1].end, ", _")
        if len(patterns) > 1:
            yield Mutation(((patterns[-2].end, patterns[-1].end, ""),))


@kind
def arms_that_disagree(program):
    for name, bodies in program.bodies.items():
        inputs = program.fields(name, "inputs")
        model = next((body for body in bodies if body.members), None)
        for body in bodies:
            if inputs is None or not body.members or (body is model and name not in program.signatures):
                continue
            for other in program.concrete():
                if program.fields(other, "inputs") != inputs:
                    first, last = body.members[0], body.members[-1]
                    if program.text[first.begin : last.end].count("(") == 0:
                        yield Mutation(((first.begin, last.end, other),))


@kind
def predicate_of_two_types(program):
    asked = {}  # what a semantic type is asked about, and how often
    for body in program.of("body"):
        inputs = program.fields(body.name.text, "inputs")
        for i, pattern in enumerate(body.patterns or []):
            if pattern.text not in WILDCARDS and inputs:
                asked.setdefault(pattern.text, []).append(inputs[i])
    for body in program.of("body"):
        inputs = program.fields(body.name.text, "inputs")
        for i, pattern in enumerate(body.patterns or []):
            for name, types in asked.items():
                elsewhere = len(types) - (pattern.text == name)
                if inputs and elsewhere > 0 and inputs[i] not in types:
                    yield replace(pattern, name, either=True)


@kind
def await_of_another_type(program):
    for awaiting in program.of("await"):
        signature = program.signatures.get(awaiting.name.text)  # None: an implied handler
        for field in signature.inputs if signature else ():
            if [token.text for token in field[:-1]] not in (["int"], ["signed"], ["signed", "int"]):
                for name in awaiting.fields:
                    yield replace(name, field[-1].text)


# ---- the flow ------------------------------------------------------------------------------------


@kind
def cycle(program):
    for name, bodies in program.bodies.items():
        for body in bodies:
            for member in body.members:
                yield insert(member.begin, f"{name} -> ", either=True)


@kind
def cycle_far(program):
    for name in program.bodies:
        for inner in program.below(name):
            for body in program.bodies[inner]:
                if body.members:
                    yield insert(body.members[-1].begin, f"{name} -> ", either=True)


@kind
def cycle_through_handler(program):
    handled = {node.text for d in program.of("handler") for node in d.nodes}
    for name, bodies in program.bodies.items():
        for body in bodies:
            for member in body.members:
                if member.text in program.concrete() and member.text not in handled:
                    line = f"handle error {member.text} => {name};"
                    yield add_line(body, line, either=True)


def declared_handlers(program):
    """Not those that are declared nowhere: without its `handle` one is an unknown name elsewhere."""
    for handler in program.of("handler"):
        if handler.target.text in program.signatures or handler.target.text in program.bodies:
            yield handler


@kind
def handler_that_does_not_fit(program):
    for handler in declared_handlers(program):
        for node in handler.nodes:
            inputs = [] if node.text in WILDCARDS else program.fields(node.text, "inputs")
            for name in program.concrete():
                count = len(program.fields(name, "inputs"))
                if inputs is not None and count not in (len(inputs), len(inputs) + 1):
                    yield replace(handler.target, name, either=True)


@kind
def handler_outputs(program):
    """A handler that gives what is neither nothing nor what its node gives."""
    for handler in program.of("handler"):
        target = program.signatures.get(handler.target.text)
        if target and handler.target.text not in program.bodies:
            outputs = [program.fields(node.text, "outputs") for node in handler.nodes
                       if node.text not in WILDCARDS]  # fmt: skip
            if not any(o is None for o in outputs):
                at = end_of_list(target, "outputs")
                comma = ", " if target.outputs else ""
                if target.outputs or program.text[at - 1] == "(":
                    yield insert(at, comma + FOREIGN, either=True)


@kind
def handler_and_source(program):
    for handler in declared_handlers(program):
        for source in sorted(program.sources()):
            yield replace(handler.target, source)
            if handler.nodes[0].text not in WILDCARDS:
                yield replace(handler.nodes[0], source)


@kind
def wrong_kind(program):
    for name in program.concrete():
        signature = program.signatures[name]
        inputs = program.fields(name, "inputs")
        if inputs:
            yield add_line(signature, f"repeat {name}:[{', '.join('_' * len(inputs))}];")
            if not any(d.kind == "initial" for d in program.declarations):
                yield add_line(signature, f"initial {name};")
    for name, bodies in program.bodies.items():
        yield add_line(bodies[0], f"blocking {name};")
        yield add_line(bodies[0], f"await {name}: readable({UNUSED});")


@kind
def no_source(program):
    sources = program.of("source", "clock")
    if len(sources) == 1:
        yield Mutation(((sources[0].begin, sources[0].end.end, ""),), line=1)


@kind
def source_with_inputs(program):
    """No node of which more is said, which would be wrong of a source too."""
    said_of = {node.text for d in program.of("handler") for node in (*d.nodes, d.target)}
    said_of |= {d.name.text for d in program.of("atomic")}
    for source in program.of("source"):
        signature = program.signatures.get(source.name.text)
        if signature and source.name.text not in program.bodies:
            yield insert(end_of_list(signature, "inputs"), FOREIGN, either=True)
        for name in program.concrete():
            if program.fields(name, "inputs") and name not in said_of:
                yield replace(source.name, name)


# ---- constraints and clocks ----------------------------------------------------------------------


@kind
def constraint_without_session(program):
    """`(session)` for one of the program, where no source has sessions."""
    lists = [(d, use) for d in program.of("atomic") for use in d.uses]
    for declaration, use in lists:
        alone = sum(other.name.text == use.name.text for _, other in lists) == 1
        reached = declaration.name.text in program.reached
        if alone and reached and use.scope is None and not program.session_functions:
            yield insert(use.end, "(session)")


@kind
def source_without_session(program):
    """The only source loses its session function, below which there are constraints of a session."""
    sources = program.of("source", "clock")
    scoped = [
        use
        for declaration in program.of("atomic")
        for use in declaration.uses
        if use.scope and use.scope.text == "session" and declaration.name.text in program.reached
    ]
    if len(sources) == 1 and sources[0].kind == "source" and sources[0].function and scoped:
        name, function = sources[0].name, sources[0].function
        yield Mutation(((name.end, program.tokens[function.index + 1].end, ""),), either=True)


@kind
def constraint_of_two_scopes(program):
    lists = [use for d in program.of("atomic") for use in d.uses]
    for use in lists:
        scopes = {
            other.scope.text if other.scope else "program"
            for other in lists
            if other is not use and other.name.text == use.name.text
        }
        if len(scopes) == 1:
            other = "program" if scopes == {"session"} else "session"
            if use.scope:
                yield replace(use.scope, other, either=True)
            else:
                yield insert(use.end, f"({other})", either=True)


@kind
def scope_word(program):
    for atomic in program.of("atomic"):
        for use in atomic.uses:
            for word in ("thread", "flow", "sesion"):
                if use.scope:
                    yield replace(use.scope, word)
                else:
                    yield insert(use.end, f"({word})")


@kind
def time(program):
    """`every 0`, a unit that is none, more than can be counted."""
    for declaration in program.of("clock", "await"):
        if declaration.number:
            number = declaration.number
            yield replace(program.tokens[number.index + 1], "fortnights")
            yield replace(number, "99999999999999999999")
            if declaration.kind == "clock":
                yield replace(number, "0")
