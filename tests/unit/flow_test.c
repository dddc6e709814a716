/* What a flow carries along and undoes at its end, and what is logged of its errors (R27). */
#include "allocation.h"
#include "capture.h"
#include "core.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct flux_source table = {.name = "Listen", .frame_size = sizeof(struct flux_flow)};
static struct fluxi_source source = {.table = &table};
static char undone[16];

static void note(void *argument)
{
    strcat(undone, argument);
}

/* Uses memory of its flow, and takes more. */
static void note_and_defer(void *argument)
{
    char *more = flux_alloc(2);
    assert_non_null(more);
    strcat(undone, argument);
    assert_int_equal(flux_defer(note, (void *)"!"), 0);
}

static void undo__actions__newest_first_with_what_they_add(void **state)
{
    struct flux_flow *flow = fluxi_frame_new(&source);
    (void)state;
    fluxi_current = flow;
    char *name = flux_alloc(2);
    assert_non_null(name);
    strcpy(name, "b");
    assert_int_equal(flux_defer(note, (void *)"a"), 0);
    assert_int_equal(flux_defer(note_and_defer, name), 0);
    fluxi_flow_undo(flow);
    assert_string_equal(undone, "b!a");
    assert_null(fluxi_current);
    assert_null(flow->attached);
    fluxi_flow_undo(flow); /* again: nothing is left */
    assert_string_equal(undone, "b!a");
    fluxi_frame_free(flow);
}

static void alloc__outside_of_flows_or_too_much__null(void **state)
{
    struct flux_flow *flow = fluxi_frame_new(&source);
    (void)state;
    fluxi_current = NULL;
    assert_null(flux_alloc(1));
    fluxi_current = flow;
    assert_null(flux_alloc(SIZE_MAX - 8));
    allocations_left = 0;
    assert_null(flux_alloc(1));
    assert_int_equal(flux_defer(note, NULL), ENOMEM);
    allocations_left = -1;
    assert_null(flow->attached);
    fluxi_current = NULL;
    fluxi_frame_free(flow);
}

static void no_frame(void)
{
    fluxi_frames_free(); /* or one would be kept from before */
    allocations_left = 0;
    assert_null(fluxi_frame_new(&source));
    assert_null(fluxi_frame_new(&source));
    allocations_left = -1;
}

static void new__no_memory__null_and_one_line(void **state)
{
    const char *words = "no memory for a flow of Listen: it will be tried again";
    (void)state;
    const char *line = strstr(capture(no_frame), words);
    assert_non_null(line);
    assert_null(strstr(line + 1, words));
}

/* ---- places ---------------------------------------------------------------------------------- */

static void place_at__known_or_not__null_if_not(void **state)
{
    static const struct flux_node node = {"Write", "x.flux", 3};
    static const struct flux_place place = {&node, NULL}, *const places[] = {NULL, &place};
    const struct flux_source known = {.places = places, .place_count = 2};
    (void)state;
    assert_ptr_equal(fluxi_place_at(&known, 1), &place);
    assert_null(fluxi_place_at(&known, 0));
    assert_null(fluxi_place_at(&known, 2));
    assert_null(fluxi_place_at(&table, 1)); /* written by hand */
    assert_null(fluxi_place_at(NULL, 1));
}

/* ---- unhandled errors ------------------------------------------------------------------------ */

#define DEPTH 40

static const struct flux_node short_node = {"Write", "x.flux", 3};
static const struct flux_node long_node = {"ANodeWithQuiteALongName", "x.flux", 4};
static struct flux_place places[DEPTH];

static void fail_deep_inside(void)
{
    for (unsigned i = 0; i < DEPTH; i++)
        places[i] = (struct flux_place){i == DEPTH - 1 ? &short_node : &long_node,
                                        i > 0 ? &places[i - 1] : NULL};
    flux_unhandled(NULL, &places[DEPTH - 1], ENOSPC);
}

static void unhandled__long_path__cut_at_the_left(void **state)
{
    (void)state;
    const char *log = capture(fail_deep_inside), *path = strstr(log, "; path ... > ANode");
    assert_non_null(strstr(log, "Write failed: No space left on device (28)"));
    assert_non_null(path);
    assert_non_null(strstr(path, "ANodeWithQuiteALongName > Write, x.flux:3\n"));
    assert_true(strlen(path) < 300);
}

static void place_at__resumed_there_or_not__place_or_null(void **state)
{
    const struct flux_place place = {&short_node, NULL};
    const struct flux_place *const at[] = {NULL, &place};
    const struct flux_source told = {.name = "Listen", .places = at, .place_count = 2};
    (void)state;
    assert_ptr_equal(fluxi_place_at(&told, 1), &place);
    assert_null(fluxi_place_at(&told, 0));
    assert_null(fluxi_place_at(&told, 2)); /* compiled by hand, or for another version */
    assert_null(fluxi_place_at(NULL, 1));
}

static void cancel(void)
{
    const struct flux_place place = {&short_node, NULL};
    flux_unhandled(NULL, &place, ECANCELED); /* counted only: one line a second */
    atomic_store(&fluxi_stopping, true);
    flux_unhandled(NULL, &place, ECANCELED);
    atomic_store(&fluxi_stopping, false);
    fluxi_errors_summary();
}

/* While the program stops, that is how idle connections end (R36). */
static void unhandled__cancelled__no_error_while_stopping(void **state)
{
    (void)state;
    const char *log = capture(cancel);
    assert_non_null(strstr(log, "1 idle flow ended by the stop"));
    assert_non_null(strstr(log, "2 errors that nobody handled"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undo__actions__newest_first_with_what_they_add),
        cmocka_unit_test(alloc__outside_of_flows_or_too_much__null),
        cmocka_unit_test(new__no_memory__null_and_one_line),
        cmocka_unit_test(place_at__known_or_not__null_if_not),
        cmocka_unit_test(unhandled__long_path__cut_at_the_left),
        cmocka_unit_test(place_at__resumed_there_or_not__place_or_null),
        cmocka_unit_test(unhandled__cancelled__no_error_while_stopping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
