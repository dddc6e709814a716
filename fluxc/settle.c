/* settle.c - the second half of lowering: steps get their numbers, values their place. */
#include "lower.h"

#include <stdlib.h>
#include <string.h>

/* ---- steps ----------------------------------------------------------------------------------- */

/* The step a label or an index leads to, jumps followed. An empty endless loop of jumps cannot
 * come up: turns are steps. */
static unsigned target(const struct lowering *l, unsigned from, unsigned to)
{
    unsigned step = to == FOLLOWING ? from + 1 : l->labels.at[to].step;
    while (l->routine->steps.at[step].op == STEP_GOTO) {
        unsigned next = l->routine->steps.at[step].next;
        step = next == FOLLOWING ? step + 1 : l->labels.at[next].step;
    }
    return step;
}

/* Where one blocking node follows another, the flow stays with its helper (R35): it would come back
 * only to leave again. */
static unsigned past_return(const struct routine *routine, unsigned step)
{
    while (step != STEP_NONE && routine->steps.at[step].op == STEP_UNBLOCK) {
        unsigned next = routine->steps.at[step].next;
        if (routine->steps.at[next].op != STEP_BLOCK)
            break;
        step = routine->steps.at[next].next;
    }
    return step;
}

static bool has_next(enum step_op op)
{
    return op != STEP_LEAVE && op != STEP_END;
}

static bool suspends(enum step_op op)
{
    return op == STEP_TAKE || op == STEP_AWAIT || op == STEP_BLOCK || op == STEP_UNBLOCK ||
           op == STEP_TURN || op == STEP_BORN || op == STEP_STEP;
}

void settle_steps(struct lowering *l)
{
    struct routine *routine = l->routine;
    unsigned count = routine->steps.count;
    unsigned *number = arena_alloc(l->arena, (count + 1) * sizeof *number);
    bool *reached = arena_alloc(l->arena, count + 1);
    VECTOR(unsigned) work = {0};

    for (unsigned i = 0; i < count; i++) {
        struct step *step = &routine->steps.at[i];
        if (step->op == STEP_GOTO)
            continue;
        step->next = has_next(step->op) ? target(l, i, step->next) : STEP_NONE;
        if (step->other != STEP_NONE)
            step->other = target(l, i, step->other);
    }
    for (unsigned i = 0; i < count; i++) {
        struct step *step = &routine->steps.at[i];
        if (step->op == STEP_GOTO)
            continue;
        step->next = past_return(routine, step->next);
        step->other = past_return(routine, step->other);
    }
    /* The first step is never a jump: a source part begins with a step of its own, and so does the
     * flow part of a clock. */
    unsigned first = 0;
    while (routine->steps.at[first].op == STEP_GOTO)
        first = target(l, first, routine->steps.at[first].next);
    vector_push(l->arena, &work, first);
    reached[first] = true;
    while (work.count > 0) {
        struct step *step = &routine->steps.at[work.at[--work.count]];
        unsigned ways[2] = {step->next, step->other};
        for (int k = 0; k < 2; k++) {
            if (ways[k] == STEP_NONE || reached[ways[k]])
                continue;
            reached[ways[k]] = true;
            vector_push(l->arena, &work, ways[k]);
        }
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        number[i] = kept;
        if (reached[i])
            routine->steps.at[kept++] = routine->steps.at[i];
    }
    number[count] = kept;
    routine->steps.count = kept;
    for (unsigned i = 0; i < kept; i++) {
        struct step *step = &routine->steps.at[i];
        if (step->next != STEP_NONE)
            step->next = number[step->next];
        if (step->other != STEP_NONE)
            step->other = number[step->other];
        if (suspends(step->op))
            step->at = ++routine->at_count;
    }
    for (unsigned i = 0; i < routine->values.count; i++) {
        struct value *value = routine->values.at[i];
        value->made = number[value->made];
        value->read = number[value->read];
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

static int value_order(const void *a, const void *b)
{
    const struct value *left = *(struct value *const *)a;
    const struct value *right = *(struct value *const *)b;
    if (left->made != right->made)
        return left->made < right->made ? -1 : 1;
    if (left->read != right->read)
        return left->read < right->read ? -1 : 1;
    if (left->node != right->node)
        return left->node->index < right->node->index ? -1 : 1;
    return left->input - right->input;
}

/* Where values are kept: one cell for many, one at a time. */
struct cell {
    unsigned fields; /* how many each of its values has */
    bool in_frame;
    unsigned busy_until;
};
struct cells {
    struct cell *at;
    unsigned count, capacity;
};

/* How far to look for a free one. */
enum { CELLS_TRIED = 64 };

/* The names under which one kind of value stands in cells so far. */
static struct storages *storages_of(struct lowering *l, const struct value *value)
{
    return &l->storages[value->node->index * 4 + value->input * 2u + value->in_frame];
}

/* Is this step a copy of the cell's value, field by field, each onto itself if the copy stands in
 * the same cell? */
static bool copies_in_place(const struct step *step, unsigned cell)
{
    return step->op == STEP_COPY && step->input != NULL && step->input->in_frame &&
           step->input->cell == cell && step->input->fields->types == step->value->fields->types;
}

/* May the value be made where another has been read for the last time? In the same step only by a
 * call, which has copied its inputs by then, or by a copy of that other one. */
static bool is_free(const struct lowering *l, const struct cells *cells, unsigned cell,
                    const struct value *value)
{
    const struct step *step = &l->routine->steps.at[value->made];
    const unsigned busy_until = cells->at[cell].busy_until;
    return busy_until < value->made ||
           (busy_until == value->made && (step->op == STEP_CALL || copies_in_place(step, cell)));
}

/* A cell of the frame that another kind of value has left. Those of one size share, so that a small
 * one does not make a second cell as large as a large one. */
static unsigned free_cell(struct lowering *l, struct cells *cells, const struct value *value)
{
    for (unsigned i = 0; value->in_frame && i < cells->count && i < CELLS_TRIED; i++)
        if (cells->at[i].in_frame && cells->at[i].fields == value->fields->count &&
            is_free(l, cells, i, value))
            return i;
    struct cell fresh = {value->fields->count, value->in_frame, 0};
    vector_push(l->arena, cells, fresh);
    return cells->count - 1;
}

/* "Read", "Read_in"; in its second cell "Read_2", unless a node is called so. */
static const char *storage_name(struct lowering *l, const struct value *value, unsigned number)
{
    const char *name = arena_printf(l->arena, "%s%s", value->node->name, value->input ? "_in" : "");
    if (number == 1)
        return name;
    name = arena_printf(l->arena, "%s_%u", name, number);
    for (unsigned i = 0; i < l->program->nodes.count; i++)
        if (strcmp(l->program->nodes.at[i]->name, name) == 0)
            return storage_name(l, value, number + l->program->nodes.count);
    return name;
}

static void keep(struct lowering *l, struct cells *cells, struct value *value)
{
    struct storages *mine = storages_of(l, value);
    unsigned k = 0;
    while (k < mine->count && !is_free(l, cells, mine->at[k].cell, value))
        k++;
    if (k == mine->count) {
        struct storage storage = {storage_name(l, value, k + 1), free_cell(l, cells, value)};
        vector_push(l->arena, mine, storage);
    }
    value->name = mine->at[k].name;
    value->cell = mine->at[k].cell;
    cells->at[value->cell].busy_until = value->read;
}

/* ---- which values outlive a suspension ---- */

/* The steps before each step: those of step i are at[from[i]] to at[from[i + 1] - 1]. */
struct before {
    unsigned *from, *at;
};

static struct before steps_before(struct lowering *l)
{
    const struct routine *routine = l->routine;
    const unsigned count = routine->steps.count;
    unsigned *from = arena_alloc(l->arena, (count + 2) * sizeof *from);
    for (unsigned i = 0; i < count; i++) {
        const unsigned ways[2] = {routine->steps.at[i].next, routine->steps.at[i].other};
        for (int k = 0; k < 2; k++)
            if (ways[k] != STEP_NONE)
                from[ways[k] + 2]++;
    }
    for (unsigned i = 2; i < count + 2; i++)
        from[i] += from[i - 1];
    unsigned *at = arena_alloc(l->arena, (from[count + 1] + 1) * sizeof *at);
    for (unsigned i = 0; i < count; i++) {
        const unsigned ways[2] = {routine->steps.at[i].next, routine->steps.at[i].other};
        for (int k = 0; k < 2; k++)
            if (ways[k] != STEP_NONE)
                at[from[ways[k] + 1]++] = i;
    }
    return (struct before){from, at};
}

/* A search backwards from where a value is read to where it is made. */
struct search {
    struct lowering *l;
    struct before before;
    unsigned *seen; /* by step: the last value, counted from 1, that was found alive ahead of it */
    VECTOR(unsigned) work;
};

static void alive_ahead_of(struct search *search, const struct value *value, unsigned step)
{
    if (search->seen[step] == value->index + 1)
        return;
    search->seen[step] = value->index + 1;
    vector_push(search->l->arena, &search->work, step);
}

/* Is it alive while the flow is suspended somewhere? A call that makes it anew leaves the old one
 * where it fails. */
static bool outlives_suspension(struct search *search, const struct value *value)
{
    const struct routine *routine = search->l->routine;
    search->work.count = 0;
    for (unsigned i = value->made; i <= value->read; i++)
        if (routine->steps.at[i].input == value)
            alive_ahead_of(search, value, i);
    while (search->work.count > 0) {
        const unsigned step = search->work.at[--search->work.count];
        for (unsigned k = search->before.from[step]; k < search->before.from[step + 1]; k++) {
            const unsigned before = search->before.at[k];
            const struct step *from = &routine->steps.at[before];
            if (from->at != 0)
                return true;
            if (from->value != value || from->next != step)
                alive_ahead_of(search, value, before);
        }
    }
    return false;
}

void settle_values(struct lowering *l)
{
    struct routine *routine = l->routine;
    struct cells cells = {0};
    unsigned count = routine->steps.count;
    unsigned *points = arena_alloc(l->arena, (count + 2) * sizeof *points); /* before step i */
    for (unsigned i = 0; i < count; i++)
        points[i + 1] = points[i] + (routine->steps.at[i].at != 0);
    points[count + 1] = points[count];

    struct search search = {.l = l,
                            .before = steps_before(l),
                            .seen = arena_alloc(l->arena, (count + 1) * sizeof *search.seen)};
    if (routine->values.count > 1)
        qsort(routine->values.at, routine->values.count, sizeof *routine->values.at, value_order);
    for (unsigned i = 0; i < routine->values.count; i++) {
        struct value *value = routine->values.at[i];
        value->index = i;
        /* Only if there are suspension points behind the making step and before the reading one. */
        value->in_frame = value->read > value->made &&
                          points[value->read] > points[value->made + 1] &&
                          outlives_suspension(&search, value);
        keep(l, &cells, value);
    }
    for (unsigned i = 0; i < routine->values.count; i++)
        storages_of(l, routine->values.at[i])->count = 0;
}
