/* Reach and use: what leads where, and what nothing leads to. */
#include "passes.h"

#include "held.h"
#include "table.h"
#include "walk.h"

#include <string.h>

enum {
    PATH_MAX_SHOWN = 12, /* nodes of a path */
    OTHERS_MAX = 3,      /* that hold constraints of a session where there is none */
    COVER_MAX = 100      /* arms that an arm is compared with */
};

/* ---- from the sources on --------------------------------------------------------------------- */

/* Breadth first; each node is reached once, by a shortest path. */
struct reach {
    struct program *program;
    VECTOR(struct node *) queue;
    const struct source **source; /* by index of node: the one that it is reached from */
    struct node **from;           /* by index: the node before it on the path; NULL: none */
    bool *reached;
};

static struct reach reach_new(struct program *program)
{
    unsigned count = program->nodes.count;
    struct arena *arena = program->arena;
    return (struct reach){.program = program,
                          .source = arena_alloc(arena, count * sizeof(struct source *)),
                          .from = arena_alloc(arena, count * sizeof(struct node *)),
                          .reached = arena_alloc(arena, count * sizeof(bool))};
}

static void reach_node(struct reach *reach, struct node *node, struct node *from,
                       const struct source *source)
{
    if (node == NULL || reach->reached[node->index])
        return;
    reach->reached[node->index] = true;
    reach->from[node->index] = from;
    reach->source[node->index] = source;
    vector_push(reach->program->arena, &reach->queue, node);
}

static void reach_source(struct reach *reach, const struct source *source)
{
    reach_node(reach, source->node, NULL, source);
    reach_node(reach, source->target, NULL, source);
    reach_node(reach, source->finally, NULL, source);
    if (reach->program->default_handler != NULL)
        reach_node(reach, reach->program->default_handler->node, NULL, source);
}

static void reach_all(struct reach *reach)
{
    for (unsigned i = 0; i < reach->queue.count; i++) {
        struct node *node = reach->queue.at[i];
        struct walk walk = walk_from(node);
        while (walk_next(&walk))
            reach_node(reach, walk.to, node, reach->source[node->index]);
    }
}

/* "Listen > Image > Handler > Compress"; of a long path the first and the last part. */
static const char *path_to(const struct reach *reach, const struct node *node)
{
    const char *path = "";
    unsigned shown = 0;
    const struct node *first = node;
    for (; node != NULL; node = reach->from[node->index], shown++) {
        first = node;
        if (shown < PATH_MAX_SHOWN)
            path = arena_printf(reach->program->arena, "%s%s%s", node->name,
                                path[0] != '\0' ? " > " : "", path);
    }
    const struct source *source = reach->source[first->index];
    const char *gap = shown > PATH_MAX_SHOWN ? "... > " : "";
    if (source->node == first)
        return shown > PATH_MAX_SHOWN
                   ? arena_printf(reach->program->arena, "%s > %s%s", first->name, gap, path)
                   : path;
    return arena_printf(reach->program->arena, "%s > %s%s", source->name, gap, path);
}

/* ---- sessions (R32) -------------------------------------------------------------------------- */

static const struct lock *session_lock(const struct node *node)
{
    for (unsigned i = 0; i < node->locks.count; i++)
        if (node->locks.at[i].constraint->scope == SCOPE_SESSION &&
            !node->locks.at[i].constraint->disputed)
            return &node->locks.at[i];
    return NULL;
}

/* Of the flows of a source without sessions, one error tells: the source may be what is wrong. */
struct without {
    struct diag *diag;
    unsigned others; /* noted besides */
};

static void report_session(struct reach *reach, struct table *told, const struct node *node,
                           const struct lock *lock)
{
    const struct source *source = reach->source[node->index];
    struct diags *diags = reach->program->diags;
    if (source == NULL) {
        struct diag *diag =
            diag_report(diags, DIAG_SESSION_CONSTRAINT, lock->span,
                        "'%s' holds '%s' of its session, but belongs to none: no source leads "
                        "there",
                        node->name, lock->constraint->name);
        diag_note(diag, node->span, "it is the %s node", node->role);
        return;
    }
    const struct node *first = node;
    while (reach->from[first->index] != NULL)
        first = reach->from[first->index];
    bool inside = source->node == first;
    struct without **slot =
        (struct without **)(void *)table_at(reach->program->arena, told, (const char *)source);
    if (!inside && *slot != NULL) {
        if ((*slot)->others++ < OTHERS_MAX)
            diag_note((*slot)->diag, lock->span, "so does '%s' with '%s'", node->name,
                      lock->constraint->name);
        return;
    }
    struct diag *diag = diag_report(
        diags, DIAG_SESSION_CONSTRAINT, lock->span,
        inside ? "'%s' holds '%s' of its session, but inside a source there is no session yet"
               : "'%s' holds '%s' of its session, but its flows may have none",
        node->name, lock->constraint->name);
    diag_note(diag, source->span,
              inside ? "source '%s': %s" : "source '%s' has no session function: %s", source->name,
              path_to(reach, node));
    if (!inside) {
        *slot = arena_alloc(reach->program->arena, sizeof **slot);
        (*slot)->diag = diag;
    }
}

/* Everything that runs without a session: sources, and the flows of those without a function. */
static void check_sessions(struct program *program)
{
    struct reach reach = reach_new(program);
    struct table told = {0};
    for (unsigned i = 0; i < program->sources.count; i++) {
        const struct source *source = program->sources.at[i];
        if (source->session == NULL)
            reach_source(&reach, source);
        else
            reach_node(&reach, source->node, NULL, source);
    }
    reach_node(&reach, program->initial, NULL, NULL);
    reach_node(&reach, program->final, NULL, NULL);
    reach_all(&reach);
    for (unsigned i = 0; i < reach.queue.count; i++) {
        const struct lock *lock = session_lock(reach.queue.at[i]);
        if (lock != NULL)
            report_session(&reach, &told, reach.queue.at[i], lock);
    }
}

/* ---- use (R40) ------------------------------------------------------------------------------- */

static void mark_used(struct program *program)
{
    struct reach reach = reach_new(program);
    for (unsigned i = 0; i < program->sources.count; i++)
        reach_source(&reach, program->sources.at[i]);
    reach_node(&reach, program->initial, NULL, NULL);
    reach_node(&reach, program->final, NULL, NULL);
    reach_all(&reach);
    for (unsigned i = 0; i < program->nodes.count; i++)
        program->nodes.at[i]->used = reach.reached[i];
}

/* A node that only unused ones lead to is not worth a warning of its own. */
static void warn_unused(struct program *program)
{
    bool *led_to = arena_alloc(program->arena, program->nodes.count * sizeof *led_to);
    for (unsigned i = 0; i < program->nodes.count; i++) {
        struct walk walk = walk_from(program->nodes.at[i]);
        while (walk_next(&walk))
            led_to[walk.to->index] = true;
    }
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        if (!node->used && !led_to[i])
            diag_report(program->diags, DIAG_UNUSED_NODE, node->span, "no flow leads to '%s'",
                        node->name);
    }
    for (unsigned i = 0; i < program->predicates.count; i++) {
        const struct predicate *predicate = program->predicates.at[i];
        if (!predicate->used)
            diag_report(program->diags, DIAG_UNUSED_PREDICATE, predicate->span,
                        "no pattern names '%s'", predicate->name);
    }
}

/* ---- arms (R20) ------------------------------------------------------------------------------ */

static bool matches_all(const struct pattern *patterns, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (patterns[i].predicate != NULL)
            return false;
    return true;
}

/* Semantic types may share a function, at one type of C (R18). */
static bool asks_the_same(const struct predicate *a, const struct predicate *b)
{
    return a == b || (b != NULL && a->function != NULL && a->function == b->function &&
                      a->type == b->type);
}

/* Whether `earlier` matches whatever `arm` matches: predicates have no side effects (R18), so that
 * an answer is the same both times. */
static bool covers(const struct arm *earlier, const struct arm *arm)
{
    for (unsigned i = 0; i < arm->pattern_count; i++)
        if (earlier->patterns[i].predicate != NULL &&
            !asks_the_same(earlier->patterns[i].predicate, arm->patterns[i].predicate))
            return false;
    return true;
}

/* A wrong number of patterns is an error of its own. */
static bool arms_complete(const struct node *node)
{
    for (unsigned i = 0; i < node->arm_count; i++)
        if (node->arms[i].pattern_count != node->arms[0].pattern_count ||
            (node->inputs_known && node->arms[i].pattern_count != node->inputs.count))
            return false;
    return true;
}

static const struct arm *find_cover(const struct node *node, unsigned arm,
                                    const struct arm *match_all)
{
    if (match_all != NULL)
        return match_all;
    for (unsigned i = 0; i < arm && i < COVER_MAX; i++)
        if (covers(&node->arms[i], &node->arms[arm]))
            return &node->arms[i];
    return NULL;
}

static void check_arms(struct program *program, const struct node *node)
{
    const struct arm *match_all = NULL;
    for (unsigned i = 0; i < node->arm_count; i++) {
        const struct arm *arm = &node->arms[i], *cover = find_cover(node, i, match_all);
        if (cover != NULL) {
            struct diag *diag = diag_report(program->diags, DIAG_UNREACHABLE_ARM, arm->span,
                                            "this arm of '%s' is never reached", node->name);
            diag_note(diag, cover->span, "this one matches first");
        }
        if (match_all == NULL && matches_all(arm->patterns, arm->pattern_count))
            match_all = arm;
    }
    if (match_all == NULL) {
        struct diag *diag = diag_report(program->diags, DIAG_MISSING_DEFAULT, node->arms[0].span,
                                        "'%s' fails where no arm matches", node->name);
        diag_note(diag, node->arms[node->arm_count - 1].span,
                  "an arm behind this one with wildcards only would match the rest");
    }
}

/* ---- loops (R37) ----------------------------------------------------------------------------- */

/* Wildcards only: no outcome ends the loop. Any C function may fail, so an error can; but a loop
 * that is left by its errors alone is rarely meant, and where it is (a peer hangs up) the pattern
 * could say so. */
static void check_repeat(struct program *program, const struct node *node)
{
    const struct repeat *repeat = node->repeat;
    if (repeat->pattern_count != node->outputs.count ||
        !matches_all(repeat->patterns, repeat->pattern_count))
        return;
    struct span span = repeat->patterns[0].span;
    span.end = repeat->patterns[repeat->pattern_count - 1].span.end;
    diag_report(program->diags, DIAG_ENDLESS_REPEAT, span,
                "these patterns match always: '%s' is repeated until it fails", node->name);
}

/* ---- the pass -------------------------------------------------------------------------------- */

void graph(struct program *program)
{
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        if (node->dispatches && arms_complete(node))
            check_arms(program, node);
        if (node->repeat != NULL)
            check_repeat(program, node);
    }
    mark_used(program);
    check_sessions(program);
    if (program->order != NULL)
        held_check(program, program->order);
    /* What an unknown name was to lead to would be said to be unused. */
    if (!program->incomplete && program->sources.count > 0)
        warn_unused(program);
}
