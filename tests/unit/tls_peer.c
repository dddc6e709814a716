#include "tls_peer.h"

#include "tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- files ----------------------------------------------------------------------------------- */

static char folder[] = "/tmp/flux-tls-XXXXXX";

void tls_peer_enter(void)
{
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
}

void tls_peer_leave(void)
{
    DIR *here = opendir(".");
    struct dirent *entry;
    assert_non_null(here);
    while ((entry = readdir(here)) != NULL)
        unlink(entry->d_name);
    closedir(here);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0);
}

void tls_peer_write(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static X509 *sign(EVP_PKEY *key, const char *host)
{
    X509 *certificate = X509_new();
    char names[256];
    snprintf(names, sizeof names, "DNS:%s", host);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    assert_non_null(certificate);
    assert_non_null(extension);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 60 * 60);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)host, -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, key);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

void tls_peer_certify(const char *name, int type, const char *host)
{
    EVP_PKEY *key = type == EVP_PKEY_RSA ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    char path[128];
    assert_non_null(key);
    X509 *certificate = sign(key, host);

    snprintf(path, sizeof path, "%s.crt", name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);

    snprintf(path, sizeof path, "%s.key", name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);

    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* ---- connections ----------------------------------------------------------------------------- */

static SSL_SESSION *ticket;
static int alert;

static int keep_ticket(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(ticket);
    ticket = session;
    return 1;
}

SSL_SESSION *tls_peer_ticket(void)
{
    SSL_SESSION *last = ticket;
    ticket = NULL;
    return last;
}

static void keep_alert(const SSL *ssl, int where, int value)
{
    (void)ssl;
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
        alert = value & 0xff;
}

int tls_peer_alert(void)
{
    return alert;
}

SSL_CTX *tls_peer_context(int version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0); /* old versions are tried as well */
    assert_int_equal(SSL_CTX_set_min_proto_version(context, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, version), 1);
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, keep_ticket);
    SSL_CTX_set_info_callback(context, keep_alert);
    return context;
}

void tls_link_open(struct tls_link *link, SSL_CTX *context)
{
    int sockets[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    link->server = (struct stream){.socket = sockets[0]};
    link->socket = sockets[1];
    link->client = SSL_new(context);
    assert_non_null(link->client);
    assert_int_equal(SSL_set_fd(link->client, link->socket), 1);
    SSL_set_connect_state(link->client);
    assert_int_equal(tls_begin(&link->server), 0);
    alert = 0;
}

void tls_link_close(struct tls_link *link)
{
    if (link->server.socket >= 0)
        stream_close(&link->server);
    SSL_free(link->client);
    close(link->socket);
    ERR_clear_error();
}

int tls_link_shake(struct tls_link *link)
{
    char byte;
    size_t got;
    for (int turns = 0; turns < 100; turns++) {
        ERR_clear_error();
        int result = SSL_do_handshake(link->client);
        bool failed = result != 1 && SSL_get_error(link->client, result) != SSL_ERROR_WANT_READ;
        /* The server learns of it, or is still to hear the client's last message. */
        int error = stream_receive(&link->server, &byte, 1, &got);
        assert_int_equal(ERR_peek_error(), 0);
        assert_int_equal(got, 0);
        if (failed)
            return -1;
        if (error != 0) {
            SSL_do_handshake(link->client);
            return error;
        }
        if (result == 1)
            return 0;
    }
    fail_msg("no end to the handshake");
    return ELOOP;
}

void tls_link_connect(struct tls_link *link, SSL_CTX *context)
{
    tls_link_open(link, context);
    assert_int_equal(tls_link_shake(link), 0);
}

void tls_link_talk(struct tls_link *link)
{
    static const char request[] = "GET / HTTP/1.1", response[] = "HTTP/1.1 200 OK";
    char buffer[64];
    size_t done;
    assert_int_equal(SSL_write(link->client, request, sizeof request), sizeof request);
    assert_int_equal(stream_receive(&link->server, buffer, sizeof buffer, &done), 0);
    assert_int_equal(done, sizeof request);
    assert_string_equal(buffer, request);
    assert_false(stream_holds_input(&link->server));

    struct iovec part = {(char *)response, sizeof response};
    assert_int_equal(stream_send(&link->server, &part, 1, false, &done), 0);
    assert_int_equal(done, sizeof response);
    assert_int_equal(SSL_read(link->client, buffer, sizeof buffer), sizeof response);
    assert_string_equal(buffer, response);
}

int tls_link_end(struct tls_link *link)
{
    char byte;
    ERR_clear_error();
    int result = SSL_read(link->client, &byte, 1);
    assert_true(result <= 0);
    int error = SSL_get_error(link->client, result);
    ERR_clear_error();
    return error;
}
