/* emit_locks.c - what every node takes, in which order, and why; then what the flows hold where:
 * --emit=locks, -d l. docs/locks.md reads an example.
 *
 * The first part is read off the nodes, as the pass `locks` left them; the second off the steps,
 * as they will be done.
 */
#include "emit.h"

#include <stdio.h>
#include <string.h>

static const char *span_text(struct arena *arena, struct span span)
{
    struct position position = source_position(span.file, span.begin);
    return arena_printf(arena, "%s:%u:%u", span.file->name, position.line, position.column);
}

static const char *constraint_text(struct arena *arena, const struct constraint *constraint)
{
    return constraint->scope == SCOPE_SESSION ? arena_printf(arena, "%s(session)", constraint->name)
                                              : constraint->name;
}

/* As it is written under `atomic`, the mode always: "table?", "own!(session)". */
static const char *lock_text(struct arena *arena, const struct lock *lock)
{
    return arena_printf(arena, "%s%s%s", lock->constraint->name, lock->write ? "!" : "?",
                        lock->constraint->scope == SCOPE_SESSION ? "(session)" : "");
}

/* How wide a column is with this text in it, too. One that is very long goes over its column. */
static int wider(int width, const char *text)
{
    enum { WIDTH_MAX = 72 };
    size_t length = strlen(text);
    return length > (size_t)width && length <= WIDTH_MAX ? (int)length : width;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void print_lock(struct arena *arena, const struct lock *lock, unsigned number, int width,
                       struct text *out)
{
    text_print(out, "  %2u  %-*s  %-5s  ", number, width, constraint_text(arena, lock->constraint),
               lock->write ? "write" : "read");
    if (lock->below)
        text_print(out, "early: %s takes it (%s) while %s is held, by way of %s\n",
                   lock->below->name, span_text(arena, lock->span),
                   constraint_text(arena, lock->later), lock->way);
    else
        text_print(out, "declared (%s)\n", span_text(arena, lock->span));
    if (lock->writer)
        text_print(out, "      %*s         writes: %s does, by way of %s\n", width, "",
                   lock->writer->name, lock->writer_way);
}

static void print_nodes(const struct program *program, struct text *out)
{
    int width = 0;
    for (unsigned i = 0; i < program->constraints.count; i++)
        width = wider(width, constraint_text(program->arena, program->constraints.at[i]));
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        if (node->locks.count == 0)
            continue;
        text_print(out, "\n%s (%s)%s\n", node->name, span_text(program->arena, node->span),
                   node->used ? "" : ", which no flow uses");
        for (unsigned k = 0; k < node->locks.count; k++)
            print_lock(program->arena, &node->locks.at[k], k + 1, width, out);
    }
}

/* ---- flows ----------------------------------------------------------------------------------- */

/* What is held at a step: the last one taken, and those before. */
struct held {
    const struct held *before;
    const struct lock *lock;
};

struct lock_list {
    const struct lock **at;
    unsigned count, capacity;
};

/* A place whose node has constraints. */
struct row {
    const char *place, *takes, *again, *around;
};
struct rows {
    struct row *at;
    unsigned count, capacity;
};

static const char *list_text(struct arena *arena, const struct lock_list *list)
{
    size_t length = 0;
    const char **words = arena_alloc(arena, (list->count + 1) * sizeof *words);
    for (unsigned i = 0; i < list->count; i++) {
        words[i] = lock_text(arena, list->at[i]);
        length += strlen(words[i]) + 1;
    }
    char *text = arena_alloc(arena, length + 2), *end = text;
    for (unsigned i = 0; i < list->count; i++)
        end += sprintf(end, i > 0 ? " %s" : "%s", words[i]);
    return list->count > 0 ? text : "-";
}

/* In the order of taking. */
static struct lock_list held_list(struct arena *arena, const struct held *held)
{
    struct lock_list list = {0};
    for (const struct held *each = held; each != NULL; each = each->before)
        list.count++;
    list.at = arena_alloc(arena, (list.count + 1) * sizeof *list.at);
    for (unsigned i = list.count; i-- > 0; held = held->before)
        list.at[i] = held->lock;
    return list;
}

static bool holds(const struct lock_list *held, const struct constraint *constraint)
{
    for (unsigned i = 0; i < held->count; i++)
        if (held->at[i]->constraint == constraint)
            return true;
    return false;
}

/* "Serve > Read"; of a deep one the inner end. */
static const char *place_text(struct arena *arena, const struct place *place)
{
    enum { NAMES_MAX = 5 };
    const char *text = place->node->name;
    unsigned names = 1;
    for (place = place->up; place != NULL && names < NAMES_MAX; place = place->up, names++)
        text = arena_printf(arena, "%s > %s", place->node->name, text);
    return place == NULL ? text : arena_printf(arena, "... > %s", text);
}

static struct row make_row(struct arena *arena, const struct place *place, const struct held *held,
                           const char *handles)
{
    struct lock_list around = held_list(arena, held), takes = {0}, again = {0};
    const struct node *node = place->node;
    for (unsigned i = 0; i < node->locks.count; i++) {
        const struct lock *lock = &node->locks.at[i];
        struct lock_list *list = holds(&around, lock->constraint) ? &again : &takes;
        vector_push(arena, list, lock);
    }
    const char *text = place_text(arena, place);
    return (struct row){
        .place = handles == NULL ? text : arena_printf(arena, "%s (handles %s)", text, handles),
        .takes = list_text(arena, &takes),
        .again = list_text(arena, &again),
        .around = list_text(arena, &around)};
}

static void print_rows(const struct rows *rows, struct text *out)
{
    const struct row head = {"place", "takes", "enters again", "holds around"};
    int place = wider(0, head.place), takes = wider(0, head.takes), again = wider(0, head.again);
    for (unsigned i = 0; i < rows->count; i++) {
        place = wider(place, rows->at[i].place);
        takes = wider(takes, rows->at[i].takes);
        again = wider(again, rows->at[i].again);
    }
    for (unsigned i = 0; i <= rows->count; i++) {
        const struct row *row = i == 0 ? &head : &rows->at[i - 1];
        text_print(out, "  %-*s  %-*s  %-*s  %s\n", place, row->place, takes, row->takes, again,
                   row->again, row->around);
    }
}

/* Whose handler it is that stands at the place; NULL: none that began at `fail`. */
static const char *handled_there(const struct program *program, const struct step *fail,
                                 const struct place *place)
{
    if (fail == NULL)
        return NULL;
    const struct node *failing = fail->place != NULL ? fail->place->node : NULL;
    const struct handler *handler = failing != NULL ? failing->handler : program->default_handler;
    if (handler->node != place->node)
        return NULL; /* the handler had no steps */
    return failing != NULL ? failing->name : "*";
}

/* Adds the rows of a step's place and of those around it that have not been seen, outermost first.
 * A handler that began at `fail` is the outermost. */
static void add_rows(const struct program *program, const struct step *step,
                     const struct held *held, bool *seen, const struct step *fail,
                     struct rows *rows)
{
    VECTOR(const struct place *) places = {0};
    for (const struct place *p = step->place; p != NULL && !seen[p->index]; p = p->up) {
        seen[p->index] = true;
        vector_push(program->arena, &places, p);
    }
    for (unsigned i = places.count; i-- > 0; fail = NULL) {
        const struct place *place = places.at[i];
        const char *handles = handled_there(program, fail, place);
        if (place->node->locks.count > 0)
            vector_push(program->arena, rows, make_row(program->arena, place, held, handles));
    }
}

/* Control only goes forward, but for turns, and what is held at a step is the same on every way
 * there (prog.h): one pass from the first step to the last knows it of each. */
static void print_flow(const struct prog *prog, const struct routine *routine, struct text *out)
{
    struct arena *arena = prog->program->arena;
    const struct held **at = arena_alloc(arena, routine->steps.count * sizeof(struct held *));
    bool *seen = arena_alloc(arena, prog->places.count);
    struct rows rows = {0};
    const struct step *fail = NULL; /* a handler has begun, and none of its places was seen */

    for (unsigned i = 0; i < routine->steps.count; i++) {
        const struct step *step = &routine->steps.at[i];
        const struct held *after = at[i];
        if (step->place != NULL && !seen[step->place->index]) {
            add_rows(prog->program, step, at[i], seen, fail, &rows);
            fail = NULL;
        }
        if (step->op == STEP_TAKE) {
            struct held *held = arena_alloc(arena, sizeof *held);
            *held = (struct held){at[i], step->lock};
            after = held;
        } else if (step->op == STEP_GIVE) {
            after = after->before;
        } else if (step->op == STEP_FAIL) {
            fail = step;
        }
        if (step->next != STEP_NONE && step->next > i)
            at[step->next] = after;
        if (step->other != STEP_NONE)
            at[step->other] = after;
    }
    if (rows.count == 0)
        return;
    text_print(out, "\nsource %s => %s\n", routine->source->name, routine->source->target->name);
    print_rows(&rows, out);
}

void emit_locks(const struct prog *prog, struct text *out)
{
    const struct program *program = prog->program;
    text_print(out, "order");
    for (unsigned i = 0; i < program->constraints.count; i++)
        text_print(out, "%s %s", i > 0 ? " <" : "",
                   constraint_text(program->arena, program->constraints.at[i]));
    text_print(out, "%s\n", program->constraints.count > 0 ? "" : " (no constraints)");
    print_nodes(program, out);
    for (unsigned i = 0; i < prog->routines.count; i++)
        print_flow(prog, prog->routines.at[i], out);
}
