/* Histograms of a profile: parts are small, without gaps, and hold what was added. */
#include "profile/times.h"

#include "flux_abi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

const struct flux_program flux_program = {.abi = FLUX_ABI_VERSION};

static void part__any_value__lies_in_it(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 200000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t value = random >> (i % 64);
        for (unsigned parts = 16; parts <= 64; parts *= 4) {
            unsigned part = fluxi_part_of(value, parts);
            assert_true(fluxi_part_begin(part, parts) <= value);
            assert_true(fluxi_part_begin(part + 1, parts) > value ||
                        fluxi_part_begin(part + 1, parts) == 0); /* beyond the last one */
        }
    }
}

static void part__next_one__begins_where_it_ends(void **state)
{
    (void)state;
    for (unsigned part = 1; part < 58 * FLUXI_PARTS; part++) {
        uint64_t begin = fluxi_part_begin(part, FLUXI_PARTS);
        uint64_t end = fluxi_part_begin(part + 1, FLUXI_PARTS);
        assert_int_equal(fluxi_part_of(begin, FLUXI_PARTS), part);
        assert_int_equal(fluxi_part_of(end - 1, FLUXI_PARTS), part);
        /* Its middle is off by 0.8 % at most. */
        assert_true((double)(end - begin) / 2 <= 0.008 * (double)begin || end - begin == 1);
    }
}

struct sum {
    uint64_t count, last;
};

static void take(void *context, unsigned part, uint64_t count)
{
    struct sum *sum = context;
    assert_true(sum->count == 0 || part > sum->last);
    sum->last = part;
    sum->count += count;
}

static void add__largest_and_smallest__are_counted_by_weight(void **state)
{
    (void)state;
    struct fluxi_times times = {.octaves = {NULL}};
    struct sum sum = {0};
    assert_true(fluxi_times_add(&times, 0, 3));
    assert_true(fluxi_times_add(&times, UINT64_MAX, 1000));
    assert_true(fluxi_times_add(&times, 12345, 20));
    assert_true(fluxi_times_add(&times, 12345, 1));
    fluxi_times_each(&times, take, &sum);
    assert_int_equal(sum.count, 1024);
    fluxi_times_each(NULL, take, &sum);
    fluxi_times_free(&times);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(part__any_value__lies_in_it),
        cmocka_unit_test(part__next_one__begins_where_it_ends),
        cmocka_unit_test(add__largest_and_smallest__are_counted_by_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
