#include "latencies.h"

#define STEPS 32 /* of each power of two */
#define SHIFT 5  /* its logarithm */

static unsigned bucket_of(uint64_t value)
{
    if (value < STEPS)
        return (unsigned)value;
    unsigned power = 63 - (unsigned)__builtin_clzll(value) - SHIFT;
    uint64_t bucket = (uint64_t)(power + 1) * STEPS + ((value >> power) - STEPS);
    return bucket < LATENCIES_BUCKETS ? (unsigned)bucket : LATENCIES_BUCKETS - 1;
}

/* The middle of a bucket. */
static uint64_t value_of(unsigned bucket)
{
    if (bucket < STEPS)
        return bucket;
    unsigned power = bucket / STEPS - 1;
    uint64_t low = (uint64_t)(STEPS + bucket % STEPS) << power;
    return low + ((UINT64_C(1) << power) >> 1);
}

void latencies_add(struct latencies *latencies, uint64_t microseconds)
{
    latencies->count++;
    latencies->sum += microseconds;
    if (microseconds > latencies->max)
        latencies->max = microseconds;
    latencies->buckets[bucket_of(microseconds)]++;
}

void latencies_merge(struct latencies *latencies, const struct latencies *more)
{
    latencies->count += more->count;
    latencies->sum += more->sum;
    if (more->max > latencies->max)
        latencies->max = more->max;
    for (unsigned i = 0; i < LATENCIES_BUCKETS; i++)
        latencies->buckets[i] += more->buckets[i];
}

uint64_t latencies_quantile(const struct latencies *latencies, double share)
{
    uint64_t total = 0, below = 0;
    for (unsigned i = 0; i < LATENCIES_BUCKETS; i++)
        total += latencies->buckets[i];
    if (total == 0)
        return 0;
    double exact = (double)total * share;
    uint64_t rank = (uint64_t)exact;
    if ((double)rank < exact || rank == 0)
        rank++;
    for (unsigned i = 0; i < LATENCIES_BUCKETS; i++) {
        below += latencies->buckets[i];
        if (below >= rank)
            return value_of(i) < latencies->max ? value_of(i) : latencies->max;
    }
    return latencies->max;
}

/* Little endian: two bytes of bucket, four of count. */
size_t latencies_pack(const struct latencies *latencies, unsigned char packed[LATENCIES_PACKED])
{
    size_t at = 0;
    for (unsigned i = 0; i < LATENCIES_BUCKETS; i++) {
        uint32_t count = latencies->buckets[i];
        if (count == 0)
            continue;
        packed[at++] = (unsigned char)i;
        packed[at++] = (unsigned char)(i >> 8);
        for (unsigned shift = 0; shift < 32; shift += 8)
            packed[at++] = (unsigned char)(count >> shift);
    }
    return at;
}

bool latencies_unpack(struct latencies *latencies, const unsigned char *packed, size_t length)
{
    if (length % 6 != 0)
        return false;
    for (size_t at = 0; at < length; at += 6) {
        unsigned bucket = packed[at] | (unsigned)packed[at + 1] << 8;
        uint32_t count = 0;
        if (bucket >= LATENCIES_BUCKETS)
            return false;
        for (unsigned i = 0; i < 4; i++)
            count |= (uint32_t)packed[at + 2 + i] << 8 * i;
        latencies->buckets[bucket] += count;
    }
    return true;
}
