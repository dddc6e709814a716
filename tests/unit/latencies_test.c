/* latencies_test.c - histograms of latencies, and how they are packed. */
#include "latencies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void quantile__values_of_all_sizes__is_right_to_two_percent(void **state)
{
    (void)state;
    for (uint64_t value = 1; value < UINT64_C(1) << 33; value = value * 5 / 4 + 1) {
        struct latencies latencies = {0};
        latencies_add(&latencies, value);
        latencies_add(&latencies, UINT64_C(1) << 34); /* so that max is no help */
        uint64_t got = latencies_quantile(&latencies, 0.5);
        assert_in_range(got, value - value / 50, value + value / 50);
    }
}

static void quantile__a_hundred__counts_ranks(void **state)
{
    (void)state;
    struct latencies latencies = {0};
    assert_int_equal(latencies_quantile(&latencies, 0.99), 0);
    for (uint64_t i = 0; i < 99; i++)
        latencies_add(&latencies, 10);
    latencies_add(&latencies, 30);
    assert_int_equal(latencies_quantile(&latencies, 0.5), 10);
    assert_int_equal(latencies_quantile(&latencies, 0.99), 10);
    assert_int_equal(latencies_quantile(&latencies, 0.991), 30);
    assert_int_equal(latencies.max, 30);
    assert_int_equal(latencies.sum, 99 * 10 + 30);
}

static void unpack__what_was_packed__is_the_same(void **state)
{
    (void)state;
    struct latencies latencies = {0}, again = {0}, twice = {0};
    unsigned char packed[LATENCIES_PACKED];
    for (uint64_t value = 0; value < UINT64_C(1) << 40; value = value * 2 + 1)
        latencies_add(&latencies, value);
    size_t length = latencies_pack(&latencies, packed);
    assert_true(latencies_unpack(&again, packed, length));
    assert_memory_equal(again.buckets, latencies.buckets, sizeof again.buckets);
    latencies_merge(&twice, &latencies);
    latencies_merge(&twice, &latencies);
    assert_true(latencies_unpack(&again, packed, length));
    assert_memory_equal(again.buckets, twice.buckets, sizeof again.buckets);
    assert_int_equal(twice.count, 2 * latencies.count);
}

static void unpack__nonsense__is_refused(void **state)
{
    (void)state;
    struct latencies latencies = {0};
    const unsigned char beyond[] = {0xff, 0xff, 1, 0, 0, 0};
    assert_false(latencies_unpack(&latencies, beyond, 5));
    assert_false(latencies_unpack(&latencies, beyond, 6));
    assert_true(latencies_unpack(&latencies, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantile__values_of_all_sizes__is_right_to_two_percent),
        cmocka_unit_test(quantile__a_hundred__counts_ranks),
        cmocka_unit_test(unpack__what_was_packed__is_the_same),
        cmocka_unit_test(unpack__nonsense__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
