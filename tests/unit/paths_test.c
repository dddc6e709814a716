/* Numbers of ways: all different, dense, and each leads back to its way; in graphs made by hand,
 * and in all programs of tests/golden, once with hardly any cuts and once with many. */
#include "arena.h"
#include "diag.h"
#include "passes.h"
#include "paths.h"
#include "profile/ways.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WAYS_MOST 20000u

const struct flux_program flux_program = {.abi = FLUX_ABI_VERSION};

/* ---- all ways, one after another ------------------------------------------------------------- */

/* A way as the edges that it takes: 2 * step + other. */
struct trail {
    uint64_t edges[4000];
    unsigned count;
};

struct looking {
    const struct routine *routine;
    const struct paths *paths;
    const struct flux_profile_source *source;
    uint64_t first, count;
    unsigned char *seen; /* by number */
    struct trail trail;
};

static void compare(void *context, uint32_t index, bool other)
{
    struct trail *rest = context;
    assert_true(rest->count < 4000);
    assert_true(rest->edges[rest->count++] == 2 * (uint64_t)index + other);
}

static bool ends_with(const struct looking *looking, unsigned index, bool other)
{
    const struct step *step = &looking->routine->steps.at[index];
    return step->op == STEP_BORN || step->op == STEP_LEAVE || step->op == STEP_END ||
           (other ? looking->paths->other_cut[index] : looking->paths->next_cut[index]);
}

static void arrive(struct looking *looking, uint64_t number)
{
    struct trail again = looking->trail;
    assert_true(number < looking->count);
    assert_int_equal(looking->seen[number]++, 0);
    again.count = 0;
    fluxi_way_walk(looking->source, looking->first + number, compare, &again);
    assert_int_equal(again.count, looking->trail.count);
}

static void look(struct looking *looking, unsigned index, uint64_t number)
{
    const struct step *step = &looking->routine->steps.at[index];
    unsigned before = looking->trail.count;
    for (int other = 0; other < 2; other++) {
        unsigned to = other ? step->other : step->next;
        if (other && to == STEP_NONE)
            continue;
        looking->trail.edges[before] = 2 * (uint64_t)index + (unsigned)other;
        looking->trail.count = before + 1;
        uint64_t sum = number + (other ? looking->paths->add[index] : 0);
        if (ends_with(looking, index, other))
            arrive(looking, sum);
        else
            look(looking, to, sum);
    }
    looking->trail.count = before;
}

static struct flux_profile_source tables(const struct routine *routine, const struct paths *paths)
{
    struct flux_profile_step *steps = calloc(routine->steps.count, sizeof *steps);
    struct flux_profile_begin *begins = calloc(paths->begins.count, sizeof *begins);
    for (unsigned i = 0; i < routine->steps.count; i++) {
        const struct step *step = &routine->steps.at[i];
        steps[i] = (struct flux_profile_step){.op = step->op == STEP_BORN    ? FLUX_PROFILE_BORN
                                                    : step->op == STEP_LEAVE ? FLUX_PROFILE_LEFT
                                                    : step->op == STEP_END   ? FLUX_PROFILE_END
                                                                             : FLUX_PROFILE_PASS,
                                              .next = step->next,
                                              .other = step->other,
                                              .next_cut = paths->next_cut[i],
                                              .other_cut = paths->other_cut[i],
                                              .add = paths->add[i]};
    }
    for (unsigned i = 0; i < paths->begins.count; i++) {
        const struct path_begin *begin = &paths->begins.at[i];
        begins[i] = (struct flux_profile_begin){
            .step = begin->step, .first = begin->first, .count = begin->count};
    }
    return (struct flux_profile_source){.steps = steps,
                                        .step_count = routine->steps.count,
                                        .begins = begins,
                                        .begin_count = paths->begins.count};
}

/* Returns how many ways there are, from all beginnings. */
static uint64_t check(struct arena *arena, const struct routine *routine, uint64_t most)
{
    const struct paths *paths = paths_number(arena, routine, most);
    struct flux_profile_source source = tables(routine, paths);
    uint64_t sum = 0;
    for (unsigned i = 0; i < paths->begins.count; i++) {
        const struct path_begin *begin = &paths->begins.at[i];
        assert_true(begin->first == sum);
        assert_true(begin->count <= 2 * most);
        sum += begin->count;
        if (begin->count > WAYS_MOST)
            continue;
        struct looking looking = {.routine = routine,
                                  .paths = paths,
                                  .source = &source,
                                  .first = begin->first,
                                  .count = begin->count,
                                  .seen = calloc(begin->count, 1)};
        look(&looking, begin->step, 0);
        for (uint64_t n = 0; n < begin->count; n++)
            assert_int_equal(looking.seen[n], 1);
        free(looking.seen);
    }
    free((void *)(uintptr_t)source.steps);
    free((void *)(uintptr_t)source.begins);
    return sum;
}

/* ---- graphs by hand -------------------------------------------------------------------------- */

struct edge {
    enum step_op op;
    unsigned next, other;
};

#define NONE STEP_NONE

static uint64_t check_graph(const struct edge *edges, unsigned count, uint64_t most)
{
    struct arena *arena = arena_new();
    struct source source = {.name = "every 1 s"};
    struct routine routine = {.source = &source};
    for (unsigned i = 0; i < count; i++) {
        struct step step = {.op = edges[i].op, .next = edges[i].next, .other = edges[i].other};
        vector_push(arena, &routine.steps, step);
    }
    uint64_t ways = check(arena, &routine, most);
    arena_free(arena);
    return ways;
}

#define CHECK(most, ...)                                                                           \
    check_graph((const struct edge[]){__VA_ARGS__},                                                \
                sizeof((const struct edge[]){__VA_ARGS__}) / sizeof(struct edge), most)

static void number__one_step__has_one_way(void **state)
{
    (void)state;
    assert_int_equal(CHECK(100, {STEP_END, NONE, NONE}), 1);
}

static void number__arms_in_sequence__multiply(void **state)
{
    (void)state;
    assert_int_equal(CHECK(100, {STEP_TEST, 1, 2}, {STEP_GIVE, 3, NONE}, {STEP_GIVE, 3, NONE},
                           {STEP_TEST, 4, 5}, {STEP_GIVE, 6, NONE}, {STEP_GIVE, 6, NONE},
                           {STEP_END, NONE, NONE}),
                     4);
}

static void number__error_edges__are_ways(void **state)
{
    (void)state;
    assert_int_equal(CHECK(100, {STEP_CALL, 1, 2}, {STEP_CALL, 3, 2}, {STEP_UNHANDLED, 3, NONE},
                           {STEP_END, NONE, NONE}),
                     3);
}

/* Ways to the turn and past it, from the beginning and from the turn. */
static void number__turns__are_cut(void **state)
{
    (void)state;
    assert_int_equal(CHECK(100, {STEP_COPY, 1, NONE}, {STEP_CALL, 2, 4}, {STEP_TEST, 3, 4},
                           {STEP_TURN, 1, NONE}, {STEP_END, NONE, NONE}),
                     6);
}

static void number__nested_turns__are_cut(void **state)
{
    (void)state;
    assert_int_equal(CHECK(100, {STEP_COPY, 1, NONE}, {STEP_COPY, 2, NONE}, {STEP_TEST, 3, 4},
                           {STEP_TURN, 2, NONE}, {STEP_TEST, 5, 6}, {STEP_TURN, 1, NONE},
                           {STEP_END, NONE, NONE}),
                     9);
}

/* 70 dispatches of two arms have 2^70 ways. */
static void number__too_many_ways__are_cut(void **state)
{
    (void)state;
    struct edge edges[70 * 3 + 1];
    for (unsigned i = 0; i < 70; i++) {
        edges[3 * i] = (struct edge){STEP_TEST, 3 * i + 1, 3 * i + 2};
        edges[3 * i + 1] = (struct edge){STEP_GIVE, 3 * i + 3, NONE};
        edges[3 * i + 2] = (struct edge){STEP_GIVE, 3 * i + 3, NONE};
    }
    edges[210] = (struct edge){STEP_END, NONE, NONE};
    uint64_t ways = check_graph(edges, 211, PATHS_MOST);
    assert_true(ways > PATHS_MOST && ways < 8 * PATHS_MOST);
    ways = check_graph(edges, 211, 1000);
    assert_true(ways > 1000 && ways < 70000);
}

/* ---- programs -------------------------------------------------------------------------------- */

static unsigned check_program(const char *file, bool steps)
{
    struct arena *arena = arena_new();
    struct diags *diags = diags_new(arena);
    struct program *program = arena_alloc(arena, sizeof *program);
    unsigned routines = 0;
    program->arena = arena;
    program->diags = diags;
    program->name = arena_intern_string(arena, "program");
    struct ast *ast = parse(program, file, NULL, 0);
    if (program->file != NULL) {
        resolve(program, ast);
        types(program);
        graph(program);
    }
    if (program->file != NULL && diags_errors(diags) == 0) {
        locks(program);
        struct prog *prog = lower(program, steps);
        for (unsigned i = 0; prog != NULL && i < prog->routines.count; i++) {
            check(arena, prog->routines.at[i], PATHS_MOST);
            check(arena, prog->routines.at[i], 16);
            routines++;
        }
    }
    arena_free(arena);
    return routines;
}

static void number__golden_programs__are_dense(void **state)
{
    (void)state;
    glob_t found;
    unsigned routines = 0;
    assert_int_equal(glob("tests/golden/*.flux", 0, NULL, &found), 0);
    assert_int_equal(glob("servers/*/*.flux", GLOB_APPEND, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        for (int steps = 0; steps < 2; steps++)
            routines += check_program(found.gl_pathv[i], steps);
    assert_true(routines > 100);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number__one_step__has_one_way),
        cmocka_unit_test(number__arms_in_sequence__multiply),
        cmocka_unit_test(number__error_edges__are_ways),
        cmocka_unit_test(number__turns__are_cut),
        cmocka_unit_test(number__nested_turns__are_cut),
        cmocka_unit_test(number__too_many_ways__are_cut),
        cmocka_unit_test(number__golden_programs__are_dense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
