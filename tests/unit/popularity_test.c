/* How popular sessions are, said by a bounded number of counters. */
#include "profile/popularity.h"

#include "flux_abi.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct flux_source sources[] = {{.name = "S", .sessions = true}, {.name = "none"}};
const struct flux_program flux_program = {
    .abi = FLUX_ABI_VERSION, .sources = sources, .source_count = 2};

static uint64_t most[FLUXI_POPULAR_MOST], flows, sessions;

static int set_up(void **state)
{
    (void)state;
    return fluxi_popular_start();
}

static int tear_down(void **state)
{
    (void)state;
    fluxi_popular_free();
    return 0;
}

static void most__few_sessions__are_exact(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        for (unsigned k = 0; k <= i; k++)
            fluxi_popular(0, 77 * (uint64_t)i);
    assert_int_equal(fluxi_popular_most(0, most, &flows, &sessions), 1000);
    assert_int_equal(flows, 500500);
    assert_int_equal(sessions, 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(most[i], 1000 - i);
}

static void most__source_without_sessions__has_none(void **state)
{
    (void)state;
    fluxi_popular(1, 5);
    assert_int_equal(fluxi_popular_most(1, most, &flows, &sessions), 0);
    assert_int_equal(flows, 0);
}

/* A crowd that comes once each does not hide the few that come again and again. */
static void most__crowd__hides_no_popular_one(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        fluxi_popular(0, 1000000 + i);
        if (i % 20 == 0)
            fluxi_popular(0, 1);
        if (i % 40 == 0)
            fluxi_popular(0, 2);
    }
    fluxi_popular_most(0, most, &flows, &sessions);
    assert_int_equal(flows, 215000);
    /* Space-Saving overestimates by flows / counters at most. */
    assert_true(most[0] >= 10000 && most[0] <= 10000 + 215000 / FLUXI_POPULAR_MOST);
    assert_true(most[1] >= 5000 && most[1] <= 5000 + 215000 / FLUXI_POPULAR_MOST);
    assert_true(most[2] < 1000);
    assert_true(sessions > 180000 && sessions < 220000);
}

static void exponent__share_of_the_first__gives_it(void **state)
{
    (void)state;
    static const double exponents[] = {0.2, 0.8, 1, 1.4};
    static const uint64_t counts[] = {20, 1000, 1000000};
    for (unsigned e = 0; e < 4; e++) {
        for (unsigned c = 0; c < 3; c++) {
            double first = 0, all = 0;
            for (uint64_t k = 1; k <= counts[c]; k++) {
                double part = pow((double)k, -exponents[e]);
                all += part;
                first += k <= 10 ? part : 0;
            }
            double found = fluxi_popular_exponent(counts[c], 10, first / all);
            assert_true(fabs(found - exponents[e]) < 0.002);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(most__few_sessions__are_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(most__source_without_sessions__has_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(most__crowd__hides_no_popular_one, set_up, tear_down),
        cmocka_unit_test(exponent__share_of_the_first__gives_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
