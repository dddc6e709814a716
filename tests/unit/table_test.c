/* From interned strings to values. */
#include "table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void table_at__many_keys__each_keeps_its_value(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct arena *arena = arena_new();
    struct table table = {0};
    const char *keys[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        keys[i] = arena_intern_string(arena, arena_printf(arena, "key %zu", i));
        assert_null(table_get(&table, keys[i]));
        void **slot = table_at(arena, &table, keys[i]);
        assert_null(*slot);
        *slot = &keys[i];
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_ptr_equal(table_get(&table, keys[i]), &keys[i]);
        assert_ptr_equal(*table_at(arena, &table, keys[i]), &keys[i]);
    }
    assert_int_equal(table.count, COUNT);
    assert_null(table_get(&table, arena_intern_string(arena, "another key")));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_at__many_keys__each_keeps_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
