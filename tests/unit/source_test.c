#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static const struct source_file *text_file(void **state, const char *text)
{
    return source_of_text(*state, "x.flux", text, strlen(text), 0);
}

static void at(const struct source_file *file, uint32_t offset, unsigned line, unsigned column)
{
    struct position position = source_position(file, offset);
    assert_int_equal(position.line, line);
    assert_int_equal(position.column, column);
}

static void position__every_kind_of_place__line_and_column(void **state)
{
    const struct source_file *file = text_file(state, "ab\n\n\tcd\n");
    at(file, 0, 1, 1);
    at(file, 2, 1, 3); /* the end of a line belongs to it */
    at(file, 3, 2, 1);
    at(file, 4, 3, 1);
    at(file, 5, 3, 2); /* a tab is one column */
    at(file, 8, 4, 1); /* behind the last line */
}

static void position__empty_file__first_column(void **state)
{
    at(text_file(state, ""), 0, 1, 1);
}

static void position__many_lines__found(void **state)
{
    char text[3000];
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = i % 3 == 2 ? '\n' : 'x';
    const struct source_file *file = source_of_text(*state, "x", text, sizeof text, 0);
    for (uint32_t i = 0; i < sizeof text; i++)
        at(file, i, i / 3 + 1, i % 3 + 1);
}

static void line_is(const struct source_file *file, unsigned line, const char *text)
{
    size_t length;
    const char *begin_of_line = source_line(file, line, &length);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(begin_of_line, text, length);
}

static void line__any_ending__text_without_it(void **state)
{
    const struct source_file *file = text_file(state, "one\r\n\ntwo\rx\nlast");
    assert_int_equal(file->line_count, 4);
    line_is(file, 1, "one");
    line_is(file, 2, "");
    line_is(file, 3, "two\rx");
    line_is(file, 4, "last");
}

static void text__nul_inside__kept(void **state)
{
    const struct source_file *file = source_of_text(*state, "x", "a\0b\nc", 5, 0);
    assert_int_equal(file->size, 5);
    assert_memory_equal(file->text, "a\0b\nc", 6);
    at(file, 4, 2, 1);
}

static void span__compared__by_file_then_place(void **state)
{
    const struct source_file *a = source_of_text(*state, "a", "text", 4, 0);
    const struct source_file *b = source_of_text(*state, "b", "text", 4, 1);
    struct span none = {NULL, 0, 0}, early = {a, 1, 2}, longer = {a, 1, 3}, late = {a, 2, 3},
                other = {b, 0, 1};
    assert_int_equal(span_compare(early, early), 0);
    assert_true(span_compare(none, early) < 0 && span_compare(early, none) > 0);
    assert_true(span_compare(early, longer) < 0);
    assert_true(span_compare(longer, late) < 0);
    assert_true(span_compare(late, other) < 0 && span_compare(other, late) > 0);
    assert_int_equal(span_compare(none, none), 0);
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *temporary(char *name, const char *text, size_t size)
{
    int fd = mkstemp(strcpy(name, "/tmp/source_test-XXXXXX"));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), size);
    close(fd);
    return name;
}

static void read__file__its_bytes(void **state)
{
    char name[64];
    int error;
    temporary(name, "a\0b\n", 4);
    const struct source_file *file = source_read(*state, name, 7, &error);
    unlink(name);
    assert_non_null(file);
    assert_string_equal(file->name, name);
    assert_int_equal(file->index, 7);
    assert_int_equal(file->size, 4);
    assert_memory_equal(file->text, "a\0b\n", 5);
}

static void read__pipe__whole(void **state)
{
    enum { LINES = 40000 };
    int error;
    char name[64];
    FILE *pipe = popen("yes 0123456 | head -n 40000", "r");
    assert_non_null(pipe);
    snprintf(name, sizeof name, "/dev/fd/%d", fileno(pipe));
    const struct source_file *file = source_read(*state, name, 0, &error);
    assert_int_equal(pclose(pipe), 0);
    assert_non_null(file);
    assert_int_equal(file->size, LINES * 8);
    assert_int_equal(file->line_count, LINES + 1);
}

static void refused(void **state, const char *name, int expected)
{
    int error = 0;
    assert_null(source_read(*state, name, 0, &error));
    assert_int_equal(error, expected);
}

static void read__no_file__errno(void **state)
{
    char name[64];
    refused(state, "/nonexistent/x.flux", ENOENT);
    refused(state, "/tmp", EISDIR);
    temporary(name, "", 0);
    assert_int_equal(truncate(name, (off_t)SOURCE_MAX + 1), 0);
    refused(state, name, EFBIG);
    unlink(name);
    refused(state, "/dev/zero", EFBIG);
}

static void read__largest_file__read(void **state)
{
    char name[64];
    int error;
    temporary(name, "", 0);
    assert_int_equal(truncate(name, (off_t)SOURCE_MAX), 0);
    const struct source_file *file = source_read(*state, name, 0, &error);
    unlink(name);
    assert_non_null(file);
    assert_int_equal(file->size, SOURCE_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(position__every_kind_of_place__line_and_column),
        TEST(position__empty_file__first_column),
        TEST(position__many_lines__found),
        TEST(line__any_ending__text_without_it),
        TEST(text__nul_inside__kept),
        TEST(span__compared__by_file_then_place),
        TEST(read__file__its_bytes),
        TEST(read__pipe__whole),
        TEST(read__no_file__errno),
        TEST(read__largest_file__read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
