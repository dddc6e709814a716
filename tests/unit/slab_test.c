/* Slabs: objects are apart, are used again, and leave no mapping behind but one (R32). */
#include "allocation.h"
#include "slab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANY 10000
#define SIZE 120u

static unsigned char *objects[MANY];

static void get__many__apart(void **state)
{
    struct fluxi_slabs slabs = {.room = NULL};
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < MANY; i++) {
            objects[i] = fluxi_slab_get(&slabs, SIZE);
            assert_non_null(objects[i]);
            assert_int_equal((uintptr_t)objects[i] % 16, 0);
            memset(objects[i], (int)i, SIZE);
        }
        for (unsigned i = 0; i < MANY; i++) {
            assert_int_equal(objects[i][0], i & 255);
            assert_int_equal(objects[i][SIZE - 1], i & 255);
        }
        /* in another order: slabs get room, and empty, here and there */
        for (unsigned i = 0; i < MANY; i++)
            fluxi_slab_put(&slabs, objects[i * 7919u % MANY], SIZE);
    }
    fluxi_slabs_free(&slabs);
    fluxi_slabs_free(&slabs); /* again: there is nothing */
}

/* Many that are alive do not keep those that come and go from being used again. */
static void get__others_are_alive__room_is_used(void **state)
{
    struct fluxi_slabs slabs = {.room = NULL};
    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        objects[i] = fluxi_slab_get(&slabs, SIZE);
    for (unsigned i = 0; i < MANY; i += 2)
        fluxi_slab_put(&slabs, objects[i], SIZE);
    allocations_left = 0;
#if !defined(__SANITIZE_ADDRESS__)
    for (unsigned i = 0; i < MANY; i += 2) {
        objects[i] = fluxi_slab_get(&slabs, SIZE);
        assert_non_null(objects[i]);
    }
    for (unsigned i = 0; i < MANY; i += 2)
        fluxi_slab_put(&slabs, objects[i], SIZE);
#endif
    allocations_left = -1;
    for (unsigned i = 1; i < MANY; i += 2)
        fluxi_slab_put(&slabs, objects[i], SIZE);
    fluxi_slabs_free(&slabs);
}

static void get__too_large_for_a_slab__has_memory_of_its_own(void **state)
{
    struct fluxi_slabs slabs = {.room = NULL};
    (void)state;
    void *large = fluxi_slab_get(&slabs, 100000);
    assert_non_null(large);
    memset(large, 1, 100000);
    assert_null(slabs.room);
    fluxi_slab_put(&slabs, large, 100000);
    fluxi_slabs_free(&slabs);
}

static void get__no_memory__says_so(void **state)
{
    struct fluxi_slabs slabs = {.room = NULL};
    (void)state;
    allocations_left = 0;
    assert_null(fluxi_slab_get(&slabs, SIZE));
    allocations_left = -1;
    void *object = fluxi_slab_get(&slabs, SIZE);
    assert_non_null(object);
    fluxi_slab_put(&slabs, object, SIZE);
    fluxi_slabs_free(&slabs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get__many__apart),
        cmocka_unit_test(get__others_are_alive__room_is_used),
        cmocka_unit_test(get__too_large_for_a_slab__has_memory_of_its_own),
        cmocka_unit_test(get__no_memory__says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
