/* What streams do under TLS: bytes in bulk through narrow sockets, files, and records in pieces. */
// libs: -lssl -lcrypto
#include "tls.h"

#include "core.h"
#include "tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BULK ((size_t)3 * 1024 * 1024 + 17)

static SSL_CTX *clients[2]; /* of TLS 1.2 and 1.3 */
static unsigned char *bulk;

static int prepare(void **state)
{
    static char *arguments[] = {"server", "--tls-cert", "ec.crt", "--tls-key", "ec.key", NULL};
    (void)state;
    if (fluxi_options_read(5, arguments) >= 0)
        return -1;
    tls_peer_enter();
    tls_peer_certify("ec", EVP_PKEY_EC, "a.example");
    clients[0] = tls_peer_context(TLS1_2_VERSION);
    clients[1] = tls_peer_context(TLS1_3_VERSION);
    bulk = malloc(BULK);
    assert_non_null(bulk);
    for (size_t i = 0; i < BULK; i++)
        bulk[i] = (unsigned char)(i * 2654435761u >> 24);
    return tls_start();
}

static int finish(void **state)
{
    (void)state;
    tls_end();
    SSL_CTX_free(clients[0]);
    SSL_CTX_free(clients[1]);
    SSL_SESSION_free(tls_peer_ticket());
    free(bulk);
    tls_peer_leave();
    return 0;
}

static void connect_narrow(struct tls_link *link, SSL_CTX *context)
{
    int size = 1; /* the kernel knows a least */
    tls_link_connect(link, context);
    assert_int_equal(setsockopt(link->server.socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
}

/* The client takes what there is, at most `most`, and compares it with bulk from *taken on. */
static void take(struct tls_link *link, size_t *taken, size_t most)
{
    static unsigned char buffer[20000];
    ERR_clear_error();
    int got = SSL_read(link->client, buffer, (int)(most < sizeof buffer ? most : sizeof buffer));
    if (got <= 0) {
        assert_int_equal(SSL_get_error(link->client, got), SSL_ERROR_WANT_READ);
        return;
    }
    assert_true(*taken + (size_t)got <= BULK);
    assert_memory_equal(buffer, bulk + *taken, (size_t)got);
    *taken += (size_t)got;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void stream_send__head_and_small_body__one_record(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        unsigned char buffer[2000];
        size_t sent;
        struct tls_link link;
        struct iovec parts[] = {{bulk, 300}, {NULL, 0}, {bulk + 300, 700}, {bulk + 1000, 1}};
        tls_link_connect(&link, clients[i]);
        assert_int_equal(stream_send(&link.server, parts, 4, false, &sent), 0);
        assert_int_equal(sent, 1001);
        assert_int_equal(SSL_read(link.client, buffer, sizeof buffer), 1001); /* a record's */
        assert_memory_equal(buffer, bulk, 1001);
        assert_int_equal(stream_send(&link.server, parts, 0, false, &sent), 0);
        assert_int_equal(sent, 0);
        tls_link_close(&link);
    }
}

/* The parts that are left of bulk from `sent` on, cut at multiples of a few odd lengths. */
static size_t parts_from(size_t sent, struct iovec parts[8])
{
    static const size_t lengths[] = {1, 300, 5000, 16384, 16385, 70000};
    size_t count = 0, end = 0;
    for (size_t i = 0; count < 8 && end < BULK; i++) {
        size_t begin = end, length = lengths[i % 6];
        end = length < BULK - begin ? begin + length : BULK;
        if (end <= sent)
            continue;
        size_t from = begin < sent ? sent : begin;
        parts[count++] = (struct iovec){bulk + from, end - from};
    }
    return count;
}

static void stream_send__narrow_socket__every_byte_in_order(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        size_t sent = 0, taken = 0, waits = 0, done;
        struct tls_link link;
        connect_narrow(&link, clients[i]);
        while (taken < BULK) {
            struct iovec parts[8];
            size_t count = parts_from(sent, parts);
            assert_int_equal(stream_send(&link.server, parts, count, sent % 2 == 0, &done), 0);
            sent += done;
            waits += done == 0 && sent < BULK;
            take(&link, &taken, 7000);
        }
        assert_int_equal(sent, BULK);
        assert_true(waits > 100);
        tls_link_close(&link);
    }
}

/* What has arrived at the client and has not been read. */
static int arrived(const struct tls_link *link)
{
    int bytes;
    assert_int_equal(ioctl(link->socket, FIONREAD, &bytes), 0);
    return bytes;
}

static void stream_send__first_response_of_1_3__goes_with_the_ticket(void **state)
{
    (void)state;
    char buffer[8], response[200];
    size_t done;
    struct tls_link link;
    tls_link_open(&link, clients[1]);
    SSL_do_handshake(link.client);
    assert_int_equal(stream_receive(&link.server, buffer, sizeof buffer, &done), 0);
    assert_int_equal(SSL_do_handshake(link.client), 1);
    assert_int_equal(SSL_write(link.client, "GET", 3), 3);
    assert_int_equal(arrived(&link), 0);
    assert_int_equal(stream_receive(&link.server, buffer, sizeof buffer, &done), 0);
    assert_int_equal(done, 3);
    assert_int_equal(arrived(&link), 0);
    struct iovec part = {bulk, 100};
    assert_int_equal(stream_send(&link.server, &part, 1, false, &done), 0);
    assert_int_equal(done, 100);
    assert_true(arrived(&link) > 200);
    assert_int_equal(SSL_read(link.client, response, sizeof response), 100);
    SSL_SESSION *ticket = tls_peer_ticket();
    assert_non_null(ticket);
    SSL_SESSION_free(ticket);
    tls_link_close(&link);
}

static void stream_receive__no_request_behind_the_handshake_of_1_3__the_ticket_goes(void **state)
{
    (void)state;
    struct tls_link link;
    tls_link_connect(&link, clients[1]);
    assert_true(arrived(&link) > 100);
    tls_link_close(&link);
}

static void stream_send__last__with_close_notify(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        char buffer[2000];
        size_t sent;
        struct tls_link link;
        struct iovec parts[] = {{bulk, 1000}, {bulk + 1000, 500}};
        tls_link_connect(&link, clients[i / 2]);
        if (i % 2 == 0)
            tls_link_talk(&link);
        link.server.last = true;
        assert_int_equal(stream_send(&link.server, parts, 1, true, &sent), 0);
        assert_int_equal(SSL_read(link.client, buffer, sizeof buffer), 1000);
        assert_int_equal(tls_link_end(&link), SSL_ERROR_WANT_READ);
        assert_int_equal(stream_send(&link.server, parts + 1, 1, false, &sent), 0);
        assert_int_equal(sent, 500);
        assert_int_equal(SSL_read(link.client, buffer, sizeof buffer), 500);
        assert_int_equal(tls_link_end(&link), SSL_ERROR_ZERO_RETURN);
        stream_shut(&link.server);
        assert_int_equal(recv(link.socket, buffer, 1, 0), 0); /* it is not said twice */
        tls_link_close(&link);
    }
}

static void stream_send__last_into_a_narrow_socket__every_byte_then_close_notify(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct tls_link link;
        struct iovec parts[8];
        size_t sent = 0, taken = 0, done, waits = 0;
        connect_narrow(&link, clients[i]);
        link.server.last = true;
        while (taken < BULK) {
            if (sent < BULK) {
                size_t count = parts_from(sent, parts);
                assert_int_equal(stream_send(&link.server, parts, count, false, &done), 0);
                waits += done == 0;
                sent += done;
            }
            take(&link, &taken, 3000);
        }
        assert_int_equal(sent, BULK);
        assert_true(waits > 10);
        assert_int_equal(tls_link_end(&link), SSL_ERROR_ZERO_RETURN);
        tls_link_close(&link);
    }
}

static void stream_send__last_record_into_a_narrow_socket__not_sent_before_it_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct tls_link link;
        struct iovec part = {bulk, 16000};
        size_t sent = 0, taken = 0, waits = 0;
        connect_narrow(&link, clients[i]);
        link.server.last = true;
        while (sent == 0) {
            assert_int_equal(stream_send(&link.server, &part, 1, false, &sent), 0);
            waits += sent == 0;
            assert_true(waits < 100);
            if (sent == 0)
                take(&link, &taken, 16000);
        }
        assert_true(waits > 1);
        assert_int_equal(sent, 16000);
        take(&link, &taken, 16000);
        assert_int_equal(taken, 16000);
        assert_int_equal(tls_link_end(&link), SSL_ERROR_ZERO_RETURN);
        tls_link_close(&link);
    }
}

/* The server answers a change of keys with one of its own, ahead of what it sends next. */
static void stream_send__rfc8446_4_6_3_key_updates_meanwhile__every_byte_in_order(void **state)
{
    (void)state;
    size_t sent = 0, taken = 0, turns = 0, done;
    char byte;
    struct tls_link link;
    connect_narrow(&link, clients[1]);
    while (taken < BULK) {
        struct iovec parts[8];
        size_t count = parts_from(sent, parts);
        assert_int_equal(stream_send(&link.server, parts, count, false, &done), 0);
        sent += done;
        if (turns++ % 7 == 0) {
            SSL_key_update(link.client, SSL_KEY_UPDATE_REQUESTED);
            SSL_do_handshake(link.client);
            assert_int_equal(stream_receive(&link.server, &byte, 1, &done), 0);
        }
        take(&link, &taken, 7000);
    }
    assert_int_equal(sent, BULK);
    tls_link_close(&link);
}

static void stream_send__rfc8446_4_6_3_key_update_into_a_full_socket__goes_on(void **state)
{
    (void)state;
    char junk[4096] = {0};
    size_t done, taken = 0;
    struct tls_link link;
    struct iovec part = {bulk, 100};
    tls_link_connect(&link, clients[1]);
    tls_link_talk(&link);
    assert_int_equal(SSL_key_update(link.client, SSL_KEY_UPDATE_REQUESTED), 1);
    assert_int_equal(SSL_do_handshake(link.client), 1);
    assert_int_equal(stream_receive(&link.server, junk, 1, &done), 0);
    while (send(link.server.socket, junk, sizeof junk, 0) > 0)
        ;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stream_send(&link.server, &part, 1, false, &done), 0);
        assert_int_equal(done, 0);
    }
    while (recv(link.socket, junk, sizeof junk, 0) > 0)
        ;
    assert_int_equal(stream_send(&link.server, &part, 1, false, &done), 0);
    assert_int_equal(done, 100);
    take(&link, &taken, 100);
    assert_int_equal(taken, 100);
    tls_link_close(&link);
}

static void stream_send__rfc6066_4_client_of_short_records__every_byte_in_order(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        size_t sent = 0, taken = 0, done;
        struct tls_link link;
        tls_link_open(&link, clients[i]);
        assert_int_equal(
            SSL_set_tlsext_max_fragment_length(link.client, TLSEXT_max_fragment_length_512), 1);
        assert_int_equal(tls_link_shake(&link), 0);
        while (taken < 200000) {
            struct iovec part = {bulk + sent, 200000 - sent};
            assert_int_equal(stream_send(&link.server, &part, 1, false, &done), 0);
            sent += done;
            size_t before = taken;
            take(&link, &taken, 20000);
            assert_true(taken - before <= 512);
        }
        assert_int_equal(sent, 200000);
        tls_link_close(&link);
    }
}

static void stream_send__wide_socket__a_bounded_amount_each_time(void **state)
{
    (void)state;
    struct tls_link link;
    struct iovec part = {bulk, BULK};
    int size = (int)BULK;
    size_t sent, taken = 0;
    tls_link_connect(&link, clients[1]);
    if (setsockopt(link.server.socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0) {
        tls_link_close(&link);
        skip(); /* not root: the socket takes less than the bound */
    }
    assert_int_equal(stream_send(&link.server, &part, 1, false, &sent), 0);
    assert_true(sent >= 200000 && sent <= 300000);
    while (taken < sent)
        take(&link, &taken, 20000);
    tls_link_close(&link);
}

static void stream_send__less_than_has_been_begun__refused_until_it_is_given(void **state)
{
    (void)state;
    struct tls_link link;
    struct iovec part = {bulk, BULK};
    size_t sent = 0, taken = 0, done;
    connect_narrow(&link, clients[1]);
    do {
        part = (struct iovec){bulk + sent, BULK - sent};
        assert_int_equal(stream_send(&link.server, &part, 1, false, &done), 0);
        sent += done;
    } while (done > 0);
    part.iov_len = 16383;
    assert_int_equal(stream_send(&link.server, &part, 1, false, &done), EINVAL);
    assert_int_equal(done, 0);
    void *copy = malloc(16384);
    assert_non_null(copy);
    part = (struct iovec){memcpy(copy, bulk + sent, 16384), 16384};
    while (done == 0) {
        take(&link, &taken, 20000);
        assert_int_equal(stream_send(&link.server, &part, 1, false, &done), 0);
    }
    assert_int_equal(done, 16384);
    free(copy);
    tls_link_close(&link);
}

static void stream_send__before_the_handshake__not_connected(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct tls_link link;
        struct iovec part = {bulk, 100};
        size_t done;
        char byte;
        tls_link_open(&link, clients[i]);
        assert_int_equal(stream_send(&link.server, &part, 1, false, &done), ENOTCONN);
        assert_int_equal(stream_send_file(&link.server, 0, 0, 1, false, &done), ENOTCONN);
        SSL_do_handshake(link.client);
        assert_int_equal(stream_receive(&link.server, &byte, 1, &done), 0);
        assert_int_equal(stream_send(&link.server, &part, 1, false, &done), ENOTCONN);
        assert_int_equal(done, 0);
        assert_int_equal(tls_link_shake(&link), 0);
        tls_link_talk(&link);
        tls_link_close(&link);
    }
}

static void stream_send__peer_gone__reset(void **state)
{
    (void)state;
    struct tls_link link;
    struct iovec part = {bulk, 100};
    size_t sent;
    tls_link_connect(&link, clients[1]);
    shutdown(link.socket, SHUT_RDWR);
    assert_int_equal(stream_send(&link.server, &part, 1, false, &sent), EPIPE);
    assert_int_equal(sent, 0);
    assert_int_equal(ERR_peek_error(), 0);
    tls_link_close(&link);
}

/* ---- files ----------------------------------------------------------------------------------- */

static int bulk_file(void)
{
    int file = open("bulk", O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bulk, BULK), BULK);
    return file;
}

static void stream_send_file__narrow_socket__every_byte_in_order(void **state)
{
    (void)state;
    int file = bulk_file();
    for (int i = 0; i < 2; i++) {
        size_t sent = 1234, taken = sent, waits = 0, done;
        struct tls_link link;
        connect_narrow(&link, clients[i]);
        while (taken < BULK) {
            if (sent < BULK)
                assert_int_equal(
                    stream_send_file(&link.server, file, sent, BULK - sent, false, &done), 0);
            sent += done;
            waits += done == 0;
            done = 0;
            take(&link, &taken, 7000);
        }
        assert_true(waits > 100);
        tls_link_close(&link);
    }
    close(file);
}

static void stream_send_file__shorter_than_said__all_there_is_then_an_error(void **state)
{
    (void)state;
    int file = bulk_file();
    struct tls_link link;
    size_t sent, taken = BULK - 1000;
    tls_link_connect(&link, clients[1]);
    assert_int_equal(stream_send_file(&link.server, file, BULK - 1000, 1001, false, &sent), EIO);
    assert_int_equal(sent, 1000);
    take(&link, &taken, 2000);
    assert_int_equal(taken, BULK);
    tls_link_close(&link);
    close(file);
}

static void stream_send_file__less_than_has_been_begun__an_error(void **state)
{
    (void)state;
    int file = bulk_file();
    struct tls_link link;
    size_t sent = 0, done;
    connect_narrow(&link, clients[1]);
    do {
        assert_int_equal(stream_send_file(&link.server, file, sent, BULK - sent, false, &done), 0);
        sent += done;
    } while (done > 0);
    assert_int_equal(stream_send_file(&link.server, file, sent, 16383, false, &done), EINVAL);
    assert_int_equal(ftruncate(file, (off_t)sent + 100), 0);
    assert_int_equal(stream_send_file(&link.server, file, sent, BULK - sent, false, &done), EIO);
    assert_int_equal(done, 0);
    tls_link_close(&link);
    close(file);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void stream_receive__several_records__as_many_as_there_is_room_for(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        unsigned char buffer[1000];
        size_t got, total = 0;
        struct tls_link link;
        tls_link_connect(&link, clients[i]);
        for (int records = 0; records < 3; records++)
            assert_int_equal(SSL_write(link.client, bulk + 400 * records, 400), 400);
        while (total < 1200) {
            size_t room = total == 0 ? 1000 : 100;
            assert_int_equal(stream_receive(&link.server, buffer, room, &got), 0);
            assert_int_equal(got, room);
            assert_memory_equal(buffer, bulk + total, got);
            total += got;
            assert_int_equal(stream_holds_input(&link.server), total < 1200);
        }
        assert_int_equal(stream_receive(&link.server, buffer, 1000, &got), 0);
        assert_int_equal(got, 0);
        assert_false(link.server.choked);
        tls_link_close(&link);
    }
}

static void stream_receive__part_of_a_record__waits_for_the_rest(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        unsigned char buffer[1000];
        char *record;
        size_t got;
        struct tls_link link;
        tls_link_connect(&link, clients[i]);
        SSL_set0_wbio(link.client, BIO_new(BIO_s_mem()));
        assert_int_equal(SSL_write(link.client, bulk, 500), 500);
        long length = BIO_get_mem_data(SSL_get_wbio(link.client), &record);
        for (long at = 0; at < length; at++) {
            assert_int_equal(send(link.socket, record + at, 1, 0), 1);
            assert_int_equal(stream_receive(&link.server, buffer, sizeof buffer, &got), 0);
            assert_int_equal(got, at + 1 < length ? 0 : 500);
            assert_false(stream_holds_input(&link.server));
        }
        assert_memory_equal(buffer, bulk, 500);
        tls_link_close(&link);
    }
}

static void stream_receive__record_then_broken_one__bytes_then_the_error(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char buffer[100], *record;
        size_t got;
        struct tls_link link;
        tls_link_connect(&link, clients[i]);
        SSL_set0_wbio(link.client, BIO_new(BIO_s_mem()));
        assert_int_equal(SSL_write(link.client, "good", 4), 4);
        assert_int_equal(SSL_write(link.client, "evil", 4), 4);
        long length = BIO_get_mem_data(SSL_get_wbio(link.client), &record);
        record[length - 1] ^= 1;
        assert_int_equal(send(link.socket, record, (size_t)length, 0), length);
        assert_int_equal(stream_receive(&link.server, buffer, sizeof buffer, &got), 0);
        assert_int_equal(got, 4);
        assert_true(stream_holds_input(&link.server));
        assert_int_equal(stream_receive(&link.server, buffer, sizeof buffer, &got), EPROTO);
        assert_int_equal(got, 0);
        tls_link_close(&link);
    }
}

static void stream_receive__handshake_into_a_full_socket__choked(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char junk[4096] = {0}, byte;
        size_t got;
        struct tls_link link;
        tls_link_open(&link, clients[i]);
        SSL_do_handshake(link.client);
        while (send(link.server.socket, junk, sizeof junk, 0) > 0)
            ;
        assert_int_equal(stream_receive(&link.server, &byte, 1, &got), 0);
        assert_true(link.server.choked);
        while (recv(link.socket, junk, sizeof junk, 0) > 0)
            ;
        assert_int_equal(stream_receive(&link.server, &byte, 1, &got), 0);
        assert_false(link.server.choked);
        assert_int_equal(tls_link_shake(&link), 0);
        tls_link_talk(&link);
        tls_link_close(&link);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_send__head_and_small_body__one_record),
        cmocka_unit_test(stream_send__narrow_socket__every_byte_in_order),
        cmocka_unit_test(stream_send__first_response_of_1_3__goes_with_the_ticket),
        cmocka_unit_test(stream_receive__no_request_behind_the_handshake_of_1_3__the_ticket_goes),
        cmocka_unit_test(stream_send__last__with_close_notify),
        cmocka_unit_test(
            stream_send__last_record_into_a_narrow_socket__not_sent_before_it_is_whole),
        cmocka_unit_test(stream_send__last_into_a_narrow_socket__every_byte_then_close_notify),
        cmocka_unit_test(stream_send__rfc8446_4_6_3_key_updates_meanwhile__every_byte_in_order),
        cmocka_unit_test(stream_send__rfc8446_4_6_3_key_update_into_a_full_socket__goes_on),
        cmocka_unit_test(stream_send__rfc6066_4_client_of_short_records__every_byte_in_order),
        cmocka_unit_test(stream_send__wide_socket__a_bounded_amount_each_time),
        cmocka_unit_test(stream_send__less_than_has_been_begun__refused_until_it_is_given),
        cmocka_unit_test(stream_send__before_the_handshake__not_connected),
        cmocka_unit_test(stream_send__peer_gone__reset),
        cmocka_unit_test(stream_send_file__narrow_socket__every_byte_in_order),
        cmocka_unit_test(stream_send_file__shorter_than_said__all_there_is_then_an_error),
        cmocka_unit_test(stream_send_file__less_than_has_been_begun__an_error),
        cmocka_unit_test(stream_receive__several_records__as_many_as_there_is_room_for),
        cmocka_unit_test(stream_receive__part_of_a_record__waits_for_the_rest),
        cmocka_unit_test(stream_receive__record_then_broken_one__bytes_then_the_error),
        cmocka_unit_test(stream_receive__handshake_into_a_full_socket__choked),
    };
    return cmocka_run_group_tests(tests, prepare, finish);
}
