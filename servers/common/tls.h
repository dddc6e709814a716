/* tls.h - TLS 1.2 and 1.3, by OpenSSL, for streams.
 *
 * `initial` loads the certificates that --tls-cert and --tls-key name, tls_begin puts an accepted
 * connection under TLS, and from then on stream.h is all there is to know. The handshake is made by
 * the first calls of stream_receive. Clients resume by tickets; nothing is kept here for them. Of
 * the protocols of ALPN there is http/1.1. There may be certificates of several types for one host,
 * and certificates for several hosts: the client's server name chooses.
 *
 * The certificates in use are one pointer: in the .flux file nodes that call tls_begin hold a
 * constraint as readers, one that calls tls_reload holds it alone. tls_start and tls_end belong
 * into `initial` and `final`.
 */
#ifndef TLS_H
#define TLS_H

#include "stream.h"

#include <stdbool.h>

/* --tls-cert or --tls-key was given. */
bool tls_wanted(void);

/* Loads them. Returns 0 or an error number, with a line logged that says which file and why. */
int tls_start(void);

/* Loads them anew, for connections that begin from now on; others go on as they began, and who has
 * been here before still resumes. If one cannot be loaded all stay as they are; returns an error
 * number, with a line logged. Reads files: a node that calls it is `blocking`. */
int tls_reload(void);

/* Every stream must have been closed. */
void tls_end(void);

/* Puts a stream that has just been accepted under TLS. Returns 0 or ENOMEM. */
int tls_begin(struct stream *stream);

#endif
