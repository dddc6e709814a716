#include "picture.h"

#include <inttypes.h>

/* Bodies within bodies beyond this depth get rows of their own: nobody could read them, and a
 * drawing is made by recursion. */
enum { DEPTH_MAX = 24 };

struct painter {
    const struct program *program;
    struct arena *arena;
    struct picture *picture;
    unsigned *stands;                        /* by node: in how many places */
    bool *queued;                            /* by node: gets a row of its own */
    bool *handled;                           /* by node: its handler has been drawn below it */
    VECTOR(const struct node *) definitions; /* these, in order */
    unsigned depth;
};

/* ---- how often each node stands somewhere ---------------------------------------------------- */

static void count_places(struct painter *painter)
{
    const struct program *program = painter->program;
    unsigned *stands = painter->stands;
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        for (unsigned a = 0; a < node->arm_count; a++)
            for (unsigned m = 0; m < node->arms[a].member_count; m++)
                stands[node->arms[a].members[m].node->index]++;
        if (node->handler != NULL)
            stands[node->handler->node->index]++;
    }
    bool *target = arena_alloc(painter->arena, program->nodes.count * sizeof *target);
    for (unsigned i = 0; i < program->sources.count; i++) {
        const struct source *source = program->sources.at[i];
        if (source->node != NULL)
            stands[source->node->index]++;
        if (source->finally != NULL)
            stands[source->finally->index]++;
        if (!target[source->target->index])
            stands[source->target->index]++; /* sources with one target share a row */
        target[source->target->index] = true;
    }
    if (program->default_handler != NULL)
        stands[program->default_handler->node->index]++;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static struct shape *draw_node(struct painter *painter, const struct node *node);

static struct shape *new_shape(struct painter *painter, enum shape_kind kind,
                               const struct node *node)
{
    struct shape *shape = arena_alloc(painter->arena, sizeof *shape);
    shape->kind = kind;
    shape->node = node;
    return shape;
}

static struct shape *draw_body(struct painter *painter, const struct arm *arm)
{
    if (arm->member_count == 0)
        return new_shape(painter, SHAPE_LINE, NULL);
    if (arm->member_count == 1)
        return draw_node(painter, arm->members[0].node);
    struct shape *sequence = new_shape(painter, SHAPE_SEQUENCE, NULL);
    for (unsigned i = 0; i < arm->member_count; i++) {
        struct shape *part = draw_node(painter, arm->members[i].node);
        vector_push(painter->arena, &sequence->parts, part);
    }
    return sequence;
}

static struct shape *draw_reference(struct painter *painter, const struct node *node)
{
    if (!painter->queued[node->index])
        vector_push(painter->arena, &painter->definitions, node);
    painter->queued[node->index] = true;
    return new_shape(painter, SHAPE_REFERENCE, node);
}

static struct shape *draw_group(struct painter *painter, const struct node *node)
{
    struct shape *group = new_shape(painter, SHAPE_GROUP, node), *body;
    if (node->dispatches) {
        body = new_shape(painter, SHAPE_CHOICE, node);
        for (unsigned i = 0; i < node->arm_count; i++) {
            struct shape *part = draw_body(painter, &node->arms[i]);
            vector_push(painter->arena, &body->parts, part);
        }
    } else if (node->arm_count > 0) {
        body = draw_body(painter, &node->arms[0]);
    } else {
        body = new_shape(painter, SHAPE_LINE, NULL);
    }
    vector_push(painter->arena, &group->parts, body);
    return group;
}

/* A handler is drawn below its node wherever that stands; a handler's own handler, where the first
 * stands first, and an abstract one inside only where its node stands once. */
static struct shape *draw_handler(struct painter *painter, const struct node *node)
{
    const struct node *handler = node->handler->node;
    painter->handled[node->index] = true;
    if (handler->kind == NODE_CONCRETE)
        return painter->handled[handler->index] || painter->depth >= DEPTH_MAX
                   ? new_shape(painter, SHAPE_NODE, handler)
                   : draw_node(painter, handler);
    return painter->stands[node->index] > 1 ? draw_reference(painter, handler)
                                            : draw_node(painter, handler);
}

static struct shape *draw_node(struct painter *painter, const struct node *node)
{
    struct shape *shape;
    painter->depth++;
    if (node->kind == NODE_CONCRETE)
        shape = new_shape(painter, SHAPE_NODE, node);
    else if (painter->stands[node->index] > 1 || painter->depth > DEPTH_MAX)
        shape = draw_reference(painter, node);
    else
        shape = draw_group(painter, node);
    if (node->handler != NULL && shape->kind != SHAPE_REFERENCE)
        shape->handler = draw_handler(painter, node);
    painter->depth--;
    return shape;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct row *add_row(struct painter *painter, enum row_kind kind)
{
    struct row row = {.kind = kind};
    vector_push(painter->arena, &painter->picture->rows, row);
    return &painter->picture->rows.at[painter->picture->rows.count - 1];
}

static void add_node_row(struct painter *painter, enum row_kind kind, const struct node *node)
{
    struct shape *shape = draw_node(painter, node);
    add_row(painter, kind)->shape = shape;
}

static void add_flows(struct painter *painter)
{
    const struct program *program = painter->program;
    struct arena *arena = painter->arena;
    /* By target: one more than the index of its row. */
    unsigned *rows = arena_alloc(arena, program->nodes.count * sizeof *rows);
    for (unsigned i = 0; i < program->sources.count; i++) {
        const struct source *source = program->sources.at[i];
        unsigned *row = &rows[source->target->index];
        struct shape *origin = source->node != NULL ? draw_node(painter, source->node) : NULL;
        struct shape *last = source->finally != NULL ? draw_node(painter, source->finally) : NULL;
        if (*row == 0) {
            add_node_row(painter, ROW_FLOW, source->target);
            *row = painter->picture->rows.count;
        }
        struct row *flow = &painter->picture->rows.at[*row - 1];
        vector_push(arena, &flow->sources, source);
        vector_push(arena, &flow->origins, origin);
        vector_push(arena, &flow->lasts, last);
    }
}

/* Definitions ask for more definitions, until all are drawn. */
static void add_definitions(struct painter *painter)
{
    for (unsigned i = 0; i < painter->definitions.count; i++) {
        const struct node *node = painter->definitions.at[i];
        painter->depth = 0;
        struct shape *group = draw_group(painter, node);
        if (node->handler != NULL)
            group->handler = draw_handler(painter, node);
        add_row(painter, ROW_DEFINITION)->shape = group;
    }
}

const struct picture *picture_of(const struct program *program)
{
    struct arena *arena = program->arena;
    struct painter painter = {.program = program, .arena = arena};
    painter.picture = arena_alloc(arena, sizeof *painter.picture);
    painter.stands = arena_alloc(arena, program->nodes.count * sizeof *painter.stands);
    painter.handled = arena_alloc(arena, program->nodes.count * sizeof *painter.handled);
    painter.queued = arena_alloc(arena, program->nodes.count * sizeof *painter.queued);
    count_places(&painter);
    if (program->initial != NULL)
        add_node_row(&painter, ROW_INITIAL, program->initial);
    add_flows(&painter);
    if (program->default_handler != NULL)
        add_node_row(&painter, ROW_DEFAULT_HANDLER, program->default_handler->node);
    add_definitions(&painter);
    if (program->final != NULL)
        add_node_row(&painter, ROW_FINAL, program->final);
    return painter.picture;
}

/* ---- texts ----------------------------------------------------------------------------------- */

const char *picture_patterns(struct arena *arena, const struct pattern *patterns, unsigned count)
{
    VECTOR(char) text = {0};
    vector_push(arena, &text, '[');
    for (unsigned i = 0; i < count; i++) {
        for (const char *at = i > 0 ? ", " : ""; *at != '\0'; at++)
            vector_push(arena, &text, *at);
        for (const char *at = patterns[i].predicate != NULL ? patterns[i].predicate->name : "_";
             *at != '\0'; at++)
            vector_push(arena, &text, *at);
    }
    vector_push(arena, &text, ']');
    vector_push(arena, &text, '\0');
    return text.at;
}

static const char *duration(struct arena *arena, int64_t milliseconds)
{
    static const struct {
        int64_t milliseconds;
        const char *name;
    } units[] = {{60000, "min"}, {1000, "s"}, {1, "ms"}};
    unsigned unit = 0;
    while (milliseconds == 0 ? unit < 2 : milliseconds % units[unit].milliseconds != 0)
        unit++;
    return arena_printf(arena, "%" PRId64 " %s", milliseconds / units[unit].milliseconds,
                        units[unit].name);
}

const char *picture_await(struct arena *arena, const struct node *node)
{
    const struct await *await = node->await;
    const char *what = arena_printf(arena, "%s(%s)", await->writable ? "writable" : "readable",
                                    node->inputs.at[await->fd].name);
    if (await->limit_field >= 0)
        return arena_printf(arena, "%s, %s", what, node->inputs.at[await->limit_field].name);
    if (await->limit >= 0)
        return arena_printf(arena, "%s, %s", what, duration(arena, await->limit));
    return what;
}

const char *picture_lock(struct arena *arena, const struct lock *lock)
{
    return arena_printf(arena, "%s%s%s", lock->constraint->name, lock->write ? "" : "?",
                        lock->constraint->scope == SCOPE_SESSION ? "(session)" : "");
}

static const char *field_list(struct arena *arena, const struct fields *fields)
{
    const char *text = "";
    /* A list can be as long as a program: a drawing shows its beginning. */
    for (unsigned i = 0; i < fields->count && i < 20; i++)
        text = arena_printf(arena, "%s%s%s%s%s", text, i > 0 ? ", " : "", fields->at[i].type->text,
                            fields->at[i].type->pointer ? "" : " ", fields->at[i].name);
    return arena_printf(arena, "(%s%s)", text, fields->count > 20 ? ", ..." : "");
}

const char *picture_signature(struct arena *arena, const struct node *node)
{
    return arena_printf(arena, "%s %s => %s", node->name, field_list(arena, &node->inputs),
                        field_list(arena, &node->outputs));
}
