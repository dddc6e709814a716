#include "tls.h"

#include "flux.h"
#include "tls_session.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

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

/* Certificates of the same names, one for each type of key, are one context. That of the next names
 * hangs on it, and is freed with it. The first is for clients that name no host, or none of ours.
 */
static SSL_CTX *current; /* guarded by the constraint that tls.h speaks of */
static int next_index;   /* where a context has the next one; set by tls_start */

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

static SSL_CTX *next_of(SSL_CTX *context)
{
    return SSL_CTX_get_ex_data(context, next_index);
}

static void free_next(void *context, void *next, CRYPTO_EX_DATA *data, int index, long number,
                      void *unused)
{
    (void)context;
    (void)data;
    (void)index;
    (void)number;
    (void)unused;
    SSL_CTX_free(next);
}

/* RFC 6066, section 3. */
static int choose_host(SSL *ssl, int *alert, void *unused)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    SSL_CTX *first = SSL_get_SSL_CTX(ssl), *context = first;
    (void)alert;
    (void)unused;
    if (name == NULL || next_of(first) == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    while (context != NULL &&
           X509_check_host(SSL_CTX_get0_certificate(context), name, 0, 0, NULL) != 1)
        context = next_of(context);
    if (context != NULL && context != first && SSL_set_SSL_CTX(ssl, context) == NULL)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
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
    SSL_CTX_set_tlsext_servername_callback(context, choose_host);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    /* What it takes to resume is in the client's ticket. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, RESUMABLE);
    SSL_CTX_set_num_tickets(context, 1); /* who comes back with it gets the next */
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
    X509 *own = SSL_CTX_get0_certificate(context);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
        X509_check_private_key(own, SSL_CTX_get0_privatekey(context)) != 1)
        return refuse_file("--tls-key", key);
    return 0;
}

static const ASN1_OCTET_STRING *names_of(const X509 *certificate)
{
    int at = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
    return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(certificate, at));
}

static bool is_for_the_same(const X509 *one, const X509 *other)
{
    const ASN1_OCTET_STRING *names = names_of(one), *other_names = names_of(other);
    if (names == NULL || other_names == NULL)
        return names == other_names &&
               X509_NAME_cmp(X509_get_subject_name(one), X509_get_subject_name(other)) == 0;
    return ASN1_OCTET_STRING_cmp(names, other_names) == 0;
}

/* Takes the certificate of `from` into a context of the same names that has none of its type. */
static bool join(SSL_CTX *context, SSL_CTX *from)
{
    X509 *certificate = SSL_CTX_get0_certificate(from);
    STACK_OF(X509) *chain = NULL;
    const int replace = 0;
    SSL_CTX_get0_chain_certs(from, &chain);
    return is_for_the_same(SSL_CTX_get0_certificate(context), certificate) &&
           SSL_CTX_use_cert_and_key(context, certificate, SSL_CTX_get0_privatekey(from), chain,
                                    replace) == 1;
}

/* Adds a context to those that begin with *first. It is freed, or belongs to them. */
static int add_context(SSL_CTX **first, SSL_CTX *context)
{
    SSL_CTX *last = NULL;
    for (SSL_CTX *each = *first; each != NULL; each = next_of(each)) {
        if (join(each, context)) {
            SSL_CTX_free(context);
            return 0;
        }
        last = each;
    }
    if (last == NULL) {
        *first = context;
    } else if (SSL_CTX_set_ex_data(last, next_index, context) != 1) {
        SSL_CTX_free(context);
        return ENOMEM;
    }
    return 0;
}

static int load_all(SSL_CTX **first)
{
    int error = 0;
    for (size_t i = 0; i < certificate_count && error == 0; i++) {
        SSL_CTX *context = context_new();
        if (context == NULL)
            return ENOMEM;
        error = load_pair(context, certificates[i], keys[i]);
        if (error != 0)
            SSL_CTX_free(context);
        else
            error = add_context(first, context);
    }
    return error;
}

static int load(SSL_CTX **loaded)
{
    if (certificate_count != key_count) {
        flux_log(FLUX_ERROR, "each --tls-cert needs a --tls-key: there are %zu and %zu",
                 certificate_count, key_count);
        return EINVAL;
    }
    *loaded = NULL;
    ERR_clear_error();
    int error = load_all(loaded);
    ERR_clear_error();
    if (error != 0)
        SSL_CTX_free(*loaded);
    return error;
}

/* ---- for the program's life ------------------------------------------------------------------ */

int tls_start(void)
{
    SSL_CTX *context;
    int error = tls_session_start();
    next_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_next);
    if (error == 0 && next_index < 0)
        error = ENOMEM;
    if (error == 0)
        error = load(&context);
    if (error == 0)
        current = context;
    else
        tls_session_end();
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
