/* What is concluded from samples: quantiles, warm-up, intervals; and the order of events. */
#include "sim/heap.h"
#include "sim/statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

static void assert_near(double value, double expected, double part)
{
    if (!(fabs(value - expected) <= part * fabs(expected)))
        print_error("%.10g, expected %.10g\n", value, expected);
    assert_true(fabs(value - expected) <= part * fabs(expected));
}

static void sim_histogram__evenly_spread__quantiles_within_a_thousandth(void **state)
{
    (void)state;
    static struct sim_histogram histogram;
    for (int i = 0; i < 1000000; i++)
        sim_histogram_add(&histogram, 1 + i * 1e-6);
    assert_near(sim_histogram_quantile(&histogram, 0.5), 1.5, 1e-3);
    assert_near(sim_histogram_quantile(&histogram, 0.9), 1.9, 1e-3);
    assert_near(sim_histogram_quantile(&histogram, 0.999), 1.999, 1e-3);
    assert_near(histogram.sum / (double)histogram.count, 1.5, 1e-5);
}

static void sim_histogram__extremes__counted(void **state)
{
    (void)state;
    static struct sim_histogram histogram;
    for (int i = 0; i < 10; i++)
        sim_histogram_add(&histogram, 0);
    sim_histogram_add(&histogram, 1e-20);
    sim_histogram_add(&histogram, 1e20);
    assert_int_equal(histogram.count, 12);
    assert_true(sim_histogram_quantile(&histogram, 0.5) == 0);
    assert_true(sim_histogram_quantile(&histogram, 1) > 1e6);
}

static void sim_mser5__transient__left_out(void **state)
{
    (void)state;
    double values[5000];
    for (int i = 0; i < 5000; i++) /* from 10 down to 1, and then to and fro */
        values[i] = 1 + 9 * exp(-i / 50.0) + (i % 2 ? 0.1 : -0.1);
    uint32_t cut = sim_mser5(values, 5000);
    assert_true(cut >= 150 && cut <= 600);
    for (int i = 0; i < 5000; i++)
        values[i] = i % 7;
    assert_true(sim_mser5(values, 5000) <= 2500);
    assert_int_equal(sim_mser5(values, 0), 0);
}

/* Tables of Student's distribution: 2.262157 for 9 degrees at 95 %, 3.883406 for 19 at 99.9 %. */
static void sim_estimate__student__half_widths(void **state)
{
    (void)state;
    double values[20];
    for (int i = 0; i < 20; i++)
        values[i] = i;
    struct sim_estimate ten = sim_estimate(values, 10, 0.95);
    assert_near(ten.mean, 4.5, 1e-12);
    assert_near(ten.half_width, 2.262157 * sqrt(82.5 / 9 / 10), 1e-6);
    struct sim_estimate twenty = sim_estimate(values, 20, 0.999);
    assert_near(twenty.half_width, 3.883406 * sqrt(665.0 / 19 / 20), 1e-6);
    struct sim_estimate two = sim_estimate(values, 2, 0.95);
    assert_near(two.half_width, 12.706205 * sqrt(0.5 / 2), 1e-6);
    assert_true(isnan(sim_estimate(values, 1, 0.95).half_width));
    const double same[] = {3, 3, 3};
    assert_true(sim_estimate(same, 3, 0.95).half_width == 0);
}

static void sim_heap__equal_times__in_the_order_of_arrival(void **state)
{
    (void)state;
    struct sim_heap heap = {.order = UINT32_MAX - 500}; /* it wraps around meanwhile */
    uint32_t seed = 1, last = 0;
    double before = -1;
    for (uint32_t i = 0; i < 1000; i++) {
        seed = seed * 1664525 + 1013904223;
        assert_true(sim_heap_put(&heap, seed >> 28, i));
    }
    for (int i = 0; i < 1000; i++) {
        struct sim_event event = sim_heap_take(&heap);
        assert_true(event.at > before || (event.at == before && event.what > last));
        before = event.at;
        last = event.what;
    }
    assert_int_equal(heap.count, 0);
    free(heap.keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sim_histogram__evenly_spread__quantiles_within_a_thousandth),
        cmocka_unit_test(sim_histogram__extremes__counted),
        cmocka_unit_test(sim_mser5__transient__left_out),
        cmocka_unit_test(sim_estimate__student__half_widths),
        cmocka_unit_test(sim_heap__equal_times__in_the_order_of_arrival),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
