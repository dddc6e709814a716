/* Bencoding: what is well-formed, what is not, and that what is written is read again. */
#include "bencode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *text, struct bencode *value)
{
    return bencode_parse(text, strlen(text), value);
}

static void bencode_parse__scalars__are_read(void **state)
{
    (void)state;
    struct bencode value;
    assert_int_equal(parse("i-42e", &value), 0);
    assert_int_equal(value.kind, BENCODE_INTEGER);
    assert_true(value.integer == -42);
    assert_int_equal(parse("i9223372036854775807e", &value), 0);
    assert_true(value.integer == INT64_MAX);
    assert_int_equal(parse("i-9223372036854775808e", &value), 0);
    assert_true(value.integer == INT64_MIN);
    assert_int_equal(parse("3:abcrest", &value), 0);
    assert_true(bencode_is(&value, "abc"));
    assert_int_equal(value.raw_length, 5);
    assert_int_equal(parse("0:", &value), 0);
    assert_true(bencode_is(&value, ""));
}

static void bencode_parse__malformed__is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "i",
                                        "ie",
                                        "i-e",
                                        "i-0e",
                                        "i01e",
                                        "i1",
                                        "i9223372036854775808e",
                                        "i-9223372036854775809e",
                                        "3:ab",
                                        "03:abc",
                                        "-1:a",
                                        "99999999999999999999:a",
                                        "l",
                                        "li1e",
                                        "d",
                                        "d1:a",
                                        "d1:ae",
                                        "di1e1:ae",
                                        "dle1:ae",
                                        "e",
                                        "x",
                                        "d1:ai1e",
                                        "l1:ad1:bee1",
                                        "18446744073709551615:a"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bencode value;
        assert_int_equal(parse(wrong[i], &value), EBADMSG);
        assert_int_equal(value.kind, BENCODE_NONE);
    }
}

/* Deeper than any stack: there is no recursion to run out of it, and a bound. */
static void bencode_parse__deep__is_bounded(void **state)
{
    (void)state;
    const size_t depth = 1000000;
    char *text = malloc(2 * depth);
    assert_non_null(text);
    memset(text, 'l', depth);
    memset(text + depth, 'e', depth);
    struct bencode value;
    assert_int_equal(bencode_parse(text, 2 * depth, &value), EBADMSG);
    assert_int_equal(bencode_parse(text + depth - BENCODE_DEPTH, 2 * BENCODE_DEPTH, &value), 0);
    assert_int_equal(bencode_parse(text + depth - BENCODE_DEPTH - 1, 2 * BENCODE_DEPTH + 2, &value),
                     EBADMSG);
    free(text);
}

static void bencode_find__keys_in_any_order__first_counts(void **state)
{
    (void)state;
    struct bencode dictionary, value;
    assert_int_equal(parse("d1:zi1e1:ali2ei3ee1:zi4ee", &dictionary), 0);
    assert_true(bencode_integer(&dictionary, "z", -1) == 1);
    assert_true(bencode_integer(&dictionary, "a", -1) == -1);
    assert_true(bencode_find_kind(&dictionary, "a", BENCODE_LIST, &value));
    struct bencode item;
    assert_true(bencode_next(&value, &item));
    assert_true(item.integer == 2);
    assert_true(bencode_next(&value, &item));
    assert_true(item.integer == 3);
    assert_false(bencode_next(&value, &item));
    assert_false(bencode_find(&dictionary, "b", &value));
    assert_int_equal(value.kind, BENCODE_NONE);
    assert_false(bencode_find(&item, "b", &value));
}

static void bencode_put__all_kinds__are_read_again(void **state)
{
    (void)state;
    struct buffer text = {0};
    struct bencode dictionary, value;
    bencode_put_raw(&text, "d");
    bencode_put_string(&text, "number");
    bencode_put_integer(&text, INT64_MIN);
    bencode_put_string(&text, "bytes");
    bencode_put_bytes(&text, "\0e", 2);
    bencode_put_raw(&text, "e");
    assert_false(text.failed);
    assert_int_equal(bencode_parse(text.data, text.used, &dictionary), 0);
    assert_int_equal(dictionary.raw_length, text.used);
    assert_true(bencode_integer(&dictionary, "number", 0) == INT64_MIN);
    assert_true(bencode_find_kind(&dictionary, "bytes", BENCODE_STRING, &value));
    assert_memory_equal(value.text, "\0e", 2);
    buffer_free(&text);
}

static void buffer_take__in_parts__empty_begins_anew(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    size_t size;
    buffer_add_u32(&buffer, 0x01020304);
    buffer_add(&buffer, "abc", 3);
    buffer_take(&buffer, 4);
    assert_memory_equal(buffer_rest(&buffer, &size), "abc", 3);
    assert_int_equal(size, 3);
    buffer_take(&buffer, 3);
    assert_int_equal(buffer_left(&buffer), 0);
    assert_int_equal(buffer.used, 0);
    assert_non_null(buffer_extend(&buffer, 100000));
    buffer_take(&buffer, 100000);
    assert_int_equal(buffer.room, 0); /* what is more than a page goes */
    assert_null(buffer_extend(&buffer, SIZE_MAX / 2));
    assert_true(buffer.failed);
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bencode_parse__scalars__are_read),
        cmocka_unit_test(bencode_parse__malformed__is_refused),
        cmocka_unit_test(bencode_parse__deep__is_bounded),
        cmocka_unit_test(bencode_find__keys_in_any_order__first_counts),
        cmocka_unit_test(bencode_put__all_kinds__are_read_again),
        cmocka_unit_test(buffer_take__in_parts__empty_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
