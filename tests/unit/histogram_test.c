/* histogram_test.c - how right quantiles are, and how they are packed. */
#include "histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void histogram_at__values_of_all_sizes__is_right_to_two_percent(void **state)
{
    (void)state;
    for (uint64_t value = 1; value < UINT64_C(1) << 43; value = value * 5 / 4 + 1) {
        struct histogram histogram = {0};
        histogram_add(&histogram, value);
        histogram_add(&histogram, UINT64_C(1) << 44); /* so that the largest is no help */
        uint64_t got = histogram_at(&histogram, 0.5);
        assert_in_range(got, value - value / 50, value + value / 50);
    }
}

static void histogram_at__a_hundred__counts_ranks(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    assert_int_equal(histogram_at(&histogram, 0.99), 0);
    for (uint64_t i = 0; i < 99; i++)
        histogram_add(&histogram, 10);
    histogram_add(&histogram, 30);
    assert_int_equal(histogram_at(&histogram, 0.5), 10);
    assert_int_equal(histogram_at(&histogram, 0.99), 10);
    assert_int_equal(histogram_at(&histogram, 0.991), 30);
    assert_int_equal(histogram.most, 30);
    assert_int_equal(histogram.sum, 99 * 10 + 30);
}

static void histogram_at__the_largest__is_exact(void **state)
{
    (void)state;
    static struct histogram histogram, other;
    for (uint64_t i = 1; i <= 100000; i++)
        histogram_add(i % 2 == 0 ? &histogram : &other, i * 1000);
    histogram_merge(&histogram, &other);
    assert_int_equal(histogram.count, 100000);
    assert_in_range(histogram_at(&histogram, 0.00001), 980, 1020);
    assert_in_range(histogram_at(&histogram, 0.999), 98000000, 100000000);
    assert_int_equal(histogram_at(&histogram, 1), 100000000);
    histogram_add(&histogram, UINT64_MAX);
    assert_true(histogram_at(&histogram, 1) == UINT64_MAX);
}

static void histogram_unpack__what_was_packed__is_the_same(void **state)
{
    (void)state;
    struct histogram histogram = {0}, again = {0}, twice = {0};
    unsigned char packed[HISTOGRAM_PACKED];
    for (uint64_t value = 0; value < UINT64_C(1) << 40; value = value * 2 + 1)
        histogram_add(&histogram, value);
    size_t length = histogram_pack(&histogram, packed);
    assert_true(histogram_unpack(&again, packed, length));
    assert_memory_equal(again.classes, histogram.classes, sizeof again.classes);
    histogram_merge(&twice, &histogram);
    histogram_merge(&twice, &histogram);
    assert_true(histogram_unpack(&again, packed, length));
    assert_memory_equal(again.classes, twice.classes, sizeof again.classes);
    assert_int_equal(twice.count, 2 * histogram.count);
}

static void histogram_unpack__nonsense__is_refused(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    const unsigned char beyond[] = {0xff, 0xff, 1, 0, 0, 0};
    assert_false(histogram_unpack(&histogram, beyond, 5));
    assert_false(histogram_unpack(&histogram, beyond, 6));
    assert_true(histogram_unpack(&histogram, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histogram_at__values_of_all_sizes__is_right_to_two_percent),
        cmocka_unit_test(histogram_at__a_hundred__counts_ranks),
        cmocka_unit_test(histogram_at__the_largest__is_exact),
        cmocka_unit_test(histogram_unpack__what_was_packed__is_the_same),
        cmocka_unit_test(histogram_unpack__nonsense__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
