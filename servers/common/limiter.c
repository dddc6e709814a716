/* limiter.c - a bucket is one number: the moment at which it will be full (the theoretical arrival
 * time of the generic cell rate algorithm, ITU-T I.371). Each datagram moves it on by its share of
 * a second; it is refused where that moment would be more than a second ahead. */
#include "limiter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS 32768 /* a power of two */
#define SECOND  UINT64_C(1000000000)

struct limiter {
    uint64_t share; /* ns for each; 0: without limit */
    uint64_t key[2];
    uint64_t full[BUCKETS];
};

struct limiter *limiter_new(uint32_t rate)
{
    struct limiter *limiter = calloc(1, sizeof *limiter);
    if (limiter == NULL)
        return NULL;
    limiter->share = rate > 0 ? SECOND / rate : 0;
    if (getrandom(limiter->key, sizeof limiter->key, GRND_NONBLOCK) < 0)
        limiter->key[0] = (uint64_t)(uintptr_t)limiter;
    return limiter;
}

void limiter_free(struct limiter *limiter)
{
    free(limiter);
}

/* Mixing as in splitmix64 (Steele, Lea, Flood: Fast splittable generators, 2014). */
static uint64_t mix(uint64_t hash)
{
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    return hash ^ hash >> 31;
}

static uint64_t *bucket_of(struct limiter *limiter, const struct endpoint *from)
{
    uint64_t address = 0;
    if (from->peer.any.sa_family == AF_INET)
        memcpy(&address, &from->peer.in.sin_addr, 4);
    else
        memcpy(&address, &from->peer.in6.sin6_addr, 8);
    const uint64_t hash = mix(mix(address ^ limiter->key[0]) + limiter->key[1]);
    return &limiter->full[hash & (BUCKETS - 1)];
}

bool limiter_allows(struct limiter *limiter, const struct endpoint *from, uint64_t now)
{
    if (limiter->share == 0)
        return true;
    uint64_t *bucket = bucket_of(limiter, from);
    const uint64_t full = (*bucket > now ? *bucket : now) + limiter->share;
    if (full > now + SECOND)
        return false;
    *bucket = full;
    return true;
}
