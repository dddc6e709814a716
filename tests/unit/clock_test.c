/* Clocks: ticks that fall while a flow runs become one, and none is lost for want of memory without
 * being counted (R15). Time, frames and the runtime are the test's. */
#include "core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define PERIOD 100u

static const struct flux_source table = {.name = "every", .period = PERIOD};
static struct fluxi_source source;
static struct flux_flow frame;
static uint64_t now;
static bool memory;
static unsigned launched;

uint64_t flux_now(void)
{
    return now;
}

struct flux_flow *fluxi_frame_new(struct fluxi_source *from)
{
    frame = (struct flux_flow){.origin = from};
    return memory ? &frame : NULL;
}

void fluxi_runtime_launch(struct flux_flow *flow)
{
    assert_ptr_equal(flow, &frame);
    launched++;
}

static int begin(void **state)
{
    (void)state;
    source = (struct fluxi_source){.table = &table};
    now = 1000;
    memory = true;
    launched = 0;
    fluxi_clock_start(&source);
    assert_int_equal(source.due, 1000 + PERIOD);
    return 0;
}

static void tick__in_time__a_flow_and_the_next_due(void **state)
{
    (void)state;
    now = source.due;
    assert_ptr_equal(fluxi_clock_tick(&source), &frame);
    assert_int_equal(source.due, 1000 + 2 * PERIOD);
    assert_int_equal(source.births, 1);
    assert_true(frame.id != 0);
    fluxi_clock_ended(&source);
    assert_int_equal(launched, 0);
    now =
        source.due + PERIOD / 2; /* late by half a period: those that follow stay where they are */
    assert_ptr_equal(fluxi_clock_tick(&source), &frame);
    assert_int_equal(source.due, 1000 + 3 * PERIOD);
    assert_int_equal(source.missed, 0);
}

static void tick__late__those_passed_over_are_counted(void **state)
{
    (void)state;
    now = source.due + 3 * PERIOD;
    assert_ptr_equal(fluxi_clock_tick(&source), &frame);
    assert_int_equal(source.due, now + PERIOD);
    assert_int_equal(source.missed, 3);
}

static void tick__while_a_flow_runs__one_more_at_its_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        now = source.due;
        struct flux_flow *flow = fluxi_clock_tick(&source);
        assert_true(i == 0 ? flow != NULL : flow == NULL);
    }
    assert_int_equal(source.missed, 1);
    fluxi_clock_ended(&source);
    assert_int_equal(launched, 1);
    fluxi_clock_ended(&source);
    assert_int_equal(launched, 1);
}

static void tick__no_memory__missed_and_later_ones_run(void **state)
{
    (void)state;
    memory = false;
    now = source.due;
    assert_null(fluxi_clock_tick(&source));
    assert_int_equal(source.missed, 1);
    memory = true;
    now = source.due;
    assert_non_null(fluxi_clock_tick(&source));
}

static void ended__no_memory_for_the_pending_tick__later_ones_run(void **state)
{
    (void)state;
    fluxi_clock_tick(&source);
    assert_null(fluxi_clock_tick(&source)); /* pending */
    memory = false;
    fluxi_clock_ended(&source);
    assert_int_equal(launched, 0);
    memory = true;
    assert_non_null(fluxi_clock_tick(&source));
}

static void ended__stopping__the_pending_tick_is_dropped(void **state)
{
    (void)state;
    fluxi_clock_tick(&source);
    fluxi_clock_tick(&source);
    source.stopped = true;
    fluxi_clock_ended(&source);
    assert_int_equal(launched, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tick__in_time__a_flow_and_the_next_due),
        TEST(tick__late__those_passed_over_are_counted),
        TEST(tick__while_a_flow_runs__one_more_at_its_end),
        TEST(tick__no_memory__missed_and_later_ones_run),
        TEST(ended__no_memory_for_the_pending_tick__later_ones_run),
        TEST(ended__stopping__the_pending_tick_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
