/* Certificates, handshakes, resumption, and certificates that change meanwhile. */
// libs: -lssl -lcrypto
#include "tls.h"

#include "capture.h"
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
#include <openssl/pem.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Alerts (RFC 8446, section 6; RFC 7301, section 3.2). */
#define PROTOCOL_VERSION        70
#define NO_APPLICATION_PROTOCOL 120

static SSL_CTX *clients[2]; /* of TLS 1.2 and 1.3 */

static int prepare(void **state)
{
    static char *arguments[] = {"server",     "--tls-cert", "rsa.crt",   "--tls-key", "rsa.key",
                                "--tls-cert", "b.crt",      "--tls-key", "b.key",     "--tls-cert",
                                "ec.crt",     "--tls-key",  "ec.key",    NULL};
    (void)state;
    if (tls_wanted() || fluxi_options_read(13, arguments) >= 0 || !tls_wanted())
        return -1;
    tls_peer_enter();
    tls_peer_certify("rsa", EVP_PKEY_RSA, "a.example");
    tls_peer_certify("ec", EVP_PKEY_EC, "a.example");
    tls_peer_certify("b", EVP_PKEY_EC, "*.b.example");
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

/* ---- handshakes ------------------------------------------------------------------------------ */

static void tls_begin__clients_of_1_2_and_1_3__bytes_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct tls_link link;
        tls_link_connect(&link, clients[i]);
        tls_link_talk(&link);
        tls_link_talk(&link);
        tls_link_close(&link);
    }
}

static void tls_begin__client_of_1_1__told_the_version(void **state)
{
    (void)state;
    SSL_CTX *old = tls_peer_context(TLS1_1_VERSION);
    struct tls_link link;
    tls_link_open(&link, old);
    assert_int_equal(tls_link_shake(&link), EPROTO);
    assert_int_equal(tls_peer_alert(), PROTOCOL_VERSION);
    tls_link_close(&link);
    SSL_CTX_free(old);
}

static void tls_begin__rsa_and_ecdsa__the_client_chooses(void **state)
{
    (void)state;
    static const struct {
        const char *signatures;
        int type;
    } wishes[] = {{"RSA-PSS+SHA256:RSA+SHA256", EVP_PKEY_RSA}, {"ECDSA+SHA256", EVP_PKEY_EC}};
    for (int i = 0; i < 4; i++) {
        struct tls_link link;
        tls_link_open(&link, clients[i / 2]);
        assert_int_equal(SSL_set1_sigalgs_list(link.client, wishes[i % 2].signatures), 1);
        assert_int_equal(tls_link_shake(&link), 0);
        X509 *certificate = SSL_get0_peer_certificate(link.client);
        assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)), wishes[i % 2].type);
        tls_link_talk(&link);
        tls_link_close(&link);
    }
}

static void tls_begin__rfc6066_3_server_name__the_hosts_certificate(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *shown;
    } hosts[] = {{"a.example", "a.example"},
                 {"www.b.example", "*.b.example"},
                 {"c.example", "a.example"},
                 {NULL, "a.example"}};
    for (int i = 0; i < 8; i++) {
        char name[64];
        struct tls_link link;
        tls_link_open(&link, clients[i / 4]);
        if (hosts[i % 4].asked != NULL)
            assert_int_equal(SSL_set_tlsext_host_name(link.client, hosts[i % 4].asked), 1);
        assert_int_equal(tls_link_shake(&link), 0);
        X509 *certificate = SSL_get0_peer_certificate(link.client);
        assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                              name, sizeof name) > 0);
        assert_string_equal(name, hosts[i % 4].shown);
        tls_link_talk(&link);
        tls_link_close(&link);
    }
}

static int offer(struct tls_link *link, SSL_CTX *context, const char *protocols)
{
    tls_link_open(link, context);
    assert_int_equal(SSL_set_alpn_protos(link->client, (const unsigned char *)protocols,
                                         (unsigned)strlen(protocols)),
                     0);
    return tls_link_shake(link);
}

static void tls_begin__rfc7301_3_2_http_1_1_offered__chosen(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const unsigned char *chosen;
        unsigned length;
        struct tls_link link;
        assert_int_equal(offer(&link, clients[i], "\x02h2\x08http/1.1"), 0);
        SSL_get0_alpn_selected(link.client, &chosen, &length);
        assert_int_equal(length, 8);
        assert_memory_equal(chosen, "http/1.1", 8);
        tls_link_close(&link);
    }
}

static void tls_begin__rfc7301_3_2_only_h2_offered__no_application_protocol(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct tls_link link;
        assert_int_equal(offer(&link, clients[i], "\x02h2"), EPROTO);
        assert_int_equal(tls_peer_alert(), NO_APPLICATION_PROTOCOL);
        tls_link_close(&link);
    }
}

static void tls_begin__client_renegotiates__refused(void **state)
{
    (void)state;
    char byte;
    size_t got;
    struct tls_link link;
    tls_link_connect(&link, clients[0]);
    assert_int_equal(SSL_renegotiate(link.client), 1);
    SSL_do_handshake(link.client);
    assert_int_equal(stream_receive(&link.server, &byte, 1, &got), 0);
    assert_int_equal(got, 0);
    ERR_clear_error();
    assert_int_equal(SSL_do_handshake(link.client), -1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
    tls_link_close(&link);
}

static void tls_begin__http_in_the_clear__can_be_answered(void **state)
{
    (void)state;
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n", response[] = "HTTP/1.1 400";
    char buffer[64];
    size_t done;
    struct tls_link link;
    tls_link_open(&link, clients[1]);
    assert_int_equal(send(link.socket, request, strlen(request), 0), strlen(request));
    assert_int_equal(stream_receive(&link.server, buffer, sizeof buffer, &done), EPROTOTYPE);
    assert_int_equal(done, 0);
    struct iovec part = {(char *)response, sizeof response};
    assert_int_equal(stream_send(&link.server, &part, 1, false, &done), 0);
    assert_int_equal(recv(link.socket, buffer, sizeof buffer, 0), sizeof response);
    assert_string_equal(buffer, response);
    tls_link_close(&link);
}

static void tls_begin__something_else__protocol_error_that_stays(void **state)
{
    (void)state;
    char buffer[64];
    size_t done;
    struct tls_link link;
    struct iovec part = {buffer, 1};
    tls_link_open(&link, clients[1]);
    assert_int_equal(send(link.socket, "SSH-2.0-x\r\n", 11, 0), 11);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stream_receive(&link.server, buffer, sizeof buffer, &done), EPROTO);
        assert_int_equal(stream_send(&link.server, &part, 1, false, &done), EPROTO);
    }
    assert_int_equal(ERR_peek_error(), 0);
    tls_link_close(&link);
}

/* ---- resumption ------------------------------------------------------------------------------ */

/* A connection that resumes, where it has a ticket to do so. */
static void visit(SSL_CTX *context, const char *host, SSL_SESSION *ticket)
{
    struct tls_link link;
    tls_link_open(&link, context);
    assert_int_equal(SSL_set_tlsext_host_name(link.client, host), 1);
    if (ticket != NULL)
        assert_int_equal(SSL_set_session(link.client, ticket), 1);
    assert_int_equal(tls_link_shake(&link), 0);
    tls_link_talk(&link);
    assert_int_equal(SSL_session_reused(link.client), ticket != NULL);
    SSL_shutdown(link.client); /* or OpenSSL would not use the ticket */
    tls_link_close(&link);
}

static const char *const hosts[] = {"a.example", "www.b.example"};

static void tls_begin__client_with_a_ticket__resumes(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        visit(clients[i / 2], hosts[i % 2], NULL);
        SSL_SESSION *ticket = tls_peer_ticket();
        assert_non_null(ticket);
        visit(clients[i / 2], hosts[i % 2], ticket);
        SSL_SESSION_free(ticket);
    }
}

static void tls_reload__client_with_a_ticket_from_before__resumes(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        visit(clients[i / 2], hosts[i % 2], NULL);
        SSL_SESSION *ticket = tls_peer_ticket();
        for (int reloads = 0; reloads < 2; reloads++) {
            assert_int_equal(tls_reload(), 0);
            visit(clients[i / 2], hosts[i % 2], ticket);
            /* In TLS 1.3 each is used once, and there is a new one. */
            SSL_SESSION *next = tls_peer_ticket();
            if (next != NULL) {
                SSL_SESSION_free(ticket);
                ticket = next;
            }
        }
        SSL_SESSION_free(ticket);
    }
}

/* ---- certificates that change ---------------------------------------------------------------- */

/* Whether a new client is shown what is in the file. */
static bool is_shown(const char *file)
{
    struct tls_link link;
    tls_link_open(&link, clients[1]);
    assert_int_equal(SSL_set1_sigalgs_list(link.client, "ECDSA+SHA256"), 1);
    assert_int_equal(tls_link_shake(&link), 0);
    FILE *from = fopen(file, "r");
    assert_non_null(from);
    X509 *certificate = PEM_read_X509(from, NULL, NULL, NULL);
    fclose(from);
    assert_non_null(certificate);
    bool equal = X509_cmp(certificate, SSL_get0_peer_certificate(link.client)) == 0;
    X509_free(certificate);
    tls_link_close(&link);
    return equal;
}

static void tls_reload__new_certificate__for_those_who_come_from_now_on(void **state)
{
    (void)state;
    struct tls_link link;
    tls_link_connect(&link, clients[1]);
    tls_peer_certify("ec", EVP_PKEY_EC, "a.example");
    assert_false(is_shown("ec.crt"));
    assert_int_equal(tls_reload(), 0);
    assert_true(is_shown("ec.crt"));
    tls_link_talk(&link);
    tls_link_close(&link);
}

static int outcome;

static void reload(void)
{
    outcome = tls_reload();
}

static void expect_refusal(int error, const char *line)
{
    capture(reload); /* fetches what is fetched once */
    size_t before = openssl_blocks;
    const char *said = capture(reload);
    assert_int_equal(outcome, error);
    assert_int_equal(openssl_blocks, before);
    assert_int_equal(ERR_peek_error(), 0);
    if (strstr(said, line) == NULL)
        fail_msg("no '%s' in: %s", line, said);
}

static void tls_reload__files_that_do_not_load__the_old_ones_stay(void **state)
{
    (void)state;
    assert_int_equal(rename("ec.crt", "good.crt"), 0);
    assert_int_equal(rename("ec.key", "good.key"), 0);
    expect_refusal(ENOENT, "--tls-cert ec.crt: No such file or directory");
    tls_peer_write("ec.crt", "not a certificate\n");
    expect_refusal(EINVAL, "--tls-cert ec.crt: no start line");
    tls_peer_certify("ec", EVP_PKEY_EC, "a.example");
    assert_int_equal(rename("good.key", "ec.key"), 0);
    expect_refusal(EINVAL, "--tls-key ec.key: key values mismatch");
    tls_peer_certify("other", EVP_PKEY_RSA, "a.example");
    assert_int_equal(rename("other.key", "ec.key"), 0);
    expect_refusal(EINVAL, "--tls-key ec.key: different key types");
    assert_true(is_shown("good.crt"));
    tls_peer_certify("ec", EVP_PKEY_EC, "a.example");
    assert_int_equal(tls_reload(), 0);
}

static void tls_reload__key_with_a_passphrase__refused_without_asking(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    FILE *file = fopen("ec.key", "w");
    assert_non_null(key);
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(),
                                          (const unsigned char *)"secret", 6, NULL, NULL),
                     1);
    fclose(file);
    EVP_PKEY_free(key);
    expect_refusal(EINVAL, "--tls-key ec.key: ");
    tls_peer_certify("ec", EVP_PKEY_EC, "a.example");
    assert_int_equal(tls_reload(), 0);
}

/* ---- options that do not fit, each in a process of its own ----------------------------------- */

static int ended;

/* Reads --tls-cert so many times more, loads, and exits with what that returns. */
static void load_in_child(int more)
{
    char *arguments[2 * 20 + 2] = {"server"};
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < more; i++) {
            arguments[1 + 2 * i] = "--tls-cert";
            arguments[2 + 2 * i] = "ec.crt";
        }
        int refused = fluxi_options_read(1 + 2 * more, arguments);
        _exit(refused >= 0 ? 100 + refused : tls_reload());
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
}

static void load_one_more(void)
{
    load_in_child(1);
}

static void load_20_more(void)
{
    load_in_child(20);
}

static void tls_reload__certificate_without_a_key__said(void **state)
{
    (void)state;
    const char *said = capture(load_one_more);
    assert_int_equal(WEXITSTATUS(ended), EINVAL);
    assert_non_null(strstr(said, "each --tls-cert needs a --tls-key: there are 4 and 3"));
}

static void tls_cert__more_than_there_is_room_for__refused(void **state)
{
    (void)state;
    const char *said = capture(load_20_more);
    assert_int_equal(WEXITSTATUS(ended), 100 + 2);
    assert_non_null(strstr(said, "--tls-cert"));
}

/* ---- the end --------------------------------------------------------------------------------- */

static void stream_receive__peer_closes_with_and_without_notice__the_end(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        char byte;
        size_t got;
        struct tls_link link;
        tls_link_connect(&link, clients[i / 2]);
        if (i % 2 == 0)
            SSL_shutdown(link.client);
        shutdown(link.socket, SHUT_WR);
        assert_int_equal(stream_receive(&link.server, &byte, 1, &got), ECONNRESET);
        assert_int_equal(got, 0);
        assert_true(stream_holds_input(&link.server));
        assert_int_equal(stream_receive(&link.server, &byte, 1, &got), ECONNRESET);
        /* What it has asked for can still be sent. */
        struct iovec part = {(char *)"x", 1};
        assert_int_equal(stream_send(&link.server, &part, 1, false, &got), 0);
        assert_int_equal(SSL_read(link.client, &byte, 1), 1);
        tls_link_close(&link);
    }
}

static void stream_close__rfc9112_9_8__with_close_notify(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct tls_link link;
        tls_link_connect(&link, clients[i]);
        tls_link_talk(&link);
        assert_int_equal(tls_link_end(&link), SSL_ERROR_WANT_READ);
        stream_close(&link.server);
        assert_int_equal(link.server.socket, -1);
        assert_int_equal(tls_link_end(&link), SSL_ERROR_ZERO_RETURN);
        tls_link_close(&link);
    }
}

static void stream_shut__rfc9112_9_8__with_close_notify_and_still_receiving(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char buffer[8];
        size_t got;
        struct tls_link link;
        tls_link_connect(&link, clients[i]);
        tls_link_talk(&link);
        stream_shut(&link.server);
        assert_int_equal(tls_link_end(&link), SSL_ERROR_ZERO_RETURN);
        assert_int_equal(recv(link.socket, buffer, 1, 0), 0);
        assert_int_equal(SSL_write(link.client, "more", 4), 4);
        assert_int_equal(stream_receive(&link.server, buffer, sizeof buffer, &got), 0);
        assert_int_equal(got, 4);
        tls_link_close(&link);
    }
}

static void stream_shut__before_the_handshake__without(void **state)
{
    (void)state;
    char byte;
    struct tls_link link;
    tls_link_open(&link, clients[1]);
    stream_shut(&link.server);
    assert_int_equal(recv(link.socket, &byte, 1, 0), 0);
    tls_link_close(&link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_begin__clients_of_1_2_and_1_3__bytes_go_both_ways),
        cmocka_unit_test(tls_begin__client_of_1_1__told_the_version),
        cmocka_unit_test(tls_begin__rsa_and_ecdsa__the_client_chooses),
        cmocka_unit_test(tls_begin__rfc6066_3_server_name__the_hosts_certificate),
        cmocka_unit_test(tls_begin__rfc7301_3_2_http_1_1_offered__chosen),
        cmocka_unit_test(tls_begin__rfc7301_3_2_only_h2_offered__no_application_protocol),
        cmocka_unit_test(tls_begin__client_renegotiates__refused),
        cmocka_unit_test(tls_begin__http_in_the_clear__can_be_answered),
        cmocka_unit_test(tls_begin__something_else__protocol_error_that_stays),
        cmocka_unit_test(tls_begin__client_with_a_ticket__resumes),
        cmocka_unit_test(tls_reload__client_with_a_ticket_from_before__resumes),
        cmocka_unit_test(tls_reload__new_certificate__for_those_who_come_from_now_on),
        cmocka_unit_test(tls_reload__files_that_do_not_load__the_old_ones_stay),
        cmocka_unit_test(tls_reload__key_with_a_passphrase__refused_without_asking),
        cmocka_unit_test(tls_reload__certificate_without_a_key__said),
        cmocka_unit_test(tls_cert__more_than_there_is_room_for__refused),
        cmocka_unit_test(stream_receive__peer_closes_with_and_without_notice__the_end),
        cmocka_unit_test(stream_close__rfc9112_9_8__with_close_notify),
        cmocka_unit_test(stream_shut__rfc9112_9_8__with_close_notify_and_still_receiving),
        cmocka_unit_test(stream_shut__before_the_handshake__without),
    };
    if (!openssl_memory_watch())
        return 1;
    return cmocka_run_group_tests(tests, prepare, finish);
}
