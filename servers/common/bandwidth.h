/* bandwidth.h - how fast bytes move, and how fast they may.
 *
 * Nothing here is locked.
 */
#ifndef BANDWIDTH_H
#define BANDWIDTH_H

#include <stdint.h>

/* A rate over the last seconds: what has been counted since the last second is blended in. */
struct rate {
    uint64_t total; /* bytes ever */
    uint64_t since; /* the last rate_tick */
    double per_second;
};

void rate_count(struct rate *rate, uint64_t bytes);
/* Called every `seconds`. The rate follows within some five seconds. */
void rate_tick(struct rate *rate, double seconds);

/* A limit: tokens that come in steadily, and at most a quarter of a second's worth are kept. Who
 * has taken too many leaves a debt to all, so the limit holds in the long run. */
struct bucket {
    uint64_t limit; /* bytes a second; 0: none */
    int64_t tokens;
    uint64_t filled; /* when, in nanoseconds */
};

/* Fills it up to now, and returns how much may be taken; UINT64_MAX: as much as you like. */
uint64_t bucket_look(struct bucket *bucket, uint64_t now);
void bucket_take(struct bucket *bucket, uint64_t bytes);
/* Milliseconds until something may be taken again, at least 1. */
int bucket_wait(const struct bucket *bucket);

#endif
