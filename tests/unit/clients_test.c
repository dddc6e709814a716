/* Who is connected, and how what they did is logged. */
#include "access_log.h"
#include "clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct peer peer_from(const char *address)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
    if (strchr(address, ':') != NULL) {
        in6->sin6_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, address, &in6->sin6_addr), 1);
    } else {
        in->sin_family = AF_INET;
        assert_int_equal(inet_pton(AF_INET, address, &in->sin_addr), 1);
    }
    return peer_of(&storage);
}

static void clients_enter__one_client_too_often__others_are_free(void **state)
{
    (void)state;
    struct clients *clients = clients_new(2, 0);
    struct peer a = peer_from("192.0.2.1"), b = peer_from("192.0.2.2");
    assert_int_equal(clients_enter(clients, &a), 0);
    assert_int_equal(clients_enter(clients, &a), 0);
    assert_int_equal(clients_enter(clients, &a), EUSERS);
    assert_int_equal(clients_enter(clients, &b), 0);
    clients_leave(clients, &a);
    assert_int_equal(clients_enter(clients, &a), 0);
    clients_leave(clients, &a);
    clients_leave(clients, &a);
    clients_leave(clients, &b);
    clients_free(clients);
}

static void clients_enter__network_of_ipv6__is_one_client(void **state)
{
    (void)state;
    struct clients *clients = clients_new(1, 0);
    struct peer a = peer_from("2001:db8:1:2::1"), same = peer_from("2001:db8:1:2:ffff::9");
    struct peer other = peer_from("2001:db8:1:3::1");
    assert_int_equal(clients_enter(clients, &a), 0);
    assert_int_equal(clients_enter(clients, &same), EUSERS);
    assert_int_equal(clients_enter(clients, &other), 0);
    clients_free(clients);
}

static void clients_enter__all_together__limited_too(void **state)
{
    (void)state;
    struct clients *clients = clients_new(0, 10000);
    for (uint32_t i = 0; i < 10000; i++) {
        struct peer peer = {.family = AF_INET};
        memcpy(peer.address, &i, sizeof i);
        assert_int_equal(clients_enter(clients, &peer), 0);
    }
    struct peer last = peer_from("192.0.2.1");
    assert_int_equal(clients_enter(clients, &last), EUSERS);
    for (uint32_t i = 0; i < 10000; i++) {
        struct peer peer = {.family = AF_INET};
        memcpy(peer.address, &i, sizeof i);
        clients_leave(clients, &peer);
    }
    assert_int_equal(clients_enter(clients, &last), 0);
    clients_leave(clients, &last);
    clients_free(clients);
}

/* ---- the access log -------------------------------------------------------------------------- */

static struct http_text text_of(const char *string)
{
    return (struct http_text){string, strlen(string)};
}

static void access_log_line__both_formats__word_for_word(void **state)
{
    (void)state;
    struct peer peer = peer_from("192.0.2.1");
    struct http_request request = {.line = text_of("GET /a.jpg HTTP/1.1"),
                                   .user_agent = text_of("curl/8")};
    struct access access = {&peer, &request, 200, 2326, 1500000};
    char line[ACCESS_LOG_LINE_SIZE];
    access_log_line(line, &access, false, 971186136);
    assert_string_equal(line, "192.0.2.1 - - [10/Oct/2000:13:55:36 +0000] "
                              "\"GET /a.jpg HTTP/1.1\" 200 2326 \"-\" \"curl/8\"\n");
    access_log_line(line, &access, true, 971186136);
    assert_string_equal(line,
                        "{\"time\":\"2000-10-10T13:55:36Z\",\"client\":\"192.0.2.1\","
                        "\"request\":\"GET /a.jpg HTTP/1.1\",\"status\":200,\"bytes\":2326,"
                        "\"microseconds\":1500,\"referer\":\"\",\"user_agent\":\"curl/8\"}\n");
}

static void access_log_line__hostile_texts__stay_within_their_quotes(void **state)
{
    (void)state;
    struct peer peer = peer_from("2001:db8::1");
    struct http_request request = {.user_agent = text_of("a\"b\\c\nd\xff")};
    struct access access = {&peer, &request, 400, 0, 0};
    char line[ACCESS_LOG_LINE_SIZE];
    access_log_line(line, &access, false, 0);
    assert_non_null(strstr(line, "\"-\" 400 0 \"-\" \"a\\\"b\\\\c\\x0ad\\xff\"\n"));
    access_log_line(line, &access, true, 0);
    assert_non_null(strstr(line, "\"user_agent\":\"a\\\"b\\\\c\\u000ad\\u00ff\"}\n"));
}

static void access_log_line__texts_without_end__one_line_all_the_same(void **state)
{
    (void)state;
    char *text = malloc(100000);
    memset(text, 1, 100000);
    struct peer peer = peer_from("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff");
    struct http_text long_text = {text, 100000};
    struct http_request request = {
        .line = long_text, .user_agent = long_text, .referer = long_text};
    struct access access = {&peer, &request, 431, UINT64_MAX, UINT64_MAX};
    char line[ACCESS_LOG_LINE_SIZE];
    for (int json = 0; json < 2; json++) {
        size_t length = access_log_line(line, &access, json, INT32_MAX);
        assert_true(length > 1000 && length < sizeof line);
        assert_ptr_equal(memchr(line, '\n', length), line + length - 1);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_enter__one_client_too_often__others_are_free),
        cmocka_unit_test(clients_enter__network_of_ipv6__is_one_client),
        cmocka_unit_test(clients_enter__all_together__limited_too),
        cmocka_unit_test(access_log_line__both_formats__word_for_word),
        cmocka_unit_test(access_log_line__hostile_texts__stay_within_their_quotes),
        cmocka_unit_test(access_log_line__texts_without_end__one_line_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
