/* emit_dot.c - the flow graph for graphviz: --emit=dot. A cluster is an abstract node, a diamond
 * its dispatch; dashed lines are errors on their way to a handler.
 */
#include "passes.h"
#include "picture.h"

#include <string.h>

struct graph {
    struct arena *arena;
    struct text *out;
    unsigned count; /* of graphviz nodes so far: n1, n2, ... */
    unsigned depth;
};

/* Where a shape is entered and left. */
struct ends {
    unsigned in, out;
};

static void print_string(struct graph *graph, const char *text)
{
    text_write(graph->out, "\"", 1);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            text_write(graph->out, "\\", 1);
        if (*text == '\n')
            text_print(graph->out, "\\n");
        else
            text_write(graph->out, (unsigned char)*text >= ' ' ? text : "?", 1);
    }
    text_write(graph->out, "\"", 1);
}

static void indent(struct graph *graph)
{
    text_print(graph->out, "%*s", (int)graph->depth * 2 + 2, "");
}

/* attributes: as they stand between the brackets, or "". */
static unsigned print_node(struct graph *graph, const char *label, const char *attributes)
{
    indent(graph);
    text_print(graph->out, "n%u [label=", ++graph->count);
    print_string(graph, label);
    text_print(graph->out, "%s%s]\n", *attributes != '\0' ? ", " : "", attributes);
    return graph->count;
}

static void print_edge(struct graph *graph, unsigned from, unsigned to, const char *label,
                       const char *attributes)
{
    indent(graph);
    text_print(graph->out, "n%u -> n%u", from, to);
    if (label != NULL || *attributes != '\0') {
        text_print(graph->out, " [");
        if (label != NULL) {
            text_print(graph->out, "label=");
            print_string(graph, label);
        }
        text_print(graph->out, "%s%s]", label != NULL && *attributes != '\0' ? ", " : "",
                   attributes);
    }
    text_print(graph->out, "\n");
}

/* The name and what is to be known of the node, a line each. */
static const char *label_of(struct graph *graph, const struct node *node)
{
    const char *label = node->name;
    if (node->await != NULL)
        label =
            arena_printf(graph->arena, "%s\nawait %s", label, picture_await(graph->arena, node));
    if (node->blocking)
        label = arena_printf(graph->arena, "%s\nblocking", label);
    for (unsigned i = 0; i < node->locks.count; i++)
        label = arena_printf(graph->arena, "%s%s%s", label, i == 0 ? "\n{" : ", ",
                             picture_lock(graph->arena, &node->locks.at[i]));
    return node->locks.count > 0 ? arena_printf(graph->arena, "%s}", label) : label;
}

static struct ends print_shape(struct graph *graph, const struct shape *shape,
                               const char *attributes);

static struct ends print_sequence(struct graph *graph, const struct shape *shape,
                                  const char *attributes)
{
    struct ends all = {0, 0};
    for (unsigned i = 0; i < shape->parts.count; i++) {
        struct ends part = print_shape(graph, shape->parts.at[i], attributes);
        if (i == 0)
            all.in = part.in;
        else
            print_edge(graph, all.out, part.in, NULL, "");
        all.out = part.out;
    }
    return all;
}

static struct ends print_choice(struct graph *graph, const struct shape *shape,
                                const char *attributes)
{
    unsigned fork = print_node(graph, "", "shape=diamond, width=0.25, height=0.25");
    unsigned join = print_node(graph, "", "shape=point");
    for (unsigned i = 0; i < shape->parts.count; i++) {
        const struct shape *part = shape->parts.at[i];
        const char *label = picture_patterns(graph->arena, shape->node->arms[i].patterns,
                                             shape->node->inputs.count);
        if (part->kind == SHAPE_LINE) {
            print_edge(graph, fork, join, label, "");
            continue;
        }
        struct ends arm = print_shape(graph, part, attributes);
        print_edge(graph, fork, arm.in, label, "");
        print_edge(graph, arm.out, join, NULL, "");
    }
    return (struct ends){fork, join};
}

static struct ends print_group(struct graph *graph, const struct shape *shape,
                               const char *attributes)
{
    const struct node *node = shape->node;
    indent(graph);
    text_print(graph->out, "subgraph cluster%u {\n", graph->count);
    graph->depth++;
    indent(graph);
    text_print(graph->out, "label=");
    print_string(graph, label_of(graph, node));
    text_print(graph->out, "\n");
    struct ends ends = print_shape(graph, shape->parts.at[0], attributes);
    if (node->repeat != NULL) {
        const char *patterns =
            picture_patterns(graph->arena, node->repeat->patterns, node->outputs.count);
        print_edge(graph, ends.out, ends.in, arena_printf(graph->arena, "repeat %s", patterns),
                   "constraint=false");
    }
    graph->depth--;
    indent(graph);
    text_print(graph->out, "}\n");
    return ends;
}

static struct ends print_shape(struct graph *graph, const struct shape *shape,
                               const char *attributes)
{
    struct ends ends = {0, 0};
    switch (shape->kind) {
    case SHAPE_NODE:
        ends.in = ends.out = print_node(graph, label_of(graph, shape->node), attributes);
        break;
    case SHAPE_REFERENCE:
        ends.in = ends.out = print_node(graph, shape->node->name, "peripheries=2");
        break;
    case SHAPE_GROUP:
        ends = print_group(graph, shape, attributes);
        break;
    case SHAPE_SEQUENCE:
        return print_sequence(graph, shape, attributes);
    case SHAPE_CHOICE:
        return print_choice(graph, shape, attributes);
    case SHAPE_LINE:
        ends.in = ends.out = print_node(graph, "", "shape=point");
        break;
    }
    if (shape->handler == NULL)
        return ends;
    struct ends handler = print_shape(graph, shape->handler, "style=dashed");
    print_edge(graph, ends.in, handler.in, NULL, "style=dashed, color=firebrick");
    if (shape->node->handler->ends)
        return ends;
    /* A handler that recovers: both ways come together again. */
    unsigned join = print_node(graph, "", "shape=point");
    print_edge(graph, ends.out, join, NULL, "arrowhead=none");
    print_edge(graph, handler.out, join, NULL, "style=dashed, color=firebrick");
    return (struct ends){ends.in, join};
}

/* A source that has a node gets a mark before it where that is abstract. */
static struct ends print_origin(struct graph *graph, const struct source *source,
                                const struct shape *origin)
{
    static const char filled[] = "shape=box, style=\"rounded,filled\", fillcolor=\"#cfe0f5\"";
    if (origin == NULL) {
        unsigned clock = print_node(graph, source->name, filled);
        return (struct ends){clock, clock};
    }
    const char *label = origin->node->name;
    if (source->parallel)
        label = arena_printf(graph->arena, "%s\nparallel", label);
    if (source->session != NULL)
        label = arena_printf(graph->arena, "%s\nsession %s", label, source->session);
    if (origin->kind == SHAPE_NODE && origin->handler == NULL) {
        for (unsigned i = 0; i < origin->node->locks.count; i++)
            label = arena_printf(graph->arena, "%s\n{%s}", label,
                                 picture_lock(graph->arena, &origin->node->locks.at[i]));
        unsigned node = print_node(graph, label, filled);
        return (struct ends){node, node};
    }
    unsigned mark = print_node(graph, "source", filled);
    struct ends ends = print_shape(graph, origin, "");
    print_edge(graph, mark, ends.in, NULL, "");
    ends.in = mark;
    return ends;
}

static void print_row(struct graph *graph, const struct row *row)
{
    static const char *const labels[] = {[ROW_DEFAULT_HANDLER] = "any other error",
                                         [ROW_INITIAL] = "initial",
                                         [ROW_FINAL] = "final"};
    bool fails = row->kind == ROW_DEFAULT_HANDLER;
    struct ends flow = print_shape(graph, row->shape, fails ? "style=dashed" : "");
    if (row->kind != ROW_FLOW && row->kind != ROW_DEFINITION) {
        unsigned mark = print_node(graph, labels[row->kind], "shape=plaintext");
        print_edge(graph, mark, flow.in, NULL,
                   fails ? "style=dashed, color=firebrick" : "style=dotted");
    }
    for (unsigned i = 0; i < row->sources.count; i++) {
        struct ends origin = print_origin(graph, row->sources.at[i], row->origins.at[i]);
        print_edge(graph, origin.out, flow.in, NULL, "style=bold, color=\"#1f5fae\"");
        if (row->lasts.at[i] == NULL)
            continue;
        struct ends last = print_shape(graph, row->lasts.at[i], "style=dotted");
        print_edge(graph, flow.out, last.in, "finally", "style=dotted");
    }
}

void emit_dot(const struct program *program, struct text *out)
{
    const struct picture *picture = picture_of(program);
    struct graph graph = {.arena = program->arena, .out = out};
    text_print(out, "// Generated by fluxc from ");
    for (const char *at = program->file->name; *at != '\0'; at++)
        text_write(out, (unsigned char)*at >= ' ' ? at : "?", 1);
    text_print(out, "\ndigraph ");
    print_string(&graph, program->name);
    text_print(out, " {\n"
                    "  rankdir=LR\n"
                    "  fontname=\"Helvetica\"\n"
                    "  node [shape=box, fontname=\"Helvetica\"]\n"
                    "  edge [fontname=\"Helvetica\", fontsize=10]\n"
                    "  graph [style=rounded, color=gray60]\n");
    for (unsigned i = 0; i < picture->rows.count; i++)
        print_row(&graph, &picture->rows.at[i]);
    text_print(out, "}\n");
}
