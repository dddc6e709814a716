/* What a node is told about its flow, and what is told where there is none. */
#include "core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void all__outside_of_flows__nothing(void **state)
{
    (void)state;
    fluxi_current = NULL;
    assert_int_equal(flux_flow_id(), 0);
    assert_int_equal(flux_session_id(), 0);
    assert_null(flux_failed_node());
    assert_int_equal(flux_failed_code(), 0);
    assert_false(flux_stopping());
}

static void all__in_a_handler__about_its_flow(void **state)
{
    const struct flux_node node = {"Compress", "x.flux", 1};
    const struct flux_place place = {&node, NULL};
    struct flux_flow flow = {.id = 7, .session_id = 8};
    (void)state;
    fluxi_current = &flow;
    assert_null(flux_failed_node());
    flux_failing(&flow, &place, 5);
    assert_int_equal(flux_flow_id(), 7);
    assert_int_equal(flux_session_id(), 8);
    assert_string_equal(flux_failed_node(), "Compress");
    assert_int_equal(flux_failed_code(), 5);
    fluxi_current = NULL;
}

/* A source is to end by FLUX_STOP from another of its copies as well (R14), a flow is not. */
static void stopping__in_a_source__when_that_ends(void **state)
{
    struct fluxi_source source = {.index = 0};
    struct flux_flow flow = {.origin = &source};
    (void)state;
    fluxi_current = &flow;
    assert_false(flux_stopping());
    source.stopped = true;
    assert_true(flux_stopping());
    flow.id = 1;
    assert_false(flux_stopping());
    fluxi_stopping = true;
    assert_true(flux_stopping());
    fluxi_stopping = false;
    fluxi_current = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all__outside_of_flows__nothing),
        cmocka_unit_test(all__in_a_handler__about_its_flow),
        cmocka_unit_test(stopping__in_a_source__when_that_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
