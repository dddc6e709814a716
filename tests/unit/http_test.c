/* Requests: what is accepted, and above all what is not. */
#include "http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOST "Host: h\r\n"

/* Parses a whole head out of a block of exactly its size, so that a checker sees a read beyond. */
static int parse(const char *head, struct http_request *request)
{
    size_t length = strlen(head), scanned = 0, end;
    char *copy = malloc(length);
    assert_non_null(copy);
    memcpy(copy, head, length);
    int error = http_head_end(copy, length, &scanned, &end);
    if (error == 0) {
        assert_int_equal(end, length);
        error = http_head_parse(request, copy, length);
    }
    free(copy);
    return error;
}

/* ---- heads ----------------------------------------------------------------------------------- */

static void http_head_end__bytes_one_by_one__finds_it_once(void **state)
{
    (void)state;
    const char text[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n GET /next";
    const size_t head = strlen("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    size_t scanned = 0, end = 0, length = 0;
    assert_int_equal(http_head_end(text, strlen(text), &scanned, &end), 0);
    assert_int_equal(end, head);
    end = 0;
    while (end == 0 && length < strlen(text))
        assert_int_equal(http_head_end(text, ++length, &scanned, &end), 0);
    assert_int_equal(length, head);
    assert_int_equal(end, head);
}

static void http_head_end__line_endings_of_other_kinds__refused(void **state)
{
    (void)state;
    const char *const heads[] = {
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\tfolded\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        size_t scanned = 0, end = 0;
        assert_int_equal(http_head_end(heads[i], strlen(heads[i]), &scanned, &end), EBADMSG);
        /* However it is cut. */
        int error = 0;
        scanned = 0;
        for (size_t length = 1; error == 0 && length <= strlen(heads[i]); length++)
            error = http_head_end(heads[i], length, &scanned, &end);
        assert_int_equal(error, EBADMSG);
    }
    size_t scanned = 0, end;
    assert_int_equal(http_head_end("GET /\0 HTTP", 11, &scanned, &end), EBADMSG);
}

static void http_head_parse__plain_request__all_its_parts(void **state)
{
    (void)state;
    const char head[] = "GET /a.jpg?size=3 HTTP/1.1\r\nHost: example.org:80\r\n"
                        "User-Agent:\tcurl/8 \r\nREFERER: http://r/\r\nX-Other: y\r\n"
                        "If-None-Match: \"e\"\r\n\r\n";
    struct http_request request;
    assert_int_equal(http_head_parse(&request, head, strlen(head)), 0);
    assert_true(http_text_is(request.method, "GET"));
    assert_true(http_text_is(request.target, "/a.jpg?size=3"));
    assert_true(http_text_is(request.line, "GET /a.jpg?size=3 HTTP/1.1"));
    assert_true(http_text_is(request.host, "example.org:80"));
    assert_true(http_text_is(request.user_agent, "curl/8"));
    assert_true(http_text_is(request.referer, "http://r/"));
    assert_true(http_text_is(request.if_none_match, "\"e\""));
    assert_true(request.keep_alive);
    assert_false(request.has_body);
}

static void http_head_parse__connection_field__decides(void **state)
{
    (void)state;
    const struct {
        const char *head;
        bool keep_alive;
    } cases[] = {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", true},
        {"GET / HTTP/1.1\r\nX:\r\nY: \r\n" HOST "Z:\r\n\r\n", true},
        {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n" HOST "Connection: upgrade, CLOSE\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request;
        assert_int_equal(parse(cases[i].head, &request), 0);
        assert_int_equal(request.keep_alive, cases[i].keep_alive);
    }
}

static void http_head_parse__malformed_or_ambiguous__refused(void **state)
{
    (void)state;
    const struct {
        int error;
        const char *head;
    } cases[] = {
        {EBADMSG, "GET  / HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET / HTTP/1.1 \r\n" HOST "\r\n"},
        {EBADMSG, "GET /a b HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET /\x01 HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET /\r\n\r\n"},
        {EBADMSG, "\x16\x03\x01 nonsense\r\n\r\n"},
        {EBADMSG, "GET / http/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET / HTTP/1.10\r\n" HOST "\r\n"},
        {EPROTONOSUPPORT, "GET / HTTP/2.0\r\n" HOST "\r\n"},
        {EPROTONOSUPPORT, "GET / HTTP/0.9\r\n" HOST "\r\n"},
        {ENOSYS, "BREW / HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST "Host: other\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost : h\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST "X y: z\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST ": z\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n"},
        /* Ways to say where a body ends that not everybody reads alike. */
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n"},
        {EBADMSG,
         "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {EBADMSG,
         "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST
                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request;
        int error = parse(cases[i].head, &request);
        if (error != cases[i].error)
            print_error("%d instead of %d for %s", error, cases[i].error, cases[i].head);
        assert_int_equal(error, cases[i].error);
    }
}

static void http_head_parse__coding_other_than_chunked__never_accepted(void **state)
{
    (void)state;
    const char *const codings[] = {"gzip",  "chunked, gzip", "gzip, chunked", "xchunked",
                                   "chunk", "\"chunked\"",   "identity",      "\013chunked"};
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
        char head[200] = "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: ";
        strcat(strcat(head, codings[i]), "\r\n\r\n");
        struct http_request request;
        assert_int_not_equal(parse(head, &request), 0);
    }
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static struct http_request begin(const char *framing, uint64_t max_body, int expected)
{
    char head[200] = "POST / HTTP/1.1\r\n" HOST;
    strcat(strcat(head, framing), "\r\n\r\n");
    struct http_request request;
    assert_int_equal(parse(head, &request), 0);
    assert_int_equal(http_body_begin(&request, max_body), expected);
    return request;
}

/* Passes text on in pieces of `step` bytes. Returns the error; *used: the bytes that were body. */
static int pass_over(struct http_request request, const char *text, size_t step, size_t *used)
{
    size_t length = strlen(text);
    *used = 0;
    while (*used < length && request.stage != HTTP_WHOLE) {
        size_t piece = length - *used < step ? length - *used : step, here;
        int error = http_body_skip(&request, text + *used, piece, &here);
        *used += here;
        if (error != 0)
            return error;
    }
    return request.stage == HTTP_WHOLE ? 0 : EAGAIN;
}

static void http_body_skip__declared_length__stops_there(void **state)
{
    (void)state;
    struct http_request request = begin("Content-Length: 5", 100, 0);
    for (size_t step = 1; step < 12; step++) {
        size_t used;
        assert_int_equal(pass_over(request, "helloGET /", step, &used), 0);
        assert_int_equal(used, 5);
    }
    request = begin("Content-Length: 0", 100, 0);
    assert_int_equal(request.stage, HTTP_WHOLE);
    begin("Content-Length: 101", 100, E2BIG);
    begin("Content-Length: 9999999999999999999", 100, E2BIG);
}

static void http_body_skip__chunks__stops_behind_the_last(void **state)
{
    (void)state;
    const struct http_request request = begin("Transfer-Encoding: Chunked", 100, 0);
    const struct {
        const char *body;
        int error;
    } cases[] = {
        {"0\r\n\r\n", 0},
        {"5\r\nhello\r\n0\r\n\r\n", 0},
        {"00a;name=\"value\"\r\n0123456789\r\n1\r\nx\r\n000\r\n\r\n", 0},
        {"5\r\nhello\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", 0},
        {"5\r\nhello", EAGAIN},
        {"5\r\nhelloX\r\n0\r\n\r\n", EBADMSG},
        {"5\r\nhello\n0\r\n\r\n", EBADMSG},
        {"5\nhello\r\n0\r\n\r\n", EBADMSG},
        {"\r\n0\r\n\r\n", EBADMSG},
        {" 5\r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"5 \r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"-5\r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"0x5\r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"5;a\nb\r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"0\r\nT: x\n\r\n", EBADMSG},
        {"0\r\n\rX", EBADMSG},
        {"65\r\n", E2BIG},
        {"60\r\n................................................................"
         "................................\r\n5\r\n",
         E2BIG},
        {"fffffffffffffffff\r\n", E2BIG},
        {"0000000000000000000000000000005\r\nhello\r\n0\r\n\r\n", E2BIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t step = 1; step < 40; step++) {
            size_t used;
            char text[200];
            strcpy(text, cases[i].body);
            if (cases[i].error == 0)
                strcat(text, "GET /next");
            int error = pass_over(request, text, step, &used);
            if (error != cases[i].error)
                print_error("%d instead of %d for %s", error, cases[i].error, text);
            assert_int_equal(error, cases[i].error);
            if (error == 0)
                assert_int_equal(used, strlen(cases[i].body));
        }
    }
}

static void http_body_skip__endless_extension__ends(void **state)
{
    (void)state;
    struct http_request request = begin("Transfer-Encoding: chunked", 100, 0);
    size_t used;
    int error = http_body_skip(&request, "1;", 2, &used);
    for (size_t i = 0; error == 0 && i < 1000000; i++)
        error = http_body_skip(&request, "x", 1, &used);
    assert_int_equal(error, E2BIG);
}

/* ---- targets --------------------------------------------------------------------------------- */

static struct http_text text_of(const char *string)
{
    return (struct http_text){string, strlen(string)};
}

static void http_target_split__forms__path_and_query(void **state)
{
    (void)state;
    struct http_text path, query;
    assert_int_equal(http_target_split(text_of("/a?b=c?d"), &path, &query), 0);
    assert_true(http_text_is(path, "/a") && http_text_is(query, "b=c?d"));
    assert_int_equal(http_target_split(text_of("/a"), &path, &query), 0);
    assert_true(http_text_is(path, "/a") && query.at == NULL);
    assert_int_equal(http_target_split(text_of("HTTP://h:1/a?b"), &path, &query), 0);
    assert_true(http_text_is(path, "/a") && http_text_is(query, "b"));
    assert_int_equal(http_target_split(text_of("http://h"), &path, &query), 0);
    assert_int_equal(path.length, 0);
    assert_int_equal(http_target_split(text_of("*"), &path, &query), EINVAL);
    assert_int_equal(http_target_split(text_of("h:443"), &path, &query), EINVAL);
}

static void http_target_decode__escapes__resolved_once(void **state)
{
    (void)state;
    char to[8];
    assert_int_equal(http_target_decode(text_of("a%62%2F%25"), to, sizeof to), 0);
    assert_string_equal(to, "ab/%");
    assert_int_equal(http_target_decode(text_of("%2541"), to, sizeof to), 0);
    assert_string_equal(to, "%41");
    assert_int_equal(http_target_decode(text_of("a%00b"), to, sizeof to), EINVAL);
    assert_int_equal(http_target_decode(text_of("a%4"), to, sizeof to), EINVAL);
    assert_int_equal(http_target_decode(text_of("a%"), to, sizeof to), EINVAL);
    assert_int_equal(http_target_decode(text_of("%gg"), to, sizeof to), EINVAL);
    assert_int_equal(http_target_decode(text_of("1234567"), to, sizeof to), 0);
    assert_int_equal(http_target_decode(text_of("12345678"), to, sizeof to), ENAMETOOLONG);
}

static void http_query_next__pairs__in_order(void **state)
{
    (void)state;
    struct http_text query = text_of("a=1&b&=c&"), name, value;
    assert_true(http_query_next(&query, &name, &value));
    assert_true(http_text_is(name, "a") && http_text_is(value, "1"));
    assert_true(http_query_next(&query, &name, &value));
    assert_true(http_text_is(name, "b") && value.at == NULL);
    assert_true(http_query_next(&query, &name, &value));
    assert_true(http_text_is(name, "") && http_text_is(value, "c"));
    assert_true(http_query_next(&query, &name, &value));
    assert_true(http_text_is(name, ""));
    assert_false(http_query_next(&query, &name, &value));
}

static void http_etag_matches__lists__weakly(void **state)
{
    (void)state;
    assert_true(http_etag_matches(text_of("\"a\", W/\"b\" ,\"c\""), "\"b\""));
    assert_true(http_etag_matches(text_of("*"), "\"b\""));
    assert_false(http_etag_matches(text_of("\"a\", \"bb\""), "\"b\""));
    assert_false(http_etag_matches((struct http_text){0}, "\"b\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_head_end__bytes_one_by_one__finds_it_once),
        cmocka_unit_test(http_head_end__line_endings_of_other_kinds__refused),
        cmocka_unit_test(http_head_parse__plain_request__all_its_parts),
        cmocka_unit_test(http_head_parse__connection_field__decides),
        cmocka_unit_test(http_head_parse__malformed_or_ambiguous__refused),
        cmocka_unit_test(http_head_parse__coding_other_than_chunked__never_accepted),
        cmocka_unit_test(http_body_skip__declared_length__stops_there),
        cmocka_unit_test(http_body_skip__chunks__stops_behind_the_last),
        cmocka_unit_test(http_body_skip__endless_extension__ends),
        cmocka_unit_test(http_target_split__forms__path_and_query),
        cmocka_unit_test(http_target_decode__escapes__resolved_once),
        cmocka_unit_test(http_query_next__pairs__in_order),
        cmocka_unit_test(http_etag_matches__lists__weakly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
