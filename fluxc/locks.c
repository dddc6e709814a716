/* locks.c - what every node takes, so that no flow can wait in a circle (R29 to R31).
 * docs/locks.md explains the algorithm and proves it; this file follows its order.
 *
 * Constraints have one canonical order: session scope before program scope, then by name; a
 * constraint's rank is its place in it. Flows that take constraints in rising rank only cannot wait
 * in a circle. Taking all of one node's constraints in order is easy; the difficulty is a node
 * inside that takes a smaller one than a node around it holds:
 *
 *      O = P -> Q;  atomic O:{b};  atomic P:{a};          O holds b, then P takes a
 *
 * Early acquisition mends it: the smaller constraint is added to the outermost node around that
 * holds a later one, here a to O. Then, on every way down from where a flow begins, this holds
 * (the invariant): a node that takes c stands inside another one that takes c, where taking it
 * again is free (R30), or inside none that takes a later one.
 *
 * Inside a node run its members, of every arm, and their recovering handlers: around a recovering
 * handler of N stand the nodes that stand around N. An ending handler runs after everything was
 * given back: flows begin there anew, as at a source, a target and a `finally`.
 *
 * One descent per constraint reaches the fixpoint: c is added only to nodes that take a later one,
 * so it does not change the answer to "does it take a later one?" for any other constraint.
 *
 * Only when c is placed everywhere does R30 set its modes: a node takes c for writing if anything
 * inside it does. (The other way round, O in the example of a reader P and a writer Q would take
 * a? and have to upgrade it while it runs, for which two flows wait for each other.)
 */
#include "passes.h"

#include <stdlib.h>

struct nodes {
    struct node **at;
    unsigned count, capacity;
};

/* A node that takes the constraint at hand, and which of its locks that is. */
struct holder {
    struct node *node;
    unsigned lock;
};
struct holders {
    struct holder *at;
    unsigned count, capacity;
};

/* Which nodes run directly inside and around each node, and where flows begin. */
struct nesting {
    struct program *program;
    struct nodes *inside, *around; /* by node->index */
    struct nodes beginnings;
    unsigned *greatest; /* by node->index: which of its locks comes last in canonical order */

    /* Of the last climb and the descent behind it, by node->index: */
    unsigned stamp;
    unsigned *above;      /* the climb that last came by */
    unsigned *visited;    /* likewise: the descent */
    unsigned *nearest;    /* of those above: the nearest holder inside, */
    struct node **toward; /* and the next node on a shortest way there */
    struct nodes work;
};

static int lock_compare(const void *a, const void *b)
{
    unsigned left = ((const struct lock *)a)->constraint->rank;
    unsigned right = ((const struct lock *)b)->constraint->rank;
    return (left > right) - (left < right);
}

static struct lock *lock_of(const struct holder *holder)
{
    return &holder->node->locks.at[holder->lock];
}

/* The last constraint in canonical order that the node takes, if it comes after `constraint`.
 * Which one that is does not change: nodes are only given constraints that come before it. */
static const struct lock *later_lock(const struct nesting *nesting, const struct node *node,
                                     const struct constraint *constraint)
{
    if (node->locks.count == 0)
        return NULL;
    const struct lock *last = &node->locks.at[nesting->greatest[node->index]];
    return last->constraint->rank > constraint->rank ? last : NULL;
}

/* ---- the nesting ----------------------------------------------------------------------------- */

/* The handler that runs in a node's place after an error; it may have one itself. */
static struct node *recovery_of(const struct node *node)
{
    return node->handler && !node->handler->ends ? node->handler->node : NULL;
}

/* Adds a node and those that run in its place to a list, each once: `visited` tells which have been
 * since the stamp was raised. What is around them is `around`, if anything. */
static void add_with_recoveries(struct nesting *nesting, struct nodes *list, struct node *first,
                                struct node *around)
{
    struct arena *arena = nesting->program->arena;
    for (struct node *node = first; node; node = recovery_of(node)) {
        if (nesting->visited[node->index] == nesting->stamp)
            return;
        nesting->visited[node->index] = nesting->stamp;
        vector_push(arena, list, node);
        if (around)
            vector_push(arena, &nesting->around[node->index], around);
    }
}

static void add_beginning(struct nesting *nesting, struct node *node)
{
    add_with_recoveries(nesting, &nesting->beginnings, node, NULL);
}

static void build(struct nesting *nesting, struct program *program)
{
    size_t count = program->nodes.count;
    nesting->program = program;
    nesting->inside = arena_alloc(program->arena, count * sizeof *nesting->inside);
    nesting->around = arena_alloc(program->arena, count * sizeof *nesting->around);
    nesting->greatest = arena_alloc(program->arena, count * sizeof *nesting->greatest);
    nesting->above = arena_alloc(program->arena, count * sizeof *nesting->above);
    nesting->visited = arena_alloc(program->arena, count * sizeof *nesting->visited);
    nesting->nearest = arena_alloc(program->arena, count * sizeof *nesting->nearest);
    nesting->toward = arena_alloc(program->arena, count * sizeof(struct node *));

    for (unsigned i = 0; i < count; i++) {
        struct node *node = program->nodes.at[i];
        nesting->stamp++;
        for (unsigned a = 0; a < node->arm_count; a++)
            for (unsigned m = 0; m < node->arms[a].member_count; m++)
                add_with_recoveries(nesting, &nesting->inside[i], node->arms[a].members[m].node,
                                    node);
        unsigned *greatest = &nesting->greatest[i];
        for (unsigned k = 1; k < node->locks.count; k++)
            if (node->locks.at[k].constraint->rank > node->locks.at[*greatest].constraint->rank)
                *greatest = k;
    }
    nesting->stamp++;
    for (unsigned i = 0; i < count; i++) {
        const struct handler *handler = program->nodes.at[i]->handler;
        if (handler && handler->ends)
            add_beginning(nesting, handler->node);
    }
    for (unsigned i = 0; i < program->sources.count; i++) {
        struct source *source = program->sources.at[i];
        add_beginning(nesting, source->node);
        add_beginning(nesting, source->target);
        add_beginning(nesting, source->finally);
    }
    if (program->default_handler)
        add_beginning(nesting, program->default_handler->node);
}

/* Marks as `above` every node that has a holder inside it, however deep, nearest first. */
static void climb(struct nesting *nesting, const struct holders *holders)
{
    struct arena *arena = nesting->program->arena;
    struct nodes *work = &nesting->work;
    nesting->stamp++;
    work->count = 0;
    for (unsigned i = 0; i < holders->count; i++)
        vector_push(arena, work, holders->at[i].node);
    for (unsigned next = 0; next < work->count; next++) {
        struct node *node = work->at[next];
        unsigned nearest = next < holders->count ? next : nesting->nearest[node->index];
        const struct nodes *around = &nesting->around[node->index];
        for (unsigned i = 0; i < around->count; i++) {
            unsigned index = around->at[i]->index;
            if (nesting->above[index] == nesting->stamp)
                continue;
            nesting->above[index] = nesting->stamp;
            nesting->nearest[index] = nearest;
            nesting->toward[index] = node;
            vector_push(arena, work, around->at[i]);
        }
    }
}

static bool is_above(const struct nesting *nesting, const struct node *node)
{
    return nesting->above[node->index] == nesting->stamp;
}

/* From a node above down to one inside it, the nearest holder: "O > Inner > P". Of a long way the
 * beginning: in a hostile program all of them would fill the memory. */
enum { WAY_MAX = 6 };

static const char *way_down(const struct nesting *nesting, const struct node *top,
                            const struct node *bottom)
{
    struct arena *arena = nesting->program->arena;
    const struct node *node = nesting->toward[top->index];
    const char *way = top->name;
    for (unsigned length = 1; node != bottom && length < WAY_MAX; length++) {
        way = arena_printf(arena, "%s > %s", way, node->name);
        node = nesting->toward[node->index];
    }
    return arena_printf(arena, "%s > %s%s", way, node == bottom ? "" : "... > ", bottom->name);
}

/* ---- early acquisition ----------------------------------------------------------------------- */

/* Adds the constraint to a node, for the nearest one inside that takes it. */
static void lift(const struct nesting *nesting, struct node *node, const struct lock *later,
                 const struct holder *nearest)
{
    struct program *program = nesting->program;
    const struct lock *wanted = lock_of(nearest);
    struct constraint *constraint = wanted->constraint;
    struct node *below = nearest->node;
    struct lock lock = {.constraint = constraint,
                        .span = wanted->span,
                        .below = below,
                        .way = way_down(nesting, node, below),
                        .later = later->constraint};

    struct diag *diag =
        diag_report(program->diags, DIAG_EARLY_ACQUISITION, later->span,
                    "'%s' takes '%s' early: '%s' takes it while '%s' holds '%s', out of order",
                    node->name, constraint->name, below->name, node->name, later->constraint->name);
    diag_note(diag, wanted->span, "'%s' is wanted here, by way of %s", constraint->name, lock.way);
    diag_note(diag, (struct span){0}, "added: atomic %s:{%s%s%s}; write it to make it plain",
              node->name, constraint->name, wanted->write ? "" : "?",
              constraint->scope == SCOPE_SESSION ? "(session)" : "");
    vector_push(program->arena, &node->locks, lock);
}

/* R31, for one constraint: down from every beginning, not into its holders, where taking it is in
 * order or free. The first node on the way that takes a later one, with a holder inside, gets it.
 */
static void acquire_early(struct nesting *nesting, const struct constraint *constraint,
                          struct holders *holders)
{
    struct arena *arena = nesting->program->arena;
    climb(nesting, holders);
    for (unsigned i = 0; i < holders->count; i++)
        nesting->visited[holders->at[i].node->index] = nesting->stamp;

    struct nodes *work = &nesting->work;
    work->count = 0;
    for (unsigned i = nesting->beginnings.count; i-- > 0;)
        vector_push(arena, work, nesting->beginnings.at[i]);
    while (work->count > 0) {
        struct node *node = work->at[--work->count];
        if (nesting->visited[node->index] == nesting->stamp || !is_above(nesting, node))
            continue;
        nesting->visited[node->index] = nesting->stamp;
        const struct lock *later = later_lock(nesting, node, constraint);
        if (later) {
            lift(nesting, node, later, &holders->at[nesting->nearest[node->index]]);
            vector_push(arena, holders, ((struct holder){node, node->locks.count - 1}));
            continue;
        }
        const struct nodes *inside = &nesting->inside[node->index];
        for (unsigned i = inside->count; i-- > 0;)
            vector_push(arena, work, inside->at[i]);
    }
}

/* ---- modes ----------------------------------------------------------------------------------- */

/* R30, for one constraint. */
static void set_modes(struct nesting *nesting, const struct holders *holders)
{
    struct holders writers = {0};
    for (unsigned i = 0; i < holders->count; i++)
        if (lock_of(&holders->at[i])->write)
            vector_push(nesting->program->arena, &writers, holders->at[i]);
    climb(nesting, &writers);
    for (unsigned i = 0; i < holders->count; i++) {
        struct node *node = holders->at[i].node;
        struct lock *lock = lock_of(&holders->at[i]);
        if (lock->write || !is_above(nesting, node))
            continue;
        lock->write = true;
        lock->writer = writers.at[nesting->nearest[node->index]].node;
        lock->writer_way = way_down(nesting, node, lock->writer);
    }
}

/* ---- the pass -------------------------------------------------------------------------------- */

void locks(struct program *program)
{
    if (program->constraints.count == 0)
        return;
    struct nesting nesting = {0};
    build(&nesting, program);

    /* Holders by rank, in the order of the nodes. */
    struct holders *holders =
        arena_alloc(program->arena, program->constraints.count * sizeof *holders);
    for (unsigned i = 0; i < program->nodes.count; i++) {
        struct node *node = program->nodes.at[i];
        for (unsigned k = 0; k < node->locks.count; k++)
            vector_push(program->arena, &holders[node->locks.at[k].constraint->rank],
                        ((struct holder){node, k}));
    }
    for (unsigned rank = program->constraints.count; rank-- > 0;) {
        acquire_early(&nesting, program->constraints.at[rank], &holders[rank]);
        set_modes(&nesting, &holders[rank]);
    }
    for (unsigned i = 0; i < program->nodes.count; i++) {
        struct node *node = program->nodes.at[i];
        if (node->locks.count > 1)
            qsort(node->locks.at, node->locks.count, sizeof *node->locks.at, lock_compare);
    }
}
