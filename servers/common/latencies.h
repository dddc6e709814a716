/* latencies.h - how long many requests have taken: a histogram whose buckets are a thirty-second of
 * their value wide (as HdrHistogram's are: G. Tene), so quantiles are right to 1.6 %.
 *
 * Values are microseconds, up to an hour and more. Packed, it is a pair of bucket and count for
 * each bucket that is not empty, which is how it is kept in a database.
 */
#ifndef LATENCIES_H
#define LATENCIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LATENCIES_BUCKETS 928 /* 32 below 32, then 32 for each power of two up to 2^33 */

struct latencies {
    uint64_t count, sum, max;
    uint32_t buckets[LATENCIES_BUCKETS];
};

void latencies_add(struct latencies *latencies, uint64_t microseconds);
/* Adds those of another one. */
void latencies_merge(struct latencies *latencies, const struct latencies *more);

/* The value that a share of all, 0.5 or 0.99, is not above; 0 where there are none. Never above the
 * largest. */
uint64_t latencies_quantile(const struct latencies *latencies, double share);

/* Only the buckets: returns the length, which is at most LATENCIES_PACKED. */
#define LATENCIES_PACKED (6 * LATENCIES_BUCKETS)
size_t latencies_pack(const struct latencies *latencies, unsigned char packed[LATENCIES_PACKED]);
/* Adds the buckets that have been packed; false where this is nothing that could have been. */
bool latencies_unpack(struct latencies *latencies, const unsigned char *packed, size_t length);

#endif
