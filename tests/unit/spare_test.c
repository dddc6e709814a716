/* Blocks that are given back and taken again. */
#include "spare.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void spare_take__given_back__the_same_again(void **state)
{
    (void)state;
    struct spare spare = {.size = 100};
    void *first = spare_take(&spare), *second = spare_take(&spare);
    assert_ptr_not_equal(first, second);
    spare_give(&spare, first);
    assert_ptr_equal(spare_take(&spare), first);
    spare_give(&spare, first);
    spare_give(&spare, second);
    spare_give(&spare, NULL);
    spare_clear(&spare);
}

static void spare_give__more_than_are_kept__freed(void **state)
{
    (void)state;
    enum { MANY = 3 * SPARE_SLOTS };
    struct spare spare = {.size = 10};
    void *blocks[MANY];
    for (int i = 0; i < MANY; i++)
        memset(blocks[i] = spare_take(&spare), i, 10);
    for (int i = 0; i < MANY; i++)
        spare_give(&spare, blocks[i]); /* leak checkers see the rest */
    spare_clear(&spare);
}

static struct spare shared = {.size = sizeof(uint64_t)};

/* A block belongs to one at a time. */
static void *use(void *mark)
{
    for (int i = 0; i < 100000; i++) {
        uint64_t *block = spare_take(&shared);
        *block = (uintptr_t)mark;
        if (*block != (uintptr_t)mark)
            return NULL;
        spare_give(&shared, block);
    }
    return mark;
}

static void spare_take__by_several_threads__nobody_shares(void **state)
{
    (void)state;
    pthread_t threads[4];
    static char marks[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, &marks[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &marks[i]);
    }
    spare_clear(&shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spare_take__given_back__the_same_again),
        cmocka_unit_test(spare_give__more_than_are_kept__freed),
        cmocka_unit_test(spare_take__by_several_threads__nobody_shares),
    };
    return cmocka_run_group_tests_name("spare", tests, NULL, NULL);
}
