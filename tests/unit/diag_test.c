#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct arena *arena;
    struct diags *diags;
    const struct source_file *file;
};

static int begin(void **state)
{
    static struct fixture fixture;
    fixture.arena = arena_new();
    fixture.diags = diags_new(fixture.arena);
    *state = &fixture;
    return 0;
}

static int end(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static void read_text(struct fixture *fixture, const char *text)
{
    fixture->file = source_of_text(fixture->arena, "x.flux", text, strlen(text), 0);
}

/* Of the first time that the word stands in the text. */
static struct span span_of(const struct fixture *fixture, const char *word)
{
    const char *at = strstr(fixture->file->text, word);
    assert_non_null(at);
    uint32_t offset = (uint32_t)(at - fixture->file->text);
    return (struct span){fixture->file, offset, offset + (uint32_t)strlen(word)};
}

static const char *printed(struct fixture *fixture)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    diags_print(fixture->diags, out, false);
    fclose(out);
    const char *copy = arena_printf(fixture->arena, "%s", text);
    free(text);
    return copy;
}

static void prints(struct fixture *fixture, const char *expected)
{
    assert_string_equal(printed(fixture), expected);
}

/* ---- what is shown (R38) --------------------------------------------------------------------- */

static void print__nothing_reported__nothing(void **state)
{
    prints(*state, "");
    assert_false(diags_failed(((struct fixture *)*state)->diags));
}

static void print__error_with_note_and_fix__all_shown(void **state)
{
    struct fixture *f = *state;
    read_text(f, "Read () => ();\nsource Raed => Flow;\n");
    struct diag *diag = diag_report(f->diags, DIAG_UNKNOWN_NODE, span_of(f, "Raed"),
                                    "no node is called '%s'", "Raed");
    diag_note(diag, span_of(f, "Read"), "did you mean '%s'?", "Read");
    diag_note(diag, (struct span){0}, "a remark");
    diag_fix(diag, "Read");
    prints(f, "x.flux:2:8: error: no node is called 'Raed' [unknown-node]\n"
              "    2 | source Raed => Flow;\n"
              "      |        ^~~~\n"
              "      |        Read\n"
              "x.flux:1:1: note: did you mean 'Read'?\n"
              "    1 | Read () => ();\n"
              "      | ^~~~\n"
              "x.flux:2:8: note: a remark\n"
              "1 error\n");
    assert_true(diags_failed(f->diags));
    assert_int_equal(diags_errors(f->diags), 1);
}

static void print__no_place__names_fluxc(void **state)
{
    struct fixture *f = *state;
    diag_report(f->diags, DIAG_CANNOT_READ, (struct span){0}, "cannot read 'x'");
    prints(f, "fluxc: error: cannot read 'x' [cannot-read]\n1 error\n");
}

static void print__several__sorted_without_duplicates(void **state)
{
    struct fixture *f = *state;
    read_text(f, "one two\nthree\n");
    diag_report(f->diags, DIAG_UNKNOWN_NODE, span_of(f, "three"), "third");
    diag_report(f->diags, DIAG_UNUSED_NODE, span_of(f, "two"), "second");
    diag_report(f->diags, DIAG_UNKNOWN_NODE, span_of(f, "one"), "first");
    diag_report(f->diags, DIAG_UNKNOWN_NODE, span_of(f, "three"), "third");
    const char *text = printed(f);
    const char *first = strstr(text, "first"), *second = strstr(text, "second");
    const char *third = strstr(text, "third");
    assert_true(first != NULL && first < second && second < third);
    assert_null(strstr(third + 1, "third"));
    assert_non_null(strstr(text, "\n2 errors, 1 warning\n"));
}

static void print__tab_before__caret_below_the_word(void **state)
{
    struct fixture *f = *state;
    read_text(f, "\ta\tword");
    diag_report(f->diags, DIAG_SYNTAX, span_of(f, "word"), "wrong");
    prints(f, "x.flux:1:4: error: wrong [syntax]\n"
              "    1 |         a       word\n"
              "      |                 ^~~~\n"
              "1 error\n");
}

static void print__wide_and_combining_characters__caret_below_the_word(void **state)
{
    struct fixture *f = *state;
    read_text(f, "\xe6\xbc\xa2 e\xcc\x81 word");
    diag_report(f->diags, DIAG_SYNTAX, span_of(f, "word"), "wrong");
    prints(f, "x.flux:1:9: error: wrong [syntax]\n"
              "    1 | \xe6\xbc\xa2 e\xcc\x81 word\n"
              "      |      ^~~~\n"
              "1 error\n");
}

static void print__control_characters__shown_as_numbers(void **state)
{
    struct fixture *f = *state;
    read_text(f, "a\x1b[31m\x7f\xff\xc2\x9b word");
    diag_report(f->diags, DIAG_SYNTAX, span_of(f, "word"), "the text is '%s'", "\x1b[2J\n");
    prints(f, "x.flux:1:12: error: the text is '<1B>[2J<0A>' [syntax]\n"
              "    1 | a<1B>[31m<7F><FF><9B> word\n"
              "      |                       ^~~~\n"
              "1 error\n");
}

static void print__span_over_lines__marked_to_the_end_of_the_first(void **state)
{
    struct fixture *f = *state;
    read_text(f, "one two\nthree");
    struct span span = span_of(f, "two");
    span.end += 6;
    diag_report(f->diags, DIAG_SYNTAX, span, "wrong");
    prints(f, "x.flux:1:5: error: wrong [syntax]\n"
              "    1 | one two\n"
              "      |     ^~~\n"
              "1 error\n");
}

static void print__end_of_line_or_file__caret_behind_it(void **state)
{
    struct fixture *f = *state;
    read_text(f, "one\n");
    diag_report(f->diags, DIAG_SYNTAX, (struct span){f->file, 3, 3}, "here");
    diag_report(f->diags, DIAG_SYNTAX, (struct span){f->file, 4, 4}, "there");
    prints(f, "x.flux:1:4: error: here [syntax]\n"
              "    1 | one\n"
              "      |    ^\n"
              "x.flux:2:1: error: there [syntax]\n"
              "    2 | \n"
              "      | ^\n"
              "2 errors\n");
}

static void print__long_line__cut_on_both_sides(void **state)
{
    struct fixture *f = *state;
    enum { BEFORE = 1000, SIZE = 4000 };
    char *text = arena_alloc(f->arena, SIZE + 1);
    for (int i = 0; i < SIZE; i += 2) /* two bytes each, so that cuts could split one */
        memcpy(text + i, "\xc3\xa4", 2);
    memcpy(text + BEFORE, "word", 4);
    read_text(f, text);
    diag_report(f->diags, DIAG_SYNTAX, span_of(f, "word"), "wrong");
    const char *out = printed(f);
    const char *line = strstr(out, "    1 | ..."), *carets = strstr(out, "      | ");
    assert_non_null(line);
    assert_non_null(carets);
    assert_true(strlen(out) < 400);
    assert_int_equal(memcmp(carets - 4, "...\n", 4), 0);
    /* Characters, not bytes, stand before both. */
    size_t characters = 0;
    for (const char *at = line; at < strstr(line, "word"); at++)
        characters += ((unsigned char)*at & 0xc0) != 0x80;
    assert_int_equal(strcspn(carets, "^"), characters);
    assert_null(strchr(line, '<'));
}

static void print__more_than_anyone_reads__counted(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 100500 };
    char *text = arena_alloc(f->arena, COUNT + 1);
    memset(text, 'x', COUNT);
    read_text(f, text);
    for (uint32_t i = 0; i < COUNT; i++)
        diag_note(diag_report(f->diags, DIAG_SYNTAX, (struct span){f->file, i, i + 1}, "wrong"),
                  (struct span){0}, "note");
    assert_int_equal(diags_errors(f->diags), COUNT);
    const char *out = printed(f);
    assert_non_null(strstr(out, "100000 errors shown, 500 more not\n"));
}

static void print__colour__begun_and_ended(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    size_t size;
    read_text(f, "word");
    diag_fix(diag_report(f->diags, DIAG_SYNTAX, span_of(f, "word"), "wrong"), "ward");
    FILE *out = open_memstream(&text, &size);
    diags_print(f->diags, out, true);
    fclose(out);
    assert_non_null(strstr(text, "\33[1;31merror:\33[m"));
    assert_non_null(strstr(text, "\33[1;31m^~~~\33[m\n"));
    assert_non_null(strstr(text, "\33[32mward\33[m\n"));
    free(text);
}

/* ---- options --------------------------------------------------------------------------------- */

static void warn(struct fixture *f)
{
    read_text(f, "one two");
    diag_report(f->diags, DIAG_UNUSED_NODE, span_of(f, "one"), "not used");
    diag_report(f->diags, DIAG_UNUSED_PREDICATE, span_of(f, "two"), "not asked");
}

static void option__none__warnings_are_no_failure(void **state)
{
    struct fixture *f = *state;
    warn(f);
    assert_false(diags_failed(f->diags));
    assert_non_null(strstr(printed(f), "x.flux:1:1: warning: not used [-Wunused-node]\n"));
    assert_non_null(strstr(printed(f), "\n2 warnings\n"));
}

static void option__off__collected_nowhere(void **state)
{
    struct fixture *f = *state;
    assert_true(diags_option(f->diags, "-Wno-unused-node"));
    warn(f);
    assert_null(strstr(printed(f), "not used"));
    assert_non_null(strstr(printed(f), "not asked"));
}

static void option__first_words_of_a_name__all_that_begin_so(void **state)
{
    struct fixture *f = *state;
    assert_true(diags_option(f->diags, "-Wno-unused"));
    warn(f);
    prints(f, "");
}

static void option__last_one__counts(void **state)
{
    struct fixture *f = *state;
    assert_true(diags_option(f->diags, "-Wno-all"));
    assert_true(diags_option(f->diags, "-Wunused-node"));
    warn(f);
    assert_non_null(strstr(printed(f), "\n1 warning\n"));
}

static void option__werror__warnings_fail(void **state)
{
    struct fixture *f = *state;
    assert_true(diags_option(f->diags, "-Werror"));
    assert_true(diags_option(f->diags, "-Wno-error=unused-predicate"));
    warn(f);
    assert_true(diags_failed(f->diags));
    assert_non_null(strstr(printed(f), "error: not used [-Werror=unused-node]"));
    assert_non_null(strstr(printed(f), "warning: not asked [-Wunused-predicate]"));
    /* The passes go on: a warning hides nothing. */
    assert_int_equal(diags_errors(f->diags), 0);
}

static void option__werror_named__that_one_fails(void **state)
{
    struct fixture *f = *state;
    assert_true(diags_option(f->diags, "-Werror=unused-node"));
    warn(f);
    assert_non_null(strstr(printed(f), "\n1 error, 1 warning\n"));
}

static void option__w__no_warnings(void **state)
{
    struct fixture *f = *state;
    assert_true(diags_option(f->diags, "-Werror"));
    assert_true(diags_option(f->diags, "-w"));
    warn(f);
    prints(f, "");
    assert_false(diags_failed(f->diags));
}

static void option__unknown_or_an_error__refused(void **state)
{
    struct fixture *f = *state;
    assert_false(diags_option(f->diags, "-Wnonsense"));
    assert_false(diags_option(f->diags, "-Wno-unknown-node"));
    assert_false(diags_option(f->diags, "-Wunus"));
    assert_false(diags_option(f->diags, "-W"));
    assert_false(diags_option(f->diags, "-Werror=syntax"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(print__nothing_reported__nothing),
        TEST(print__error_with_note_and_fix__all_shown),
        TEST(print__no_place__names_fluxc),
        TEST(print__several__sorted_without_duplicates),
        TEST(print__tab_before__caret_below_the_word),
        TEST(print__wide_and_combining_characters__caret_below_the_word),
        TEST(print__control_characters__shown_as_numbers),
        TEST(print__span_over_lines__marked_to_the_end_of_the_first),
        TEST(print__end_of_line_or_file__caret_behind_it),
        TEST(print__long_line__cut_on_both_sides),
        TEST(print__more_than_anyone_reads__counted),
        TEST(print__colour__begun_and_ended),
        TEST(option__none__warnings_are_no_failure),
        TEST(option__off__collected_nowhere),
        TEST(option__first_words_of_a_name__all_that_begin_so),
        TEST(option__last_one__counts),
        TEST(option__werror__warnings_fail),
        TEST(option__werror_named__that_one_fails),
        TEST(option__w__no_warnings),
        TEST(option__unknown_or_an_error__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
