/* Exchanges over a real pair of sockets: requests in pieces and in bunches, limits, responses. */
#include "exchange.h"

#include "http_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    int ours, theirs;
    struct exchange exchange;
    char *buffer;
};

static struct pair *open_pair(uint64_t max_header, uint64_t max_body)
{
    int sockets[2];
    struct pair *pair = calloc(1, sizeof *pair);
    http_limits.max_header = max_header;
    http_limits.max_body = max_body;
    assert_non_null(pair);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    pair->ours = sockets[0];
    pair->theirs = sockets[1];
    pair->buffer = malloc(exchange_buffer_size());
    assert_non_null(pair->buffer);
    exchange_begin(&pair->exchange, pair->buffer, true);
    return pair;
}

static void close_pair(struct pair *pair)
{
    close(pair->ours);
    close(pair->theirs);
    free(pair->buffer);
    free(pair);
}

static void say(struct pair *pair, const char *text)
{
    assert_int_equal(send(pair->theirs, text, strlen(text), 0), strlen(text));
}

/* Parses and receives in turns, as a server does, until the request is whole or refused. */
static int go_on(struct pair *pair)
{
    for (int turns = 0; turns < 1000; turns++) {
        int error = exchange_parse(&pair->exchange);
        if (error != 0 || pair->exchange.request.stage == HTTP_WHOLE)
            return error;
        size_t before = pair->exchange.length;
        error = exchange_receive(&pair->exchange, &(struct stream){.socket = pair->ours});
        if (error != 0)
            return error;
        if (pair->exchange.length == before)
            return EAGAIN;
    }
    return ELOOP;
}

static void exchange_parse__byte_by_byte__whole_at_the_last(void **state)
{
    (void)state;
    const char text[] = "\r\n\r\nPOST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3\r\nabc\r\n0\r\n\r\n";
    struct pair *pair = open_pair(200, 10);
    for (size_t i = 0; i < strlen(text); i++) {
        char byte[2] = {text[i], '\0'};
        assert_int_equal(go_on(pair), EAGAIN);
        say(pair, byte);
    }
    assert_int_equal(go_on(pair), 0);
    assert_true(http_text_is(pair->exchange.request.target, "/p"));
    assert_false(exchange_next(&pair->exchange, false));
    close_pair(pair);
}

static void exchange_next__pipelined_requests__each_in_turn(void **state)
{
    (void)state;
    struct pair *pair = open_pair(60, 10);
    say(pair, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
              "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
              "\r\nGET /3 HTTP/1.1\r\nHost: h\r\n\r\nGET /4 HT");
    const char *const targets[] = {"/1", "/2", "/3"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(go_on(pair), 0);
        assert_true(http_text_is(pair->exchange.request.target, targets[i]));
        assert_true(exchange_next(&pair->exchange, false));
    }
    assert_int_equal(go_on(pair), EAGAIN);
    say(pair, "TP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(go_on(pair), 0);
    assert_true(http_text_is(pair->exchange.request.target, "/4"));
    assert_false(exchange_next(&pair->exchange, false));
    close_pair(pair);
}

static void exchange_parse__head_at_and_above_the_limit__the_error_says_what(void **state)
{
    (void)state;
    const char head[] = "GET / HTTP/1.1\r\nHost: h\r\nX: 0123456789012345678901234567890\r\n\r\n";
    struct pair *pair = open_pair(strlen(head), 0);
    say(pair, head);
    assert_int_equal(go_on(pair), 0);
    close_pair(pair);

    pair = open_pair(strlen(head) - 1, 0);
    say(pair, head);
    assert_int_equal(go_on(pair), EMSGSIZE);
    close_pair(pair);

    pair = open_pair(64, 0);
    say(pair, "GET /0123456789012345678901234567890123456789012345678901234567890123456789");
    assert_int_equal(go_on(pair), ENAMETOOLONG);
    close_pair(pair);
}

static void exchange_parse__body_above_the_limit__refused_before_it_comes(void **state)
{
    (void)state;
    struct pair *pair = open_pair(200, 10);
    say(pair, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
    assert_int_equal(go_on(pair), E2BIG);
    close_pair(pair);
}

static void exchange_parse__large_body__needs_no_large_buffer(void **state)
{
    (void)state;
    enum { SIZE = 50000 };
    struct pair *pair = open_pair(64, SIZE);
    char *body = calloc(1, SIZE + 1);
    memset(body, 'x', SIZE);
    say(pair, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n");
    say(pair, body);
    say(pair, "GET /");
    assert_int_equal(go_on(pair), 0);
    assert_true(exchange_next(&pair->exchange, false));
    free(body);
    close_pair(pair);
}

/* RFC 9110, section 9.3.2: also where the rest of it is wrong. */
static void exchange_is_head__method__whatever_follows(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool is_head;
    } cases[] = {
        {"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", true},
        {"\r\nHEAD / HTTP/1.1\nHost: h\n\n", true},
        {"HEAD / HTTP/9.9\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", false},
        {"HEADS / HTTP/1.1\r\n\r\n", false},
        {"HEA", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pair *pair = open_pair(1000, 1000);
        say(pair, cases[i].text);
        go_on(pair);
        assert_int_equal(exchange_is_head(&pair->exchange), cases[i].is_head);
        close_pair(pair);
    }
}

static void exchange_parse__body_announced_but_held_back__answered_at_once(void **state)
{
    (void)state;
    struct pair *pair = open_pair(200, 10);
    say(pair, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assert_int_equal(go_on(pair), 0);
    assert_false(pair->exchange.request.keep_alive);
    close_pair(pair);
}

static void exchange_receive__client_gone__says_so(void **state)
{
    (void)state;
    struct pair *pair = open_pair(200, 10);
    say(pair, "GET /");
    assert_int_equal(shutdown(pair->theirs, SHUT_WR), 0);
    assert_int_equal(go_on(pair), ECONNRESET);
    close_pair(pair);
}

/* ---- responses ------------------------------------------------------------------------------- */

static size_t hear(struct pair *pair, char *to, size_t room)
{
    ssize_t got = recv(pair->theirs, to, room, MSG_DONTWAIT);
    return got > 0 ? (size_t)got : 0;
}

static void response_send__slow_reader__nothing_lost_or_twice(void **state)
{
    (void)state;
    enum { SIZE = 1000000 };
    struct pair *pair = open_pair(200, 10);
    struct response *response = &pair->exchange.response;
    unsigned char *body = malloc(SIZE);
    char *heard = malloc(SIZE + 1000);
    for (size_t i = 0; i < SIZE; i++)
        body[i] = (unsigned char)(i * 7 + i / 251);
    response_begin(response, 200, 1, true);
    response_end(response);
    response_body(response, body, SIZE);
    size_t length = 0, sends = 0;
    while (!response_sent(response)) {
        assert_int_equal(response_send(response, &(struct stream){.socket = pair->ours}), 0);
        length += hear(pair, heard + length, 30011);
        sends++;
    }
    assert_true(sends > 1);
    for (size_t got; (got = hear(pair, heard + length, 30011)) > 0;)
        length += got;
    assert_int_equal(length, response->length);
    assert_memory_equal(heard, response->head, response->head_length);
    assert_memory_equal(heard + response->head_length, body, SIZE);
    free(body);
    free(heard);
    close_pair(pair);
}

/* As a response with several ranges. */
static void response_send__memory_and_pieces_of_a_file__in_their_order(void **state)
{
    (void)state;
    enum { SIZE = 300000 };
    struct pair *pair = open_pair(200, 10);
    struct response *response = &pair->exchange.response;
    struct stream stream = {.socket = pair->ours};
    char *heard = malloc(2 * SIZE), *expected = malloc(2 * SIZE);
    FILE *file = tmpfile();
    for (int i = 0; i < SIZE; i++)
        putc((i * 7 + i / 251) & 0xff, file);
    fflush(file);
    const struct response_part parts[] = {
        {.memory = "<", .length = 1},
        {.file = fileno(file), .offset = 5, .length = SIZE - 5},
        {.memory = "-", .length = 1},
        {.memory = "+", .length = 1},
        {.file = fileno(file), .offset = 0, .length = 7},
        {.memory = ">", .length = 1},
    };
    response_begin(response, 206, 1, true);
    response_end(response);
    response_parts(response, parts, sizeof parts / sizeof parts[0]);

    size_t length = 0;
    while (!response_sent(response)) {
        assert_int_equal(response_send(response, &stream), 0);
        length += hear(pair, heard + length, 30011);
    }
    for (size_t got; (got = hear(pair, heard + length, 30011)) > 0;)
        length += got;
    char *at = expected;
    memcpy(at, response->head, response->head_length);
    at += response->head_length;
    *at++ = '<';
    assert_int_equal(pread(fileno(file), at, SIZE - 5, 5), SIZE - 5);
    memcpy(at + SIZE - 5, "-+", 2);
    assert_int_equal(pread(fileno(file), at + SIZE - 3, 7, 0), 7);
    at[SIZE + 4] = '>';
    assert_int_equal(length, response->length);
    assert_memory_equal(heard, expected, length);
    assert_int_equal(response_body_sent(response), SIZE + 6);
    fclose(file);
    free(heard);
    free(expected);
    close_pair(pair);
}

static void response_send__file_shorter_than_announced__is_an_error(void **state)
{
    (void)state;
    struct pair *pair = open_pair(200, 10);
    struct response *response = &pair->exchange.response;
    struct stream stream = {.socket = pair->ours};
    FILE *file = tmpfile();
    response_begin(response, 200, 1, true);
    response_end(response);
    response_file(response, fileno(file), 0, 10);
    assert_int_equal(response_send(response, &stream), EIO);
    fclose(file);
    close_pair(pair);
}

static void response_send__client_gone__is_an_error(void **state)
{
    (void)state;
    struct pair *pair = open_pair(200, 10);
    close(pair->theirs);
    response_begin(&pair->exchange.response, 200, 1, true);
    response_end(&pair->exchange.response);
    response_body(&pair->exchange.response, "x", 1);
    assert_int_equal(
        response_send(&pair->exchange.response, &(struct stream){.socket = pair->ours}), EPIPE);
    pair->theirs = dup(pair->ours);
    close_pair(pair);
}

static void response_message__every_case__fits_and_is_framed(void **state)
{
    (void)state;
    for (int error = 1; error < 200; error++) {
        const struct response_case *answer = response_case(error);
        if (answer == NULL)
            continue;
        for (int head_only = 0; head_only < 2; head_only++) {
            struct pair *pair = open_pair(200, 10);
            struct response *response = &pair->exchange.response;
            char heard[2000];
            response_message(response, answer, 1, true, head_only, "Allow: GET\r\n");
            assert_int_equal(response_send(response, &(struct stream){.socket = pair->ours}), 0);
            size_t length = hear(pair, heard, sizeof heard - 1);
            heard[length] = '\0';

            unsigned status, declared;
            assert_int_equal(sscanf(heard, "HTTP/1.1 %u ", &status), 1);
            assert_int_equal(status, answer->status);
            assert_string_not_equal(response_reason(status), "Unknown");
            const char *field = strstr(heard, "Content-Length: ");
            assert_non_null(field);
            assert_int_equal(sscanf(field, "Content-Length: %u\r\n", &declared), 1);
            const char *body = strstr(heard, "\r\n\r\n");
            assert_non_null(body);
            assert_int_equal(strlen(body + 4), head_only ? 0 : declared);
            assert_true(declared > 0);
            assert_int_equal(strstr(heard, "Connection: close\r\n") != NULL, answer->closes);
            assert_non_null(strstr(heard, "\r\nAllow: GET\r\n"));
            assert_int_equal(strstr(heard, "Retry-After: ") != NULL, status == 503);
            close_pair(pair);
        }
    }
    assert_null(response_case(EPIPE));
    assert_null(response_case(ECONNRESET));
    assert_null(response_case(EPROTO));
    assert_int_equal(response_case(EDOM)->status, 500);
}

static void response_date__the_example_of_the_standard__as_there(void **state)
{
    (void)state;
    char date[RESPONSE_DATE_SIZE];
    response_date(784111777, date);
    assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    response_date(INT64_MAX, date);
    assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchange_parse__byte_by_byte__whole_at_the_last),
        cmocka_unit_test(exchange_next__pipelined_requests__each_in_turn),
        cmocka_unit_test(exchange_parse__head_at_and_above_the_limit__the_error_says_what),
        cmocka_unit_test(exchange_parse__body_above_the_limit__refused_before_it_comes),
        cmocka_unit_test(exchange_parse__large_body__needs_no_large_buffer),
        cmocka_unit_test(exchange_is_head__method__whatever_follows),
        cmocka_unit_test(exchange_parse__body_announced_but_held_back__answered_at_once),
        cmocka_unit_test(exchange_receive__client_gone__says_so),
        cmocka_unit_test(response_send__slow_reader__nothing_lost_or_twice),
        cmocka_unit_test(response_send__memory_and_pieces_of_a_file__in_their_order),
        cmocka_unit_test(response_send__file_shorter_than_announced__is_an_error),
        cmocka_unit_test(response_send__client_gone__is_an_error),
        cmocka_unit_test(response_message__every_case__fits_and_is_framed),
        cmocka_unit_test(response_date__the_example_of_the_standard__as_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
