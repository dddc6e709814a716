/* limiter.h - how much each address may ask for in a second, for those who need not be who they
 * say.
 *
 * Senders of datagrams can forge addresses, as many as they like: a table of them would be theirs
 * to fill. So there are a fixed number of buckets, an address is hashed to one of them by a key
 * that nobody else knows, and those that share a bucket share its allowance. An address is one of
 * IPv4, or a /64 network of IPv6, as for clients.h. Nothing here is locked.
 */
#ifndef LIMITER_H
#define LIMITER_H

#include "datagrams.h"

struct limiter;

/* `rate`: in a second, and as many at once after a rest; 0: without limit. Returns NULL when there
 * is no memory. */
struct limiter *limiter_new(uint32_t rate);
void limiter_free(struct limiter *limiter);

/* Whether one more is allowed, at a time in nanoseconds; counts it if so. */
bool limiter_allows(struct limiter *limiter, const struct endpoint *from, uint64_t now);

#endif
