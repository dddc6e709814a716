#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void print__pieces__one_text(void **state)
{
    (void)state;
    struct text text = {0};
    text_print(&text, "int %s", "Read");
    text_write(&text, "(void);\nrest", 8);
    text_print(&text, "%s", "");
    assert_string_equal(text.at, "int Read(void);\n");
    assert_int_equal(text.size, 16);
    text_free(&text);
    assert_null(text.at);
}

static void print__long_piece__whole(void **state)
{
    (void)state;
    char piece[5000];
    struct text text = {0};
    memset(piece, 'x', sizeof piece - 1);
    piece[sizeof piece - 1] = '\0';
    for (int i = 0; i < 20; i++)
        text_print(&text, "%s\n", piece);
    assert_int_equal(text.size, 100000);
    assert_int_equal(strlen(text.at), 100000);
    assert_int_equal(text.lines, 20);
    text_free(&text);
}

/* What a #line back to the emitted file is computed from. */
static void lines__of_any_piece__counted_when_complete(void **state)
{
    (void)state;
    struct text text = {0};
    text_print(&text, "one\ntwo");
    assert_int_equal(text.lines, 1);
    text_write(&text, "\n\n", 2);
    assert_int_equal(text.lines, 3);
    text_print(&text, "%d\n%d\n", 1, 2);
    assert_int_equal(text.lines, 5);
    text_free(&text);
}

static void write__bytes_with_nul__kept(void **state)
{
    (void)state;
    struct text text = {0};
    text_write(&text, "a\0b", 3);
    assert_int_equal(text.size, 3);
    assert_memory_equal(text.at, "a\0b", 4);
    text_free(&text);
}

static void write__no_memory__fails_and_stays(void **state)
{
    (void)state;
    struct text text = {0};
    text_print(&text, "kept");
    text_write(&text, text.at, SIZE_MAX / 2);
    assert_int_equal(text.failed, ENOMEM);
    text_print(&text, "more");
    text_write(&text, "more", 4);
    assert_string_equal(text.at, "kept");
    assert_int_equal(text.size, 4);
    text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print__pieces__one_text),
        cmocka_unit_test(print__long_piece__whole),
        cmocka_unit_test(lines__of_any_piece__counted_when_complete),
        cmocka_unit_test(write__bytes_with_nul__kept),
        cmocka_unit_test(write__no_memory__fails_and_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
