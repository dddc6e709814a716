/* Distributions: what texts mean, and whether samples are as they should be. */
#include "sim/distribution.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

static struct sim_distribution parsed(const char *text)
{
    struct sim_distribution distribution;
    const char *error = sim_distribution_parse(&distribution, text);
    if (error != NULL)
        print_error("%s: %s\n", text, error);
    assert_null(error);
    return distribution;
}

static void sim_distribution_parse__texts__means_in_seconds(void **state)
{
    (void)state;
    const struct {
        const char *text;
        double mean;
    } cases[] = {
        {"10us", 10e-6},
        {"0.5", 0.5},
        {"2min", 120},
        {"7ns", 7e-9},
        {"const:3ms", 3e-3},
        {"exp:10us", 10e-6},
        {"uniform:1ms,3ms", 2e-3},
        {"erlang:4,10ms", 10e-3},
        {"hyper:0.5*1ms,0.5*3ms", 2e-3},
        {"lognormal:10ms,2", 10e-3},
        {"pareto:1ms,2", 2e-3},
        {"histogram:3*1ms,1*5ms", 2e-3},
        {"histogram:1*1ms..3ms", 2e-3},
        {"histogram:1*1..3", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_distribution distribution = parsed(cases[i].text);
        if (fabs(sim_distribution_mean(&distribution) / cases[i].mean - 1) > 1e-12)
            print_error("%s\n", cases[i].text);
        assert_true(fabs(sim_distribution_mean(&distribution) / cases[i].mean - 1) < 1e-12);
        sim_distribution_free(&distribution);
    }
}

static void sim_distribution_parse__nonsense__says_what_is_expected(void **state)
{
    (void)state;
    const char *const cases[] = {
        "",
        "soon",
        "10 us",
        "-1s",
        "exp:",
        "exp:x",
        "10us,",
        "uniform:2ms,1ms",
        "uniform:1ms",
        "erlang:1.5,1s",
        "erlang:0,1s",
        "erlang:4",
        "hyper:",
        "hyper:0.5",
        "hyper:0.5*",
        "hyper:-1*1s",
        "hyper:0*1s",
        "lognormal:1s,0",
        "pareto:1s,-1",
        "histogram:1*2s..1s",
        "nan",
        "inf",
        "exp:inf",
        "hyper:1*1s,,1*2s",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_distribution distribution;
        const char *error = sim_distribution_parse(&distribution, cases[i]);
        if (error == NULL)
            print_error("'%s' is taken\n", cases[i]);
        assert_non_null(error);
        sim_distribution_free(&distribution);
    }
}

/* Mean and variance of many samples, with bounds of five standard errors. */
static void check_samples(const char *text, double mean, double variance, double fourth)
{
    enum { COUNT = 400000 };
    struct sim_distribution distribution = parsed(text);
    struct sim_random random;
    double sum = 0, squares = 0;
    sim_random_start(&random, 42, 0, 100);
    for (int i = 0; i < COUNT; i++) {
        double value = sim_distribution_draw(&distribution, &random);
        assert_true(value >= 0);
        sum += value;
        squares += (value - mean) * (value - mean);
    }
    double mean_error = fabs(sum / COUNT - mean) / sqrt(variance / COUNT + 1e-30);
    double variance_error =
        fabs(squares / COUNT - variance) / sqrt((fourth - variance * variance) / COUNT + 1e-30);
    if (mean_error > 5 || variance_error > 5)
        print_error("%s: mean %g, variance %g\n", text, sum / COUNT, squares / COUNT);
    assert_true(mean_error <= 5);
    assert_true(variance_error <= 5);
    sim_distribution_free(&distribution);
}

static void sim_distribution_draw__many_samples__mean_and_variance(void **state)
{
    (void)state;
    check_samples("2s", 2, 0, 0);
    check_samples("exp:1s", 1, 1, 9);
    check_samples("uniform:1s,3s", 2, 1.0 / 3, 0.2);
    check_samples("erlang:4,1s", 1, 0.25, 0.28125);
    check_samples("hyper:0.5*1s,0.5*3s", 2, 6, 620);
    check_samples("histogram:0.9*1s,0.1*5s", 1.4, 1.44, 16.8);
    check_samples("histogram:1*1s..3s", 2, 1.0 / 3, 0.2);
    check_samples("lognormal:1s,0.5", 1, 0.25, 0.4);
}

static void sim_random__streams__depend_on_all_that_names_them(void **state)
{
    (void)state;
    struct sim_random one, other;
    sim_random_start(&one, 1, 2, 3);
    sim_random_start(&other, 1, 2, 3);
    for (int i = 0; i < 1000; i++)
        assert_true(sim_random_bits(&one) == sim_random_bits(&other));
    const unsigned names[][3] = {{2, 2, 3}, {1, 3, 3}, {1, 2, 4}};
    for (int n = 0; n < 3; n++) {
        int same = 0;
        sim_random_start(&one, 1, 2, 3);
        sim_random_start(&other, names[n][0], names[n][1], names[n][2]);
        for (int i = 0; i < 1000; i++)
            same += sim_random_bits(&one) == sim_random_bits(&other);
        assert_int_equal(same, 0);
    }
}

static int prepare(void **state)
{
    (void)state;
    sim_random_prepare();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sim_distribution_parse__texts__means_in_seconds),
        cmocka_unit_test(sim_distribution_parse__nonsense__says_what_is_expected),
        cmocka_unit_test(sim_distribution_draw__many_samples__mean_and_variance),
        cmocka_unit_test(sim_random__streams__depend_on_all_that_names_them),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
