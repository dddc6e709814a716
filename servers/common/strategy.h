/* strategy.h - which of several replicas a connection goes to. A row of the table in strategy.c. */
#ifndef STRATEGY_H
#define STRATEGY_H

#include "replicas.h"

/* What a strategy chooses from: replicas that take a connection now, in the order in which they
 * were added. */
struct choice {
    struct replica *const *of;
    size_t count; /* at least 1 */
    const struct peer *client;
    uint64_t now;     /* ns of the monotonic clock */
    uint64_t turn;    /* one more for each connection */
    uint64_t *random; /* state of strategy_random */
};

struct strategy {
    const char *name;
    /* Returns an index below count. */
    size_t (*pick)(const struct choice *choice);
};

/* splitmix64: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
 */
uint64_t strategy_random(uint64_t *state);

/* FNV-1a, then the finalizer of splitmix64, so that all bits count. */
uint64_t strategy_hash(uint64_t seed, const void *data, size_t length);

#endif
