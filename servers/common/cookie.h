/* cookie.h - stateless cookies: whoever echoes one can receive at the address that it names.
 *
 * As in RFC 6347, section 4.2.1, and RFC 9000, section 8.1: a hash of the address, the client's
 * nonce and the time under a key that the server has drawn for itself. Nothing is remembered of
 * those who ask, so nobody can fill a table by asking. Any thread may call these.
 */
#ifndef COOKIE_H
#define COOKIE_H

#include "datagrams.h"

#define COOKIE_SIZE 16

struct cookie_key {
    uint8_t bytes[32];
};

/* Draws a key. Returns 0 or an error number. */
int cookie_key_draw(struct cookie_key *key);

/* The cookie of this client at this time. ENOMEM where the library has no memory. */
int cookie_make(const struct cookie_key *key, const struct endpoint *client, uint64_t nonce,
                uint32_t time, uint8_t cookie[COOKIE_SIZE]);

/* Whether `cookie` was made for this client at `time`, and that was no more than `patience` seconds
 * ago. Takes as long for a cookie that is nearly right as for any other. */
bool cookie_is_good(const struct cookie_key *key, const struct endpoint *client, uint64_t nonce,
                    uint32_t time, uint32_t now, uint32_t patience,
                    const uint8_t cookie[COOKIE_SIZE]);

#endif
