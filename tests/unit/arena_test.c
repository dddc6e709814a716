#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int begin(void **state)
{
    *state = arena_new();
    return 0;
}

static int end(void **state)
{
    arena_free(*state);
    return 0;
}

static void alloc__any_size__aligned_zeroed_and_separate(void **state)
{
    unsigned char *blocks[600];
    for (size_t i = 0; i < 600; i++) {
        size_t size = i * i / 4; /* 0 to 90 KB: shared chunks and own ones */
        blocks[i] = arena_alloc(*state, size);
        assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], (int)(i % 255 + 1), size);
    }
    for (size_t i = 0; i < 600; i++)
        for (size_t k = 0; k < i * i / 4; k++)
            assert_int_equal(blocks[i][k], i % 255 + 1);
}

static void printf__long_text__whole(void **state)
{
    char digits[3000];
    memset(digits, '7', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    char *text = arena_printf(*state, "%s-%d", digits, 42);
    assert_int_equal(strlen(text), 3002);
    assert_string_equal(text + 2999, "-42");
}

static void intern__equal_bytes__one_pointer(void **state)
{
    const char *read = arena_intern(*state, "Readable", 4);
    assert_string_equal(read, "Read");
    assert_ptr_equal(arena_intern_string(*state, "Read"), read);
    assert_ptr_not_equal(arena_intern_string(*state, "Reed"), read);
    assert_string_equal(arena_intern(*state, "x", 0), "");
}

static void intern__many_strings__all_found_again(void **state)
{
    enum { COUNT = 20000 };
    const char **first = arena_alloc(*state, COUNT * sizeof *first);
    char name[32];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "Node%d", i);
        first[i] = arena_intern_string(*state, name);
    }
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "Node%d", i);
        assert_string_equal(first[i], name);
        assert_ptr_equal(arena_intern_string(*state, name), first[i]);
    }
}

static void vector__pushed_to__keeps_order(void **state)
{
    VECTOR(int) numbers = {0};
    for (int i = 0; i < 10000; i++)
        vector_push(*state, &numbers, i);
    assert_int_equal(numbers.count, 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(numbers.at[i], i);
}

/* What uses up all memory ends the process: it is done by this program again, called with "alloc"
 * or "grow". */
static int use_up(const char *how)
{
    static struct arena *arena; /* still known at exit: no leak */
    unsigned capacity = 1u << 31;
    arena = arena_new();
    if (strcmp(how, "alloc") == 0)
        arena_alloc(arena, SIZE_MAX);
    else
        arena_grow(arena, NULL, 0, &capacity, 8);
    return 0;
}

static void exits_2_with_message(const char *how)
{
    int ends[2], status;
    char said[200] = "";
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        execl("/proc/self/exe", "arena_test", how, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_string_equal(said, "fluxc: error: out of memory\n");
}

static void memory__used_up__exits_2_with_message(void **state)
{
    (void)state;
    exits_2_with_message("alloc");
    exits_2_with_message("grow");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return use_up(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(alloc__any_size__aligned_zeroed_and_separate, begin, end),
        cmocka_unit_test_setup_teardown(printf__long_text__whole, begin, end),
        cmocka_unit_test_setup_teardown(intern__equal_bytes__one_pointer, begin, end),
        cmocka_unit_test_setup_teardown(intern__many_strings__all_found_again, begin, end),
        cmocka_unit_test_setup_teardown(vector__pushed_to__keeps_order, begin, end),
        cmocka_unit_test(memory__used_up__exits_2_with_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
