/* Responses: where they end, however they are cut, and which are refused. */
#include "http_response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Reads a response in pieces of `step` bytes, each in memory of its own, so that a sanitizer sees
 * whoever reads beyond. Returns the error, and how much of the text was its. */
static int read_in_pieces(struct http_response *response, const char *text, size_t length,
                          size_t step, bool head, size_t *used)
{
    int error = 0;
    *used = 0;
    *response = (struct http_response){0};
    http_response_begin(response, head);
    while (*used < length && error == 0 && !response->whole) {
        size_t piece = length - *used < step ? length - *used : step, here;
        char *copy = malloc(piece);
        assert_non_null(copy);
        memcpy(copy, text + *used, piece);
        error = http_response_take(response, copy, piece, &here);
        assert_true(here <= piece && (here == piece || response->whole || error != 0));
        *used += here;
        free(copy);
    }
    return error;
}

#define OK "HTTP/1.1 200 OK\r\n"

static void http_response_take__framing__where_it_ends(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned status;
        unsigned body;
        bool keep_alive, head;
        const char *behind; /* bytes that are not its own */
    } cases[] = {
        {OK "Content-Length: 5\r\n\r\n12345", 200, 5, true, false, ""},
        {OK "content-length:\t0 \r\n\r\n", 200, 0, true, false, ""},
        {OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", 200, 2, true, false, ""},
        {OK "Content-Length: 2\r\n\r\nabHTTP/1.1", 200, 2, true, false, "HTTP/1.1"},
        {OK "Content-Length: 5\r\n\r\n", 200, 0, true, true, ""},
        {OK "\r\n", 200, 0, true, true, ""},
        {"HTTP/1.1 204 No Content\r\n\r\n", 204, 0, true, false, ""},
        {"HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n", 304, 0, true, false, ""},
        {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, 0, true, false, ""},
        {OK "Connection: close\r\nContent-Length: 1\r\n\r\nx", 200, 1, false, false, ""},
        {OK "Connection: x, CLOSE\r\nContent-Length: 1\r\n\r\nx", 200, 1, false, false, ""},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, 1, false, false, ""},
        {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", 200, 1, true,
         false, ""},
        {OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", 200,
         13, true, false, ""},
        {OK "Transfer-Encoding: gzip, Chunked\r\n\r\n1\r\na\r\n0\r\nT: 1\r\n\r\nmore", 200, 1, true,
         false, "more"},
        {OK "Transfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n0\r\n\r\n", 200, 0, false,
         false, ""},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" OK
         "Content-Length: 1\r\n\r\nx",
         200, 1, true, false, ""},
        {"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", 503, 0, true, false,
         ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = strlen(cases[i].text), behind = strlen(cases[i].behind);
        for (size_t step = 1; step <= length; step++) {
            struct http_response response;
            size_t used;
            int error =
                read_in_pieces(&response, cases[i].text, length, step, cases[i].head, &used);
            if (error != 0 || !response.whole || used != length - behind)
                print_error("case %zu, in pieces of %zu: error %d, %zu used\n", i, step, error,
                            used);
            assert_int_equal(error, 0);
            assert_true(response.whole);
            assert_int_equal(used, length - behind);
            assert_int_equal(response.status, cases[i].status);
            assert_int_equal(response.body, cases[i].body);
            assert_int_equal(response.keep_alive, cases[i].keep_alive);
            assert_false(response.until_close);
            assert_null(response.head);
        }
    }
}

static void http_response_ended__by_the_connection__whole_or_short(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool whole;
    } cases[] = {
        {OK "\r\nto the end", true},
        {OK "\r\n", true},
        {OK "Transfer-Encoding: gzip\r\n\r\nto the end", true},
        {OK "Content-Length: 3\r\n\r\nab", false},
        {OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", false},
        {OK "X: y\r\n", false},
        {"HTTP/1.1 100 Continue\r\n\r\n", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_response response;
        size_t used, length = strlen(cases[i].text);
        assert_int_equal(read_in_pieces(&response, cases[i].text, length, 5, false, &used), 0);
        assert_false(response.whole);
        assert_int_equal(response.begun, length > 0);
        assert_int_equal(http_response_ended(&response), cases[i].whole);
        assert_int_equal(response.whole, cases[i].whole);
        if (cases[i].whole)
            assert_false(response.keep_alive);
        http_response_drop(&response);
    }
}

static void http_response_take__nonsense__refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "SSH-2.0",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        OK "no colon\r\n\r\n",
        OK ": no name\r\n\r\n",
        OK "bare: line\nend: 1\r\n\r\n",
        OK "Content-Length: \r\n\r\n",
        OK "Content-Length: -1\r\n\r\n",
        OK "Content-Length: 1, 1\r\n\r\n",
        OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        OK "Content-Length: 99999999999999999999\r\n\r\n",
        OK "Transfer-Encoding: chunked, gzip\r\n\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\nx\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        OK "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = strlen(cases[i]);
        for (size_t step = 1; step <= length; step += 3) {
            struct http_response response;
            size_t used;
            int error = read_in_pieces(&response, cases[i], length, step, false, &used);
            if (error == 0)
                print_error("case %zu, in pieces of %zu, is taken\n", i, step);
            assert_true(error == EBADMSG || error == E2BIG);
            http_response_drop(&response);
        }
    }
}

static void http_response_take__endless_head__refused(void **state)
{
    (void)state;
    static char head[2 * HTTP_RESPONSE_HEAD];
    static const char field[] = "Name: value\r\n", last[] = "Content-Length: 0\r\n\r\n";
    size_t length = sizeof OK - 1;
    memcpy(head, OK, length);
    while (length + sizeof field < HTTP_RESPONSE_HEAD - sizeof last) {
        memcpy(head + length, field, sizeof field - 1);
        length += sizeof field - 1;
    }
    struct http_response response;
    size_t used;
    memcpy(head + length, last, sizeof last - 1);
    assert_int_equal(read_in_pieces(&response, head, length + sizeof last - 1, 4000, false, &used),
                     0);
    assert_true(response.whole);
    while (length + sizeof field < sizeof head) {
        memcpy(head + length, field, sizeof field - 1);
        length += sizeof field - 1;
    }
    assert_int_equal(read_in_pieces(&response, head, length, 4000, false, &used), E2BIG);
    assert_true(used <= HTTP_RESPONSE_HEAD);
    http_response_drop(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_response_take__framing__where_it_ends),
        cmocka_unit_test(http_response_ended__by_the_connection__whole_or_short),
        cmocka_unit_test(http_response_take__nonsense__refused),
        cmocka_unit_test(http_response_take__endless_head__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
