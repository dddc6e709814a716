/* TLS without memory, and the memory that it takes. */
// libs: -lssl -lcrypto
#include "tls.h"

#include "allocation.h"
#include "core.h"
#include "openssl_memory.h"
#include "tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *clients[2]; /* of TLS 1.2 and 1.3 */

static int prepare(void **state)
{
    static char *arguments[] = {"server",     "--tls-cert", "a.crt",     "--tls-key", "a.key",
                                "--tls-cert", "b.crt",      "--tls-key", "b.key",     NULL};
    (void)state;
    if (fluxi_options_read(9, arguments) >= 0)
        return -1;
    tls_peer_enter();
    tls_peer_certify("a", EVP_PKEY_EC, "a.example");
    tls_peer_certify("b", EVP_PKEY_EC, "b.example");
    clients[0] = tls_peer_context(TLS1_2_VERSION);
    clients[1] = tls_peer_context(TLS1_3_VERSION);
    return tls_start();
}

static int finish(void **state)
{
    (void)state;
    tls_end();
    SSL_CTX_free(clients[0]);
    SSL_CTX_free(clients[1]);
    SSL_SESSION_free(tls_peer_ticket());
    tls_peer_leave();
    return 0;
}

static void tls_begin__no_memory__ENOMEM_and_the_stream_as_it_was(void **state)
{
    (void)state;
    int sockets[2], error, tries = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    struct stream stream = {.socket = sockets[0]};
    allocations_left = 0;
    assert_int_equal(tls_begin(&stream), ENOMEM);
    allocations_left = -1;
    for (size_t before = openssl_blocks;; tries++) {
        openssl_allocations_left = tries;
        error = tls_begin(&stream);
        openssl_allocations_left = -1;
        if (error == 0)
            break;
        assert_int_equal(error, ENOMEM);
        assert_null(stream.tls);
        assert_int_equal(openssl_blocks, before);
    }
    assert_true(tries > 3);
    assert_int_equal(ERR_peek_error(), 0);
    stream_close(&stream);
    close(sockets[1]);
}

/* One connection, with memory for so many allocations of the server's end. Returns its error. */
static int serve_with(int allocations, SSL_CTX *context)
{
    char buffer[64], response[1000] = {0};
    size_t done;
    int error = 0;
    struct tls_link link;
    struct iovec part = {response, sizeof response};
    tls_link_open(&link, context);
    for (int turns = 0; error == 0 && turns < 10; turns++) {
        SSL_do_handshake(link.client);
        if (SSL_is_init_finished(link.client))
            SSL_write(link.client, "x", 1);
        openssl_allocations_left = allocations;
        error = stream_receive(&link.server, buffer, sizeof buffer, &done);
        if (error == 0 && done > 0)
            error = stream_send(&link.server, &part, 1, false, &done);
        allocations = openssl_allocations_left;
        openssl_allocations_left = -1;
        assert_int_equal(ERR_peek_error(), 0);
    }
    openssl_allocations_left = error == 0 ? 0 : -1; /* not even for close_notify */
    stream_close(&link.server);
    openssl_allocations_left = -1;
    assert_int_equal(ERR_peek_error(), 0);
    tls_link_close(&link);
    return error;
}

static void stream_receive__no_memory__an_error_and_nothing_is_left(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        int error = -1, failures = 0;
        assert_int_equal(serve_with(-1, clients[i]), 0); /* fetches what is fetched once */
        SSL_SESSION_free(tls_peer_ticket());
        size_t before = openssl_blocks;
        for (int allocations = 0; error != 0; allocations++) {
            error = serve_with(allocations, clients[i]);
            failures += error == ENOMEM;
            SSL_SESSION_free(tls_peer_ticket());
            assert_int_equal(openssl_blocks, before);
        }
        assert_true(failures > 100);
    }
}

static void visit_without_tickets(SSL_CTX *context)
{
    struct tls_link link;
    tls_link_open(&link, context);
    SSL_set_options(link.client, SSL_OP_NO_TICKET);
    assert_int_equal(tls_link_shake(&link), 0);
    tls_link_talk(&link);
    tls_link_close(&link);
    SSL_SESSION_free(tls_peer_ticket());
}

static void tls_begin__client_without_tickets__nothing_is_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        visit_without_tickets(clients[i]); /* fetches what is fetched once */
        size_t before = openssl_blocks;
        visit_without_tickets(clients[i]);
        assert_int_equal(openssl_blocks, before);
    }
}

static void stream_receive__idle_connection__keeps_no_buffers(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct tls_link link;
        tls_link_connect(&link, clients[i]);
        tls_link_talk(&link);
        SSL_free(link.client);
        link.client = NULL;
        size_t before = openssl_bytes;
        stream_close(&link.server);
        print_message("TLS 1.%d: an idle connection takes %zu bytes of OpenSSL\n", 2 + i,
                      before - openssl_bytes);
        assert_true(before - openssl_bytes < 16384);
        tls_link_close(&link);
    }
}

static void tls_reload__often__nothing_is_left(void **state)
{
    (void)state;
    assert_int_equal(tls_reload(), 0);
    size_t before = openssl_blocks;
    assert_int_equal(tls_reload(), 0);
    assert_int_equal(openssl_blocks, before);
}

static void tls_reload__no_memory__the_old_ones_stay(void **state)
{
    (void)state;
    int error, allocations = 0;
    for (size_t before = openssl_blocks;; allocations += 1 + allocations / 8) {
        openssl_allocations_left = allocations;
        error = tls_reload();
        openssl_allocations_left = -1;
        if (error == 0)
            break;
        assert_int_equal(openssl_blocks, before);
    }
    assert_true(allocations > 1000);
    struct tls_link link;
    tls_link_connect(&link, clients[1]);
    tls_link_talk(&link);
    tls_link_close(&link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_begin__no_memory__ENOMEM_and_the_stream_as_it_was),
        cmocka_unit_test(stream_receive__no_memory__an_error_and_nothing_is_left),
        cmocka_unit_test(tls_begin__client_without_tickets__nothing_is_kept),
        cmocka_unit_test(stream_receive__idle_connection__keeps_no_buffers),
        cmocka_unit_test(tls_reload__often__nothing_is_left),
        cmocka_unit_test(tls_reload__no_memory__the_old_ones_stay),
    };
    if (!openssl_memory_watch())
        return 1;
    return cmocka_run_group_tests(tests, prepare, finish);
}
