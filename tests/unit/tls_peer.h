/* tls_peer.h - certificates, and the client's end of a connection, in tests of TLS.
 *
 * Both ends are in one thread: neither waits, and they are called in turns.
 */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include "stream.h"

#include <openssl/ssl.h>

/* ---- certificates ---------------------------------------------------------------------------- */

/* The test goes on in a folder of its own, which tls_peer_leave removes with all that is in it. */
void tls_peer_enter(void);
void tls_peer_leave(void);

/* Writes NAME.crt, self-signed for a host, and NAME.key. type: EVP_PKEY_RSA or EVP_PKEY_EC. */
void tls_peer_certify(const char *name, int type, const char *host);

/* Writes a file. */
void tls_peer_write(const char *name, const char *text);

/* ---- connections ----------------------------------------------------------------------------- */

struct tls_link {
    struct stream server;
    SSL *client;
    int socket; /* the client's */
};

/* A client that speaks this version only. */
SSL_CTX *tls_peer_context(int version);

/* A pair of sockets; the server's is under TLS by tls_begin. */
void tls_link_open(struct tls_link *link, SSL_CTX *context);
void tls_link_close(struct tls_link *link);

/* Both ends in turns until the handshake is over. Returns 0, the server's error, or -1 where it is
 * the client that fails. */
int tls_link_shake(struct tls_link *link);

/* tls_link_open and a handshake that succeeds. */
void tls_link_connect(struct tls_link *link, SSL_CTX *context);

/* The client sends, and the server receives the same; and the other way round. */
void tls_link_talk(struct tls_link *link);

/* What the client's next SSL_read fails with: SSL_ERROR_... */
int tls_link_end(struct tls_link *link);

/* The number of the fatal alert that the client's last call has failed of; 0: none. */
int tls_peer_alert(void);

/* The last session that a client was given a ticket for, or NULL; the caller's. */
SSL_SESSION *tls_peer_ticket(void);

#endif
