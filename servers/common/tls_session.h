/* tls_session.h - one connection under TLS: what stream.h's functions do there. */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "stream.h"

#include <openssl/ssl.h>

/* What all sessions have in common. Returns 0 or ENOMEM. */
int tls_session_start(void);
void tls_session_end(void);

/* Sets what sessions rely on in a context. */
void tls_session_prepare(SSL_CTX *context);

/* Puts a stream under TLS, with the certificates of a context, of which it takes a reference.
 * Returns 0 or ENOMEM. */
int tls_session_begin(struct stream *stream, SSL_CTX *context);

/* The same as the client of a server of that name, which may be an address. */
int tls_session_ask(struct stream *stream, SSL_CTX *context, const char *host);

#endif
