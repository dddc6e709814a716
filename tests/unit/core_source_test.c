/* The running program's sources: how many there are, and what happens when one fails (R14). Time
 * and the number of copies are the test's. */
#include "allocation.h"
#include "capture.h"
#include "core.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MS     UINT64_C(1000000)
#define SECOND (1000 * MS)

static const struct flux_node node = {"Accept", "x.flux", 1};
static const struct flux_place place = {&node, NULL};

static const struct flux_source tables[] = {
    {.name = "Listen", .frame_size = sizeof(struct flux_flow), .parallel = true},
    {.name = "Read", .frame_size = sizeof(struct flux_flow)},
};
const struct flux_program flux_program = {.name = "test", .sources = tables, .source_count = 2};

static uint64_t now = 1;
static void (*meanwhile)(void);

uint64_t flux_now(void)
{
    if (meanwhile != NULL)
        meanwhile();
    return now;
}

unsigned fluxi_runtime_copies(void)
{
    return 3;
}

static int begin(void **state)
{
    (void)state;
    assert_int_equal(fluxi_sources_make(), 0);
    now += 3600 * SECOND;
    return 0;
}

static int end(void **state)
{
    (void)state;
    fluxi_sources_free();
    return 0;
}

/* Makes a run of a source fail; returns how long that waits. */
static uint64_t fail_once(unsigned source, int error, bool handled)
{
    struct flux_flow *flow = fluxi_frame_new(&fluxi_sources[source]);
    flux_source_fail(flow, &place, error, handled);
    uint64_t wait = fluxi_source_failed(flow);
    if (wait != FLUXI_ENDED)
        fluxi_frame_free(flow);
    return wait;
}

static void make__parallel_and_not__copies(void **state)
{
    (void)state;
    assert_int_equal(fluxi_source_count, 4);
    assert_int_equal(fluxi_sources[2].copy, 2);
    assert_ptr_equal(fluxi_sources[3].table, &tables[1]);
    assert_int_equal(fluxi_sources[3].copy, 0);
    assert_int_equal(fluxi_sources[3].index, 3);
}

static void make__no_memory__says_so(void **state)
{
    (void)state;
    fluxi_sources_free();
    allocations_left = 0;
    assert_int_equal(fluxi_sources_make(), ENOMEM);
    allocations_left = -1;
    assert_int_equal(fluxi_source_count, 0);
}

/* ---- waits ----------------------------------------------------------------------------------- */

static void failed__in_a_row__waits_from_the_tenth_on(void **state)
{
    static const uint64_t waits[] = {1, 2, 4, 8, 16, 32, 64, 100, 100};
    (void)state;
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(fail_once(3, EAGAIN, true), 0);
    for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++)
        assert_int_equal(fail_once(3, EAGAIN, true), waits[i] * MS);
    struct flux_flow *flow = fluxi_frame_new(&fluxi_sources[3]);
    fluxi_flow_born(flow); /* success */
    fluxi_frame_free(flow);
    assert_int_equal(fail_once(3, EAGAIN, true), 0);
    assert_int_equal(fluxi_sources[3].failures, 19);
}

static void failed__shortage__waits_from_the_first_on(void **state)
{
    static const int shortages[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
    (void)state;
    for (unsigned i = 0; i < sizeof shortages / sizeof *shortages; i++)
        assert_int_equal(fail_once(3, shortages[i], false), MS << i);
}

static void failed__for_ever__waits_no_longer_and_no_shorter(void **state)
{
    (void)state;
    fluxi_sources[3].in_a_row = UINT32_MAX;
    assert_int_equal(fail_once(3, EAGAIN, false), 100 * MS);
    assert_int_equal(fluxi_sources[3].in_a_row, UINT32_MAX);
}

/* ---- what is logged -------------------------------------------------------------------------- */

static void ten_failures(bool handled)
{
    for (unsigned i = 0; i < 10; i++)
        fail_once(3, EAGAIN, handled);
}

static void not_handled(void)
{
    ten_failures(false);
}

static void handled(void)
{
    ten_failures(true);
}

static void failed__tenth__logged_unless_handled(void **state)
{
    (void)state;
    assert_non_null(strstr(capture(not_handled),
                           "source Read has failed 10 times in a row, last Accept: Resource "
                           "temporarily unavailable (11)\n"));
    fluxi_sources[3].in_a_row = 0;
    assert_string_equal(capture(handled), "");
}

static void shortages_of_copies(void)
{
    for (unsigned copy = 0; copy < 3; copy++)
        fail_once(copy, EMFILE, copy == 0);
}

static void failed__shortage_of_all_copies__one_line_a_minute(void **state)
{
    (void)state;
    /* The handled one is the first, and no node is known. */
    const char *log = capture(shortages_of_copies), *words = "source Listen waits: ";
    assert_non_null(strstr(log, "source Listen waits: Listen: Too many open files (24)\n"));
    assert_null(strstr(strstr(log, words) + 1, words));
    now += 60 * SECOND - 1;
    assert_string_equal(capture(shortages_of_copies), "");
    now += 1;
    assert_non_null(strstr(capture(shortages_of_copies), words));
}

static void another_copy_warns(void)
{
    atomic_store(&fluxi_sources[0].warned, now);
}

static void failed__two_copies_at_once__one_line(void **state)
{
    (void)state;
    meanwhile = another_copy_warns;
    assert_string_equal(capture(shortages_of_copies), "");
    meanwhile = NULL;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void failed__stop__ends_all_its_copies_and_no_others(void **state)
{
    (void)state;
    assert_int_equal(fail_once(1, FLUX_STOP, false), FLUXI_ENDED);
    for (unsigned i = 0; i < 4; i++)
        assert_true(fluxi_source_stopping(&fluxi_sources[i]) == (i < 3));
    assert_int_equal(fluxi_sources[1].failures, 0);
}

static void failed__while_stopping__an_interrupted_call_is_no_failure(void **state)
{
    (void)state;
    fluxi_sources_forbid(NULL);
    assert_int_equal(fail_once(3, EINTR, false), FLUXI_ENDED);
    assert_int_equal(fail_once(3, ECANCELED, false), FLUXI_ENDED);
    assert_int_equal(fluxi_sources[3].failures, 0);
    assert_int_equal(fail_once(3, EIO, false), FLUXI_ENDED);
    assert_int_equal(fluxi_sources[3].failures, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(make__parallel_and_not__copies),
        TEST(make__no_memory__says_so),
        TEST(failed__in_a_row__waits_from_the_tenth_on),
        TEST(failed__shortage__waits_from_the_first_on),
        TEST(failed__for_ever__waits_no_longer_and_no_shorter),
        TEST(failed__tenth__logged_unless_handled),
        TEST(failed__shortage_of_all_copies__one_line_a_minute),
        TEST(failed__two_copies_at_once__one_line),
        TEST(failed__stop__ends_all_its_copies_and_no_others),
        TEST(failed__while_stopping__an_interrupted_call_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
