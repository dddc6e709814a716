/* Preconditions (RFC 9110, section 13): what they say, and which of them is asked first. */
#include "conditions.h"
#include "http_etag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#define ETAG "\"v\""
/* When it was modified, a second before that, and a second after. */
#define MODIFIED INT64_C(784111777)
#define BEFORE   "Sun, 06 Nov 1994 08:49:36 GMT"
#define THEN     "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER    "Sun, 06 Nov 1994 08:49:38 GMT"

enum { PROCEED = CONDITION_PROCEED, UNCHANGED = CONDITION_NOT_MODIFIED, FAILED = CONDITION_FAILED };

struct condition_case {
    const char *fields;
    int get, put; /* what is to come of it for a safe method, and for another */
};

static int check(const char *fields, bool safe, const char *etag, int64_t modified)
{
    char head[1000];
    struct http_request request = {0};
    size_t end;
    int length = snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", fields);
    assert_int_equal(http_head_parse(&request, head, (size_t)length, &end), 0);
    return (int)conditions_check(&request, safe, etag, modified);
}

static void check_all(const struct condition_case *cases, size_t count, const char *etag,
                      int64_t modified)
{
    for (size_t i = 0; i < count; i++) {
        int get = check(cases[i].fields, true, etag, modified);
        int put = check(cases[i].fields, false, etag, modified);
        if (get != cases[i].get || put != cases[i].put)
            print_error("%d and %d for %s\n", get, put, cases[i].fields);
        assert_int_equal(get, cases[i].get);
        assert_int_equal(put, cases[i].put);
    }
}

#define CHECK_ALL(cases, etag, modified)                                                           \
    check_all(cases, sizeof cases / sizeof cases[0], etag, modified)

static void conditions_check__no_condition__proceeds(void **state)
{
    (void)state;
    const struct condition_case cases[] = {
        {"", PROCEED, PROCEED},
        {"If-Range: \"other\"\r\nRange: bytes=0-\r\n", PROCEED, PROCEED},
    };
    CHECK_ALL(cases, ETAG, MODIFIED);
    CHECK_ALL(cases, "", -1);
}

static void conditions_check__rfc9110_13_1_1_if_match__strongly(void **state)
{
    (void)state;
    const struct condition_case cases[] = {
        {"If-Match: " ETAG "\r\n", PROCEED, PROCEED},
        {"If-Match: \"a\" ,\t" ETAG ",\"b\"\r\n", PROCEED, PROCEED},
        {"If-Match: *\r\n", PROCEED, PROCEED},
        {"If-Match: \"a\"\r\n", FAILED, FAILED},
        {"If-Match: W/" ETAG "\r\n", FAILED, FAILED},
        {"If-Match:\r\n", FAILED, FAILED},
        {"If-Match: v\r\n", FAILED, FAILED},
        {"If-Match: \"V\"\r\n", FAILED, FAILED},
    };
    CHECK_ALL(cases, ETAG, MODIFIED);
    const struct condition_case weak[] = {
        {"If-Match: W/" ETAG "\r\n", FAILED, FAILED},
        {"If-Match: " ETAG "\r\n", FAILED, FAILED},
        {"If-Match: *\r\n", PROCEED, PROCEED},
    };
    CHECK_ALL(weak, "W/" ETAG, MODIFIED);
    const struct condition_case none[] = {
        {"If-Match: \"\"\r\n", FAILED, FAILED},
        {"If-Match: *\r\n", PROCEED, PROCEED},
    };
    CHECK_ALL(none, "", MODIFIED);
}

static void conditions_check__rfc9110_13_1_2_if_none_match__weakly(void **state)
{
    (void)state;
    const struct condition_case cases[] = {
        {"If-None-Match: " ETAG "\r\n", UNCHANGED, FAILED},
        {"If-None-Match: W/" ETAG "\r\n", UNCHANGED, FAILED},
        {"If-None-Match: \"a\", W/\"b\",W/" ETAG "\r\n", UNCHANGED, FAILED},
        {"If-None-Match: *\r\n", UNCHANGED, FAILED},
        {"If-None-Match: \"a\"\r\n", PROCEED, PROCEED},
        {"If-None-Match: w/" ETAG "\r\n", PROCEED, PROCEED},
        {"If-None-Match: v\r\n", PROCEED, PROCEED},
        {"If-None-Match:\r\n", PROCEED, PROCEED},
    };
    CHECK_ALL(cases, ETAG, MODIFIED);
    const struct condition_case weak[] = {
        {"If-None-Match: " ETAG "\r\n", UNCHANGED, FAILED},
        {"If-None-Match: W/" ETAG "\r\n", UNCHANGED, FAILED},
    };
    CHECK_ALL(weak, "W/" ETAG, MODIFIED);
    const struct condition_case none[] = {
        {"If-None-Match: \"\"\r\n", PROCEED, PROCEED},
        {"If-None-Match: *\r\n", UNCHANGED, FAILED},
    };
    CHECK_ALL(none, "", MODIFIED);
}

/* RFC 9110, section 5.6.1.2, and a quoted comma (section 8.8.3). */
static void conditions_check__rfc9110_8_8_3_lists__by_the_grammar(void **state)
{
    (void)state;
    const struct condition_case cases[] = {
        {"If-None-Match: \"v,w\"\r\n", UNCHANGED, FAILED},
        {"If-None-Match: \"x\", \"v,w\"\r\n", UNCHANGED, FAILED},
        {"If-None-Match: , ,\"v,w\", ,\r\n", UNCHANGED, FAILED},
        {"If-None-Match: \"\xc3\xa4\", \"v,w\"\r\n", UNCHANGED, FAILED},
        {"If-None-Match: \"v\r\n", PROCEED, PROCEED},
        {"If-None-Match: \"v,w\r\n", PROCEED, PROCEED},
        {"If-None-Match: v,w\"\r\n", PROCEED, PROCEED},
        {"If-None-Match: \"v,w\" \"x\"\r\n", PROCEED, PROCEED},
        {"If-None-Match: \"v,w\"x\r\n", PROCEED, PROCEED},
        {"If-None-Match: \"v,w\", x\r\n", PROCEED, PROCEED},
        {"If-None-Match: x, \"v,w\"\r\n", PROCEED, PROCEED},
        {"If-None-Match: \"a b\", \"v,w\"\r\n", PROCEED, PROCEED},
        {"If-None-Match: W/ \"v,w\"\r\n", PROCEED, PROCEED},
        {"If-None-Match: W/\r\n", PROCEED, PROCEED},
        {"If-None-Match: W\r\n", PROCEED, PROCEED},
        {"If-None-Match: \"\r\n", PROCEED, PROCEED},
        {"If-None-Match: **\r\n", PROCEED, PROCEED},
        {"If-None-Match: \"v,w\", *\r\n", PROCEED, PROCEED},
        {"If-None-Match: \"*\"\r\n", PROCEED, PROCEED},
        {"If-Match: \"v,w\", x\r\n", FAILED, FAILED},
        {"If-Match: *, \"x\"\r\n", FAILED, FAILED},
    };
    CHECK_ALL(cases, "\"v,w\"", MODIFIED);
}

static void conditions_check__rfc9110_5_3_repeated_lists__all_of_them(void **state)
{
    (void)state;
    const struct condition_case cases[] = {
        {"If-None-Match: \"a\"\r\nX: y\r\nIf-None-Match: " ETAG "\r\n", UNCHANGED, FAILED},
        {"If-None-Match: " ETAG "\r\nIf-None-Match: \"a\"\r\n", UNCHANGED, FAILED},
        {"If-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n", PROCEED, PROCEED},
        {"If-None-Match: *\r\nIf-None-Match: " ETAG "\r\n", PROCEED, PROCEED},
        {"If-None-Match: " ETAG "\r\nIf-None-Match: x\r\n", PROCEED, PROCEED},
        {"If-Match: \"a\"\r\nIf-Match: " ETAG "\r\n", PROCEED, PROCEED},
        {"If-Match: \"a\"\r\nif-match: \"b\"\r\n", FAILED, FAILED},
    };
    CHECK_ALL(cases, ETAG, MODIFIED);
}

static void conditions_check__rfc9110_13_1_3_if_modified_since__for_get_and_head(void **state)
{
    (void)state;
    const struct condition_case cases[] = {
        {"If-Modified-Since: " BEFORE "\r\n", PROCEED, PROCEED},
        {"If-Modified-Since: " THEN "\r\n", UNCHANGED, PROCEED},
        {"If-Modified-Since: " AFTER "\r\n", UNCHANGED, PROCEED},
        {"If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", UNCHANGED, PROCEED},
        {"If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", UNCHANGED, PROCEED},
        {"If-Modified-Since: Sun, 06 Nov 1994\r\n", PROCEED, PROCEED},
        {"If-Modified-Since:\r\n", PROCEED, PROCEED},
        {"If-Modified-Since: " THEN ", " THEN "\r\n", PROCEED, PROCEED},
        {"If-Modified-Since: " THEN "\r\nIf-Modified-Since: " THEN "\r\n", PROCEED, PROCEED},
    };
    CHECK_ALL(cases, ETAG, MODIFIED);
    const struct condition_case undated[] = {
        {"If-Modified-Since: " AFTER "\r\n", PROCEED, PROCEED},
    };
    CHECK_ALL(undated, ETAG, -1);
}

static void conditions_check__rfc9110_13_1_4_if_unmodified_since__for_all(void **state)
{
    (void)state;
    const struct condition_case cases[] = {
        {"If-Unmodified-Since: " BEFORE "\r\n", FAILED, FAILED},
        {"If-Unmodified-Since: " THEN "\r\n", PROCEED, PROCEED},
        {"If-Unmodified-Since: " AFTER "\r\n", PROCEED, PROCEED},
        {"If-Unmodified-Since: yesterday\r\n", PROCEED, PROCEED},
        {"If-Unmodified-Since: " BEFORE "\r\nIf-Unmodified-Since: " BEFORE "\r\n", PROCEED,
         PROCEED},
    };
    CHECK_ALL(cases, ETAG, MODIFIED);
    const struct condition_case undated[] = {
        {"If-Unmodified-Since: " BEFORE "\r\n", PROCEED, PROCEED},
    };
    CHECK_ALL(undated, ETAG, -1);
}

/* RFC 9110, section 13.2.2: If-Match, or else If-Unmodified-Since; then If-None-Match, or else
 * If-Modified-Since. */
static void conditions_check__rfc9110_13_2_2_several__in_their_order(void **state)
{
    (void)state;
    const struct condition_case cases[] = {
        /* If-Unmodified-Since does not count beside If-Match. */
        {"If-Unmodified-Since: " BEFORE "\r\nIf-Match: " ETAG "\r\n", PROCEED, PROCEED},
        {"If-Unmodified-Since: " AFTER "\r\nIf-Match: \"a\"\r\n", FAILED, FAILED},
        /* If-Modified-Since does not count beside If-None-Match. */
        {"If-Modified-Since: " AFTER "\r\nIf-None-Match: \"a\"\r\n", PROCEED, PROCEED},
        {"If-Modified-Since: " AFTER "\r\nIf-None-Match: x\r\n", PROCEED, PROCEED},
        {"If-Modified-Since: " BEFORE "\r\nIf-None-Match: " ETAG "\r\n", UNCHANGED, FAILED},
        /* The first pair is asked before the second one. */
        {"If-None-Match: " ETAG "\r\nIf-Match: \"a\"\r\n", FAILED, FAILED},
        {"If-None-Match: " ETAG "\r\nIf-Match: " ETAG "\r\n", UNCHANGED, FAILED},
        {"If-Modified-Since: " THEN "\r\nIf-Unmodified-Since: " BEFORE "\r\n", FAILED, FAILED},
        {"If-Modified-Since: " THEN "\r\nIf-Unmodified-Since: " THEN "\r\n", UNCHANGED, PROCEED},
        {"If-None-Match: " ETAG "\r\nIf-Unmodified-Since: " THEN "\r\n", UNCHANGED, FAILED},
        {"If-Match: *\r\nIf-Modified-Since: " THEN "\r\n", UNCHANGED, PROCEED},
    };
    CHECK_ALL(cases, ETAG, MODIFIED);
}

/* The table of RFC 9110, section 8.8.3.2. */
static void http_etag_matches__rfc9110_8_8_3_2_pairs__strong_and_weak(void **state)
{
    (void)state;
    const struct {
        const char *one, *other;
        bool strong, weak;
    } cases[] = {
        {"W/\"1\"", "W/\"1\"", false, true},
        {"W/\"1\"", "W/\"2\"", false, false},
        {"W/\"1\"", "\"1\"", false, true},
        {"\"1\"", "\"1\"", true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_text one = {cases[i].one, strlen(cases[i].one)};
        struct http_text other = {cases[i].other, strlen(cases[i].other)};
        assert_int_equal(http_etag_matches(one, cases[i].other, true), cases[i].strong);
        assert_int_equal(http_etag_matches(other, cases[i].one, true), cases[i].strong);
        assert_int_equal(http_etag_matches(one, cases[i].other, false), cases[i].weak);
        assert_int_equal(http_etag_matches(other, cases[i].one, false), cases[i].weak);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_check__no_condition__proceeds),
        cmocka_unit_test(conditions_check__rfc9110_13_1_1_if_match__strongly),
        cmocka_unit_test(conditions_check__rfc9110_13_1_2_if_none_match__weakly),
        cmocka_unit_test(conditions_check__rfc9110_8_8_3_lists__by_the_grammar),
        cmocka_unit_test(conditions_check__rfc9110_5_3_repeated_lists__all_of_them),
        cmocka_unit_test(conditions_check__rfc9110_13_1_3_if_modified_since__for_get_and_head),
        cmocka_unit_test(conditions_check__rfc9110_13_1_4_if_unmodified_since__for_all),
        cmocka_unit_test(conditions_check__rfc9110_13_2_2_several__in_their_order),
        cmocka_unit_test(http_etag_matches__rfc9110_8_8_3_2_pairs__strong_and_weak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
