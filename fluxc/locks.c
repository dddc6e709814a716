/* locks.c - what every node takes, so that no flow can wait in a circle (R29 to R31).
 *
 * Constraints have one canonical order: session scope before program scope, then by name; a
 * constraint's rank is its place in it. A flow that takes constraints in rising rank only cannot
 * be part of a circle of waiting flows. Taking all of one node's constraints in order is easy; the
 * difficulty is a node below that takes a smaller one than a node around it already holds:
 *
 *      O = P -> Q;  atomic O:{b};  atomic P:{a};          O holds b, then P takes a
 *
 * Early acquisition mends it: the smaller constraint is added to the outermost node around that
 * already holds a later one, here a to O. On every path from where a flow begins, then, a
 * constraint is taken either by a node with nothing later around it, or by one inside a holder of
 * that same constraint, where taking it again is free (R30).
 *
 * "Around" follows members, arms and recovering handlers: around a recovering handler of N stand
 * the nodes that stand around N. An ending handler runs after everything was given back: flows
 * begin anew there, as at a source, a target and a `finally`.
 *
 * One descent per constraint, from the greatest rank to the smallest, reaches the fixpoint: adding
 * c to a node changes the question "does it hold a later one?" for constraints smaller than c
 * alone, and these are still to come. For one c only the nodes above its holders matter:
 *
 *      above = every node with a holder of c somewhere below it
 *      descend from the roots: at a holder of c stop; at a node of `above` that holds a later
 *      one, add c and stop; else go on to the children
 *
 * Only when all are placed does R30 set the modes: the first holder on a path from a root takes c
 * for writing if anything below it does. (The other way round, O in the example of a reader P and
 * a writer Q would be given a? and upgrade it while it runs, which two flows can do to each other.)
 */
#include "passes.h"

#include <stdlib.h>

struct nodes {
    struct node **at;
    unsigned count, capacity;
};

/* What stands below and above each node, and where flows begin. */
struct lattice {
    struct program *program;
    struct nodes *children, *parents; /* by node->index */
    struct nodes roots;
    unsigned *mark;  /* by node->index: the descent that last visited it */
    unsigned *above; /* likewise: the constraint's ascent */
    unsigned stamp;
    struct nodes work;
};

static int lock_compare(const void *a, const void *b)
{
    unsigned left = ((const struct lock *)a)->constraint->rank;
    unsigned right = ((const struct lock *)b)->constraint->rank;
    return left < right ? -1 : left > right;
}

static struct lock *lock_of(const struct node *node, const struct constraint *constraint)
{
    for (unsigned i = 0; i < node->locks.count; i++)
        if (node->locks.at[i].constraint == constraint)
            return &node->locks.at[i];
    return NULL;
}

/* The first constraint after `constraint` in canonical order that the node holds. */
static struct lock *later_lock(const struct node *node, const struct constraint *constraint)
{
    for (unsigned i = 0; i < node->locks.count; i++)
        if (node->locks.at[i].constraint->rank > constraint->rank)
            return &node->locks.at[i];
    return NULL;
}

/* ---- the lattice ----------------------------------------------------------------------------- */

static void add_root(struct lattice *lattice, struct node *node)
{
    vector_push(lattice->program->arena, &lattice->roots, node);
}

static void add_child(struct lattice *lattice, struct node *parent, struct node *child)
{
    vector_push(lattice->program->arena, &lattice->children[parent->index], child);
    vector_push(lattice->program->arena, &lattice->parents[child->index], parent);
}

/* A flow's beginning, with the handlers that recover it: nothing is around either. */
static void add_beginning(struct lattice *lattice, struct node *node)
{
    add_root(lattice, node);
    for (struct handler *h = node->handler; h && !h->ends; h = h->node->handler)
        add_root(lattice, h->node);
}

static void build(struct lattice *lattice, struct program *program)
{
    size_t count = program->nodes.count;
    lattice->program = program;
    lattice->children = arena_alloc(program->arena, count * sizeof *lattice->children);
    lattice->parents = arena_alloc(program->arena, count * sizeof *lattice->parents);
    lattice->mark = arena_alloc(program->arena, count * sizeof *lattice->mark);
    lattice->above = arena_alloc(program->arena, count * sizeof *lattice->above);

    for (unsigned i = 0; i < count; i++) {
        struct node *node = program->nodes.at[i];
        for (unsigned a = 0; a < node->arm_count; a++) {
            const struct arm *arm = &node->arms[a];
            for (unsigned m = 0; m < arm->member_count; m++) {
                struct node *member = arm->members[m].node;
                add_child(lattice, node, member);
                for (struct handler *h = member->handler; h && !h->ends; h = h->node->handler)
                    add_child(lattice, node, h->node);
            }
        }
        if (node->handler && node->handler->ends)
            add_beginning(lattice, node->handler->node);
    }
    for (unsigned i = 0; i < program->sources.count; i++) {
        struct source *source = program->sources.at[i];
        if (source->node)
            add_beginning(lattice, source->node);
        add_beginning(lattice, source->target);
        if (source->finally)
            add_beginning(lattice, source->finally);
    }
    if (program->default_handler)
        add_beginning(lattice, program->default_handler->node);
}

/* Marks in `above` every node that has a holder below it (a writing one, if `writers`), and with
 * it the holders themselves. */
static void mark_above(struct lattice *lattice, const struct nodes *holders,
                       const struct constraint *constraint, bool writers)
{
    struct nodes *work = &lattice->work;
    work->count = 0;
    lattice->stamp++;
    for (unsigned i = 0; i < holders->count; i++)
        if (!writers || lock_of(holders->at[i], constraint)->write)
            vector_push(lattice->program->arena, work, holders->at[i]);
    while (work->count > 0) {
        struct node *node = work->at[--work->count];
        struct nodes *parents = &lattice->parents[node->index];
        for (unsigned i = 0; i < parents->count; i++) {
            struct node *parent = parents->at[i];
            if (lattice->above[parent->index] == lattice->stamp)
                continue;
            lattice->above[parent->index] = lattice->stamp;
            vector_push(lattice->program->arena, work, parent);
        }
    }
}

static bool is_above(const struct lattice *lattice, const struct node *node)
{
    return lattice->above[node->index] == lattice->stamp;
}

/* ---- early acquisition ----------------------------------------------------------------------- */

/* The shortest way down from `top` to a node that takes the constraint: "O > Inner > P". Sets
 * *holder to that node. */
static const char *path_down(struct lattice *lattice, struct node *top,
                             const struct constraint *constraint, struct node **holder)
{
    struct program *program = lattice->program;
    size_t count = program->nodes.count;
    struct node **from = calloc(count, sizeof(struct node *));
    struct nodes queue = {0};
    struct node *found = NULL;

    if (!from) {
        *holder = top;
        return top->name;
    }
    vector_push(program->arena, &queue, top);
    for (unsigned i = 0; i < queue.count && !found; i++) {
        struct nodes *children = &lattice->children[queue.at[i]->index];
        for (unsigned k = 0; k < children->count && !found; k++) {
            struct node *child = children->at[k];
            if (from[child->index])
                continue;
            from[child->index] = queue.at[i];
            if (lock_of(child, constraint))
                found = child;
            else if (is_above(lattice, child))
                vector_push(program->arena, &queue, child);
        }
    }
    const char *path = found ? found->name : top->name;
    for (struct node *node = found; node && node != top; node = from[node->index])
        path = arena_printf(program->arena, "%s > %s", from[node->index]->name, path);
    free(from);
    *holder = found ? found : top;
    return path;
}

static void lift(struct lattice *lattice, struct node *node, struct constraint *constraint)
{
    struct program *program = lattice->program;
    struct lock *later = later_lock(node, constraint);
    struct node *below;
    const char *path = path_down(lattice, node, constraint, &below);
    struct lock *lifted = lock_of(below, constraint);

    struct diag *diag =
        diag_report(program->diags, DIAG_EARLY_ACQUISITION, later->span,
                    "'%s' takes '%s' early: '%s' takes it while '%s' holds '%s', out of order",
                    node->name, constraint->name, below->name, node->name, later->constraint->name);
    diag_note(diag, lifted->span, "'%s' is wanted here, by way of %s", constraint->name, path);
    diag_note(diag, (struct span){0}, "added: atomic %s:{%s%s%s}; write it to make it plain",
              node->name, constraint->name, lifted->write ? "" : "?",
              constraint->scope == SCOPE_SESSION ? "(session)" : "");

    struct lock lock = {
        .constraint = constraint, .span = lifted->span, .below = below, .later = later->constraint};
    vector_push(program->arena, &node->locks, lock);
}

/* R31, for one constraint. */
static void acquire_early(struct lattice *lattice, struct constraint *constraint,
                          struct nodes *holders)
{
    struct arena *arena = lattice->program->arena;
    mark_above(lattice, holders, constraint, false);

    struct nodes *work = &lattice->work;
    work->count = 0;
    for (unsigned i = lattice->roots.count; i-- > 0;)
        vector_push(arena, work, lattice->roots.at[i]);
    while (work->count > 0) {
        struct node *node = work->at[--work->count];
        if (lattice->mark[node->index] == lattice->stamp)
            continue;
        lattice->mark[node->index] = lattice->stamp;
        if (lock_of(node, constraint) || !is_above(lattice, node))
            continue;
        if (later_lock(node, constraint)) {
            lift(lattice, node, constraint);
            vector_push(arena, holders, node);
            continue;
        }
        struct nodes *children = &lattice->children[node->index];
        for (unsigned i = children->count; i-- > 0;)
            vector_push(arena, work, children->at[i]);
    }
}

/* ---- modes ----------------------------------------------------------------------------------- */

/* The nearest node below that takes the constraint for writing. */
static struct node *writer_below(struct lattice *lattice, struct node *top,
                                 const struct constraint *constraint)
{
    struct node *node = top;
    for (;;) {
        struct nodes *children = &lattice->children[node->index];
        struct node *on = NULL;
        for (unsigned i = 0; i < children->count; i++) {
            struct lock *lock = lock_of(children->at[i], constraint);
            if (lock && lock->write && !lock->writer)
                return children->at[i];
            if (!on && is_above(lattice, children->at[i]))
                on = children->at[i];
        }
        if (!on)
            return node;
        node = on;
    }
}

/* R30, for one constraint. */
static void set_modes(struct lattice *lattice, struct constraint *constraint,
                      const struct nodes *holders)
{
    mark_above(lattice, holders, constraint, true);
    for (unsigned i = 0; i < holders->count; i++) {
        struct lock *lock = lock_of(holders->at[i], constraint);
        if (!lock->write && is_above(lattice, holders->at[i])) {
            lock->write = true;
            lock->writer = writer_below(lattice, holders->at[i], constraint);
        }
    }
}

void locks(struct program *program)
{
    if (program->constraints.count == 0)
        return;
    struct lattice lattice = {0};
    build(&lattice, program);

    /* Holders by rank, in the order of the nodes. */
    struct nodes *holders =
        arena_alloc(program->arena, program->constraints.count * sizeof *holders);
    for (unsigned i = 0; i < program->nodes.count; i++) {
        struct node *node = program->nodes.at[i];
        for (unsigned k = 0; k < node->locks.count; k++)
            vector_push(program->arena, &holders[node->locks.at[k].constraint->rank], node);
    }
    for (unsigned rank = program->constraints.count; rank-- > 0;)
        acquire_early(&lattice, program->constraints.at[rank], &holders[rank]);
    for (unsigned rank = 0; rank < program->constraints.count; rank++)
        set_modes(&lattice, program->constraints.at[rank], &holders[rank]);

    for (unsigned i = 0; i < program->nodes.count; i++) {
        struct node *node = program->nodes.at[i];
        if (node->locks.count > 1)
            qsort(node->locks.at, node->locks.count, sizeof *node->locks.at, lock_compare);
    }
}
