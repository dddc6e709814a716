/* secure.h - TLS, as a client has it. Certificates are not checked: what is measured is a server of
 * one's own. */
#ifndef SECURE_H
#define SECURE_H

#include "stream.h"

/* In `initial` and `final`. Returns 0 or an error number. */
int secure_start(void);
void secure_stop(void);

/* Puts a connection under TLS; the handshake is made by receiving. Returns 0 or ENOMEM. */
int secure_begin(struct stream *stream);

#endif
