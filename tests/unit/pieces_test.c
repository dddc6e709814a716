/* Which piece comes next, and pieces that are under way. */
#include "partial.h"
#include "rarest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define PIECES 50
#define PEERS  9

static void rarest_pick__rarest_first__of_what_the_peer_has(void **state)
{
    (void)state;
    struct rarest rarest;
    uint8_t has[2] = {0};
    assert_int_equal(rarest_init(&rarest, 10, PEERS), 0);
    for (uint32_t piece = 0; piece < 10; piece++) {
        for (uint32_t i = 0; i < piece / 2 + 1; i++)
            rarest_add(&rarest, piece);
    }
    assert_true(rarest_pick(&rarest, NULL, 12345) < 2);
    bits_set(has, 7);
    bits_set(has, 4);
    assert_int_equal(rarest_pick(&rarest, has, 3), 4);
    rarest_take(&rarest, 4);
    assert_int_equal(rarest_pick(&rarest, has, 3), 7);
    rarest_take(&rarest, 7);
    assert_int_equal(rarest_pick(&rarest, has, 3), RAREST_NONE);
    rarest_put_back(&rarest, 4);
    assert_int_equal(rarest_pick(&rarest, has, 9), 4);
    rarest_free(&rarest);
}

static void rarest_pick__as_rare__all_have_their_turn(void **state)
{
    (void)state;
    struct rarest rarest;
    bool seen[PIECES] = {false};
    assert_int_equal(rarest_init(&rarest, PIECES, PEERS), 0);
    for (uint32_t i = 0; i < PIECES; i++)
        seen[rarest_pick(&rarest, NULL, i)] = true;
    for (uint32_t i = 0; i < PIECES; i++)
        assert_true(seen[i]);
    rarest_free(&rarest);
}

/* Whatever is done to it, it is sorted, and every boundary is where it belongs. */
static void check(const struct rarest *rarest, const bool *wanted, const uint32_t *count)
{
    uint32_t expected = 0, level = 0;
    for (uint32_t i = 0; i < PIECES; i++)
        expected += wanted[i];
    assert_int_equal(rarest->wanted, expected);
    assert_int_equal(rarest->first[rarest->levels], expected);
    for (uint32_t i = 0; i < PIECES; i++) {
        assert_int_equal(rarest->order[rarest->place[i]], i);
        assert_int_equal(rarest->rarity[i], count[i]);
        assert_int_equal(rarest_wants(rarest, i), wanted[i]);
    }
    for (uint32_t i = 0; i < expected; i++) {
        for (; level < count[rarest->order[i]]; level++)
            assert_true(rarest->first[level + 1] <= i);
        assert_int_equal(level, count[rarest->order[i]]);
        assert_true(rarest->first[level] <= i && i < rarest->first[level + 1]);
    }
}

static void rarest__any_order_of_changes__stays_sorted(void **state)
{
    (void)state;
    struct rarest rarest;
    bool wanted[PIECES];
    uint32_t count[PIECES] = {0};
    memset(wanted, true, sizeof wanted);
    assert_int_equal(rarest_init(&rarest, PIECES, PEERS), 0);
    srand(7);
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t piece = (uint32_t)rand() % PIECES;
        switch (rand() % 4) {
        case 0:
            rarest_add(&rarest, piece);
            count[piece] += count[piece] < PEERS;
            break;
        case 1:
            rarest_remove(&rarest, piece);
            count[piece] -= count[piece] > 0;
            break;
        case 2:
            rarest_take(&rarest, piece);
            wanted[piece] = false;
            break;
        default:
            rarest_put_back(&rarest, piece);
            wanted[piece] = true;
            break;
        }
        check(&rarest, wanted, count);
    }
    rarest_free(&rarest);
}

/* ---- under way ------------------------------------------------------------------------------- */

static void partial__asked_and_stored__whole_at_the_end(void **state)
{
    (void)state;
    struct partials partials = {0};
    uint8_t data[BLOCK_SIZE];
    memset(data, 7, sizeof data);
    struct partial *partial = partial_begin(&partials, 3, 2 * BLOCK_SIZE + 100);
    assert_non_null(partial);
    assert_int_equal(partial->blocks, 3);
    assert_int_equal(partial_block_size(partial, 2), 100);
    assert_int_equal(partials.bytes, 2 * BLOCK_SIZE + 100);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(partial_ask(partial), i);
    assert_int_equal(partial_ask(partial), UINT32_MAX);
    partial_unask(partial, 1);
    assert_true(partial_has_free(partial));
    assert_int_equal(partial_ask(partial), 1);
    assert_false(partial_store(partial, 0, data, 1));
    assert_false(partial_store(partial, 2, data, 2));
    assert_false(partial_store(partial, 2, data, 3)); /* again: nothing changes */
    assert_int_equal(partial->block[2].from, 2);
    partial_unask(partial, 2); /* late, and without a consequence */
    assert_int_equal(partial->got, 2);
    assert_true(partial_store(partial, 1, data, 1));
    assert_int_equal(partial->data[2 * BLOCK_SIZE + 99], 7);
    assert_ptr_equal(partial_find(&partials, 3), partial);
    partial_take(partial);
    assert_null(partial_find(&partials, 3));
    partial_free(&partials, partial);
    assert_int_equal(partials.bytes, 0);
}

static void partial__end_game__asked_of_several(void **state)
{
    (void)state;
    struct partials partials = {0};
    uint8_t data[BLOCK_SIZE] = {0};
    struct partial *partial = partial_begin(&partials, 0, BLOCK_SIZE);
    assert_non_null(partial);
    assert_int_equal(partial_ask(partial), 0);
    partial_ask_again(partial, 0);
    partial_unask(partial, 0);
    assert_false(partial_has_free(partial)); /* the other is still asked */
    partial_unask(partial, 0);
    assert_true(partial_has_free(partial));
    assert_true(partial_store(partial, 0, data, 1)); /* unasked, but welcome */
    assert_false(partial_has_free(partial));
    partial_free_all(&partials);
    assert_int_equal(partials.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rarest_pick__rarest_first__of_what_the_peer_has),
        cmocka_unit_test(rarest_pick__as_rare__all_have_their_turn),
        cmocka_unit_test(rarest__any_order_of_changes__stays_sorted),
        cmocka_unit_test(partial__asked_and_stored__whole_at_the_end),
        cmocka_unit_test(partial__end_game__asked_of_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
