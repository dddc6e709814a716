"""Writes the C of a program's nodes: wrappers around what kit.c does, and tables that describe them.

The file includes the C that fluxc has emitted, so that one call of the compiler makes all of it.
"""

from program import FIELDS

LETTERS = {"trip": "t", "fd": "f", "limit": "l", "code": "x", "error": "x"}  # kit.h
KINDS = ("", "yield", "sleep", "pipe", "poll", "meet")
WAITS = {word: f"KIT_{word.upper() or 'NOTHING'}" for word in KINDS}


def c_text(program, emitted="flows.c"):
    names = list(program.nodes)
    edges = {program.initial: 0, program.final: 1}
    origins = {program.origin(source).name: index for index, source in enumerate(program.sources)}
    lines = [f'#include "{emitted}"', '#include "kit.h"', ""]
    for index, node in enumerate(program.nodes.values()):
        if not node.concrete:
            continue
        if node.name in edges:
            lines.append(f"int {node.name}(void) {{ return kit_edge({edges[node.name]}); }}")
        else:
            lines += wrapper(node, index, origins.get(node.name))
    for index, (name, (of, _)) in enumerate(program.predicates.items()):
        test = {"trip": "kit_test_trip", "int": "kit_test_int"}.get(of, "kit_test")
        kind = "int " if of == "int" else FIELDS[of]
        lines.append(f"bool {name}({kind}value) {{ return {test}({index}, value); }}")
    if program.mail:
        lines.append("int Mail(Mail_out *out) { return kit_mail(&out->letter); }")
        lines.append("uint64_t MailSession(const Mail_out *out) { (void)out; return 1; }")
        lines.append("int Deliver(Deliver_in *in) { return kit_deliver(in->letter); }")
    for source in program.sources:
        if source.session:
            kind = f"const {source.node}_out"
            lines.append(f"uint64_t {source.session}({kind} *out) {{ (void)out; return kit_session(); }}")
    return "\n".join([*lines, *tables(program, names)]) + "\n"


def wrapper(node, index, source):
    """int N(N_in *in, N_out *out) { ... }"""
    parameters = [f"{node.name}_in *in"] if node.inputs else []
    parameters += [f"{node.name}_out *out"] if node.outputs else []
    yield f"int {node.name}({', '.join(parameters) or 'void'})"
    yield "{"
    values = [value_of(name) for name in node.inputs if name != "trip"]
    yield f"    uint64_t given[] = {{{', '.join(values) or '0'}}};"
    yield f"    uint64_t made[{len(node.outputs) + 1}];"
    yield "    struct trip *trip;"
    if source is not None:
        yield "    (void)given;"
        yield f"    int error = kit_source({source}, {index}, made, &trip);"
    else:
        trip = "in->trip" if "trip" in node.inputs else "NULL"
        yield f"    int error = kit_call({index}, {trip}, given, {len(values)}, made, &trip);"
    if node.outputs:
        yield "    if (error == 0) {"
        for k, name in enumerate(node.outputs):
            made = "trip" if name == "trip" else f"({FIELDS[name].strip()})made[{k}]"
            yield f"        out->{name} = {made};"
        yield "    }"
    yield "    return error;"
    yield "}"


def value_of(name):
    if name == "fd":
        return "kit_kind(in->fd)"
    if FIELDS[name] == "int ":
        return f"(uint64_t)(int64_t)in->{name}"
    return f"in->{name}"


def tables(program, names):
    yield ""
    yield "static const struct kit_node nodes[] = {"
    for name in names:
        node = program.nodes[name]
        outputs = "".join(LETTERS.get(field, field) for field in node.outputs)
        yield f'    {{"{name}", {node.fails}, {node.code}, {WAITS[node.waits]}, "{outputs}"}},'
    yield "};"
    yield "static const struct kit_predicate predicates[] = {"
    for name, (_, holds) in program.predicates.items():
        yield f'    {{"{name}", {holds}}},'
    yield '    {"", 0},'
    yield "};"
    yield "static const struct kit_source sources[] = {"
    for source in program.sources:
        yield f'    {{"{program.origin(source).name}", {source.flows}}},'
    yield "};"
    constraints = "".join(f'"{name}", ' for name in program.constraints)
    yield f"static const char *const constraints[] = {{{constraints}NULL}};"
    yield "static const struct kit_program program = {"
    yield f"    nodes, {len(names)}, predicates, sources, {len(program.sources)}, constraints,"
    yield f"    {len(program.constraints)}, {int(program.pipes == 'late')}, {int(program.sockets)},"
    yield f"    {int(program.mail)},"
    yield "};"
    yield "__attribute__((constructor)) static void register_program(void)"
    yield "{"
    yield "    kit_register(&program);"
    yield "}"
