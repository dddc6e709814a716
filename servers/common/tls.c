#include "tls.h"

#include "flux.h"
#include "tls_session.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* "Intermediate" of Mozilla's Server Side TLS, version 5.7, without the ciphers of finite-field
 * Diffie-Hellman, by which clients make a server work for nothing (CVE-2002-20001) and which none
 * needs. TLS 1.3 has its own, all of which are allowed. */
#define CIPHERS                                                                                    \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define GROUPS "X25519:P-256:P-384"

/* For how long a client may resume, in seconds. */
#define RESUMABLE 3600

/* Name, HMAC key and AES key of tickets, as OpenSSL 3 takes them. */
#define TICKET_KEYS_SIZE 80

#define MOST 16

/* The n-th certificate and the n-th key belong together. */
static const char *certificates[MOST], *keys[MOST];
static size_t certificate_count, key_count;

static SSL_CTX *current; /* guarded by the constraint that tls.h speaks of */

/* ---- options --------------------------------------------------------------------------------- */

static int add_file(const char *files[MOST], size_t *count, const char *file)
{
    if (*count == MOST)
        return ENOSPC;
    files[(*count)++] = file;
    return 0;
}

static int add_certificate(const char *file)
{
    return add_file(certificates, &certificate_count, file);
}

static int add_key(const char *file)
{
    return add_file(keys, &key_count, file);
}

/* clang-format off */
static const struct flux_option options[] = {
    {"tls-cert", "FILE", "serve TLS with this certificate and its chain, PEM; may be repeated",
     FLUX_CALL, NULL, 0, 0, add_certificate},
    {"tls-key", "FILE", "the private key of the certificate, PEM; one for each",
     FLUX_CALL, NULL, 0, 0, add_key},
};
/* clang-format on */
FLUX_OPTIONS(options);

bool tls_wanted(void)
{
    return certificate_count + key_count > 0;
}

/* ---- contexts -------------------------------------------------------------------------------- */

/* RFC 7301, section 3.2: a client that names protocols and not this one is sent away. */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_length,
                           const unsigned char *offered, unsigned int offered_length, void *unused)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *found;
    (void)ssl;
    (void)unused;
    if (SSL_select_next_proto(&found, chosen_length, ours, sizeof ours - 1, offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/* A server asks nobody for the passphrase of a key. */
static int no_passphrase(char *buffer, int size, int writing, void *unused)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)unused;
    return -1;
}

static SSL_CTX *context_new(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL)
        return NULL;
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, CIPHERS) != 1 ||
        SSL_CTX_set1_groups_list(context, GROUPS) != 1) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    /* What it takes to resume is in the client's ticket. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, RESUMABLE);
    tls_session_prepare(context);
    return context;
}

/* Tickets that one context has issued are good for the other. */
static bool share_ticket_keys(SSL_CTX *from, SSL_CTX *to)
{
    unsigned char ticket_keys[TICKET_KEYS_SIZE];
    bool shared = SSL_CTX_get_tlsext_ticket_keys(from, ticket_keys, sizeof ticket_keys) == 1 &&
                  SSL_CTX_set_tlsext_ticket_keys(to, ticket_keys, sizeof ticket_keys) == 1;
    OPENSSL_cleanse(ticket_keys, sizeof ticket_keys);
    return shared;
}

/* ---- certificates ---------------------------------------------------------------------------- */

/* Logs why OpenSSL did not take a file, and returns an error number for it. */
static int refuse_file(const char *option, const char *file)
{
    unsigned long first = ERR_peek_error();
    const char *reason = ERR_reason_error_string(first);
    int error = EINVAL;
    if (ERR_GET_LIB(first) == ERR_LIB_SYS) {
        error = ERR_GET_REASON(first);
        reason = flux_strerror(error);
    } else if (ERR_GET_REASON(first) == ERR_R_MALLOC_FAILURE) {
        error = ENOMEM;
    }
    flux_log(FLUX_ERROR, "%s %s: %s", option, file, reason != NULL ? reason : "cannot be used");
    return error;
}

static int load_pair(SSL_CTX *context, const char *certificate, const char *key)
{
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return refuse_file("--tls-cert", certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
        X509_check_private_key(SSL_CTX_get0_certificate(context),
                               SSL_CTX_get0_privatekey(context)) != 1)
        return refuse_file("--tls-key", key);
    return 0;
}

static int load(SSL_CTX **loaded)
{
    if (certificate_count != key_count) {
        flux_log(FLUX_ERROR, "each --tls-cert needs a --tls-key: there are %zu and %zu",
                 certificate_count, key_count);
        return EINVAL;
    }
    ERR_clear_error();
    SSL_CTX *context = context_new();
    int error = context == NULL ? ENOMEM : 0;
    for (size_t i = 0; i < certificate_count && error == 0; i++)
        error = load_pair(context, certificates[i], keys[i]);
    ERR_clear_error();
    if (error != 0)
        SSL_CTX_free(context);
    else
        *loaded = context;
    return error;
}

/* ---- for the program's life ------------------------------------------------------------------ */

int tls_start(void)
{
    int error = tls_session_start();
    if (error == 0)
        error = load(&current);
    if (error != 0)
        tls_end();
    return error;
}

int tls_reload(void)
{
    SSL_CTX *context;
    int error = load(&context);
    if (error != 0)
        return error;
    if (!share_ticket_keys(current, context)) {
        SSL_CTX_free(context);
        return ENOMEM;
    }
    /* Connections that use the old one keep it. */
    SSL_CTX_free(current);
    current = context;
    return 0;
}

void tls_end(void)
{
    SSL_CTX_free(current);
    current = NULL;
    tls_session_end();
}

int tls_begin(struct stream *stream)
{
    return tls_session_begin(stream, current);
}
