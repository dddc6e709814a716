/* paths.c - increments for the edges of a routine, such that their sum numbers its ways.
 *
 *      Handle:[_, hit] = ;             test hit        true + 0: 0
 *      Handle:[_, _] = Fetch;          call Fetch      false + 1, no error + 0: 1
 *                                                      false + 1, error + 1: 2
 *
 * From a step with the edges `next` and `other` there are as many ways as from both of their ends
 * together. If those through `next` have the numbers 0 to n - 1, those through `other` have n and
 * more when that edge adds n. Steps only lead forward, but for turns: so one pass from the last
 * step to the first finds all numbers.
 *
 * Two kinds of edges are cut, so that a way ends there and another one begins: those that lead
 * back, and those to a step from which there would be more than `most` ways. An edge that is cut
 * counts as one way.
 */
#include "paths.h"

static bool is_end(const struct step *step)
{
    return step->op == STEP_BORN || step->op == STEP_LEAVE || step->op == STEP_END;
}

enum path_start paths_kind(unsigned from, unsigned to)
{
    return to <= from ? PATH_TURN : PATH_CUT;
}

/* The ways that an edge is the beginning of. */
static uint64_t ways_through(const uint64_t *ways, uint64_t most, unsigned from, unsigned to,
                             bool *cut)
{
    *cut = to <= from || ways[to] > most;
    return *cut ? 1 : ways[to];
}

static void begin_at(struct arena *arena, struct paths *paths, enum path_start kind, unsigned step)
{
    struct path_begin begin = {.kind = kind, .step = step};
    if (paths->at[kind][step] != 0)
        return;
    vector_push(arena, &paths->begins, begin);
    paths->at[kind][step] = paths->begins.count;
}

static void find_begins(struct arena *arena, const struct routine *routine, struct paths *paths)
{
    begin_at(arena, paths, routine->source->node ? PATH_SOURCE : PATH_FLOW, 0);
    for (unsigned i = 0; i < routine->steps.count; i++) {
        const struct step *step = &routine->steps.at[i];
        if (step->op == STEP_BORN)
            begin_at(arena, paths, PATH_FLOW, step->next);
        if (paths->next_cut[i])
            begin_at(arena, paths, paths_kind(i, step->next), step->next);
        if (paths->other_cut[i])
            begin_at(arena, paths, paths_kind(i, step->other), step->other);
    }
}

struct paths *paths_number(struct arena *arena, const struct routine *routine, uint64_t most)
{
    unsigned count = routine->steps.count;
    struct paths *paths = arena_alloc(arena, sizeof *paths);
    uint64_t *ways = arena_alloc(arena, (count + 1) * sizeof *ways);
    paths->add = arena_alloc(arena, (count + 1) * sizeof *paths->add);
    paths->next_cut = arena_alloc(arena, count + 1);
    paths->other_cut = arena_alloc(arena, count + 1);
    for (unsigned kind = 0; kind < PATH_KINDS; kind++)
        paths->at[kind] = arena_alloc(arena, (count + 1) * sizeof *paths->at[kind]);

    for (unsigned i = count; i-- > 0;) {
        const struct step *step = &routine->steps.at[i];
        uint64_t through_next = 1;
        if (!is_end(step) && step->next != STEP_NONE)
            through_next = ways_through(ways, most, i, step->next, &paths->next_cut[i]);
        ways[i] = through_next;
        if (step->other != STEP_NONE) {
            paths->add[i] = through_next;
            ways[i] += ways_through(ways, most, i, step->other, &paths->other_cut[i]);
        }
    }
    find_begins(arena, routine, paths);
    uint64_t first = 0;
    for (unsigned i = 0; i < paths->begins.count; i++) {
        struct path_begin *begin = &paths->begins.at[i];
        begin->first = first;
        begin->count = ways[begin->step];
        first += begin->count;
    }
    return paths;
}

uint64_t paths_first(const struct paths *paths, enum path_start kind, unsigned step)
{
    return paths->begins.at[paths->at[kind][step] - 1].first;
}
