/* Datagrams by the batch, cookies, how much strangers may ask for, and how long things took. */
#include "cookie.h"
#include "datagrams.h"
#include "limiter.h"
#include "listen.h"

// libs: -lcrypto

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

static struct endpoint endpoint_from(const char *address, uint16_t port)
{
    struct endpoint endpoint = {0};
    if (strchr(address, ':') != NULL) {
        endpoint.peer.in6.sin6_family = AF_INET6;
        endpoint.peer.in6.sin6_port = htons(port);
        assert_int_equal(inet_pton(AF_INET6, address, &endpoint.peer.in6.sin6_addr), 1);
    } else {
        endpoint.peer.in.sin_family = AF_INET;
        endpoint.peer.in.sin_port = htons(port);
        assert_int_equal(inet_pton(AF_INET, address, &endpoint.peer.in.sin_addr), 1);
    }
    return endpoint;
}

/* ---- a server of datagrams on two sockets ---------------------------------------------------- */

static int connected(unsigned number)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    assert_int_equal(getsockname(listen_socket(number), (struct sockaddr *)&address, &length), 0);
    if (address.ss_family == AF_INET) /* of every address */
        ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(0x7f000007);
    int fd = socket(address.ss_family, SOCK_DGRAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, length), 0);
    return fd;
}

static int start(void **state)
{
    (void)state;
    assert_int_equal(listen_option("0.0.0.0:0"), 0);
    assert_int_equal(listen_option("[::1]:0"), 0);
    assert_int_equal(listen_open("", LISTEN_DATAGRAMS), 0);
    assert_int_equal(listen_count(), 2);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    listen_close();
    return 0;
}

static void datagrams__question_and_answer__from_where_it_was_asked(void **state)
{
    (void)state;
    static struct datagram got[DATAGRAMS_BATCH];
    static struct outbox outbox;
    for (unsigned number = 0; number < 2; number++) {
        const int client = connected(number);
        char answer[16];
        unsigned refused = 0;
        assert_int_equal(datagrams_receive(listen_socket(number), number, got, 5), -1);
        assert_int_equal(errno, EAGAIN);
        for (unsigned i = 0; i < 7; i++)
            assert_int_equal(send(client, "question", 8, 0), 8);
        assert_int_equal(datagrams_receive(listen_socket(number), number, got, 5), 5);
        assert_int_equal(datagrams_receive(listen_socket(number), number, got + 5, 5), 2);
        outbox_clear(&outbox);
        for (unsigned i = 0; i < 7; i++) {
            assert_int_equal(got[i].size, 8);
            assert_memory_equal(got[i].data, "question", 8);
            assert_true(endpoint_is(&got[i].from, &got[0].from));
            outbox_add(&outbox, &got[i].from, "answer", 6);
        }
        assert_int_equal(outbox_send(&outbox, &refused), 0);
        assert_int_equal(refused, 0);
        for (unsigned i = 0; i < 7; i++) /* a connected socket takes none from another address */
            assert_int_equal(recv(client, answer, sizeof answer, 0), 6);
        close(client);
    }
}

static void datagrams_receive__longer_than_any__empty(void **state)
{
    (void)state;
    static struct datagram got[DATAGRAMS_BATCH];
    const int client = connected(0);
    char data[DATAGRAM_SIZE + 1] = {0};
    assert_int_equal(send(client, data, DATAGRAM_SIZE, 0), DATAGRAM_SIZE);
    assert_int_equal(send(client, data, DATAGRAM_SIZE + 1, 0), DATAGRAM_SIZE + 1);
    assert_int_equal(send(client, data, 0, 0), 0);
    assert_int_equal(datagrams_receive(listen_socket(0), 0, got, 64), 3);
    assert_int_equal(got[0].size, DATAGRAM_SIZE);
    assert_int_equal(got[1].size, 0);
    assert_int_equal(got[2].size, 0);
    close(client);
}

static void outbox_send__one_cannot_be_sent__the_others_are(void **state)
{
    (void)state;
    static struct datagram got[DATAGRAMS_BATCH];
    static struct outbox outbox;
    static const char large[65535];
    const int client = connected(0);
    unsigned refused = 0;
    char answer[16];
    assert_int_equal(send(client, "question", 8, 0), 8);
    assert_int_equal(datagrams_receive(listen_socket(0), 0, got, 64), 1);
    outbox_clear(&outbox);
    outbox_add(&outbox, &got[0].from, "one", 3);
    outbox_add(&outbox, &got[0].from, large, sizeof large); /* EMSGSIZE */
    outbox_add(&outbox, &got[0].from, "three", 5);
    assert_int_equal(outbox_send(&outbox, &refused), 0);
    assert_int_equal(refused, 1);
    assert_int_equal(recv(client, answer, sizeof answer, 0), 3);
    assert_int_equal(recv(client, answer, sizeof answer, 0), 5);
    close(client);
}

/* ---- cookies --------------------------------------------------------------------------------- */

static void cookie_is_good__anything_else__is_not(void **state)
{
    (void)state;
    struct cookie_key key, other_key;
    uint8_t cookie[COOKIE_SIZE];
    const struct endpoint client = endpoint_from("192.0.2.1", 5000);
    const struct endpoint same = endpoint_from("192.0.2.1", 5000);
    const struct endpoint others[] = {
        endpoint_from("192.0.2.1", 5001),
        endpoint_from("192.0.2.2", 5000),
        endpoint_from("::ffff:192.0.2.1", 5000),
    };
    assert_int_equal(cookie_key_draw(&key), 0);
    assert_int_equal(cookie_key_draw(&other_key), 0);
    assert_int_equal(cookie_make(&key, &client, 9, 100, cookie), 0);
    assert_true(cookie_is_good(&key, &same, 9, 100, 100, 10, cookie));
    assert_true(cookie_is_good(&key, &same, 9, 100, 110, 10, cookie));
    assert_false(cookie_is_good(&key, &same, 9, 100, 111, 10, cookie));
    assert_false(cookie_is_good(&key, &same, 9, 100, 99, 10, cookie));
    assert_false(cookie_is_good(&key, &same, 9, 101, 101, 10, cookie));
    assert_false(cookie_is_good(&key, &same, 8, 100, 100, 10, cookie));
    assert_false(cookie_is_good(&other_key, &same, 9, 100, 100, 10, cookie));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(cookie_is_good(&key, &others[i], 9, 100, 100, 10, cookie));
    cookie[COOKIE_SIZE - 1] ^= 1;
    assert_false(cookie_is_good(&key, &same, 9, 100, 100, 10, cookie));
}

/* ---- limits ---------------------------------------------------------------------------------- */

static unsigned allowed(struct limiter *limiter, const struct endpoint *from, uint64_t now,
                        unsigned asked)
{
    unsigned count = 0;
    for (unsigned i = 0; i < asked; i++)
        count += limiter_allows(limiter, from, now);
    return count;
}

static void limiter_allows__each_address__so_many_in_a_second(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(10), *without = limiter_new(0);
    const struct endpoint a = endpoint_from("192.0.2.1", 1), same = endpoint_from("192.0.2.1", 2);
    const struct endpoint b = endpoint_from("192.0.2.2", 1);
    const struct endpoint six = endpoint_from("2001:db8:1:2::1", 1);
    const struct endpoint network = endpoint_from("2001:db8:1:2:ffff::9", 1);
    assert_int_equal(allowed(limiter, &a, 5 * SECOND, 100), 10);
    assert_int_equal(allowed(limiter, &same, 5 * SECOND, 100), 0);
    assert_int_equal(allowed(limiter, &b, 5 * SECOND, 100), 10);
    assert_int_equal(allowed(limiter, &a, 5 * SECOND + SECOND / 2, 100), 5);
    assert_int_equal(allowed(limiter, &a, 500 * SECOND, 100), 10);
    assert_int_equal(allowed(limiter, &six, 500 * SECOND, 7), 7);
    assert_int_equal(allowed(limiter, &network, 500 * SECOND, 7), 3);
    assert_int_equal(allowed(without, &a, 0, 1000), 1000);
    limiter_free(limiter);
    limiter_free(without);
}

/* Whoever forges a thousand addresses does not shut others out. */
static void limiter_allows__many_addresses__others_are_served(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(10);
    for (uint32_t i = 0; i < 1000; i++) {
        struct endpoint forged = endpoint_from("10.0.0.0", 1);
        forged.peer.in.sin_addr.s_addr += htonl(i);
        allowed(limiter, &forged, SECOND, 20);
    }
    unsigned served = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        struct endpoint honest = endpoint_from("172.16.0.0", 1);
        honest.peer.in.sin_addr.s_addr += htonl(i);
        served += limiter_allows(limiter, &honest, SECOND);
    }
    assert_true(served > 900);
    limiter_free(limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams__question_and_answer__from_where_it_was_asked),
        cmocka_unit_test(datagrams_receive__longer_than_any__empty),
        cmocka_unit_test(outbox_send__one_cannot_be_sent__the_others_are),
        cmocka_unit_test(cookie_is_good__anything_else__is_not),
        cmocka_unit_test(limiter_allows__each_address__so_many_in_a_second),
        cmocka_unit_test(limiter_allows__many_addresses__others_are_served),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
