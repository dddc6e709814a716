#include "bandwidth.h"

#define SECOND 1000000000

void rate_count(struct rate *rate, uint64_t bytes)
{
    rate->total += bytes;
    rate->since += bytes;
}

void rate_tick(struct rate *rate, double seconds)
{
    double weight = seconds < 3 ? seconds / 3 : 1;
    rate->per_second += weight * ((double)rate->since / seconds - rate->per_second);
    if (rate->per_second < 1)
        rate->per_second = 0;
    rate->since = 0;
}

static int64_t capacity(const struct bucket *bucket)
{
    uint64_t most = bucket->limit / 4;
    return most > 1024 ? (int64_t)most : 1024;
}

uint64_t bucket_look(struct bucket *bucket, uint64_t now)
{
    if (bucket->limit == 0)
        return UINT64_MAX;
    uint64_t passed = now - bucket->filled;
    if (bucket->filled == 0 || passed > SECOND)
        passed = bucket->filled == 0 ? 0 : SECOND;
    int64_t more = (int64_t)((double)bucket->limit * (double)passed / SECOND);
    if (more > 0 || bucket->filled == 0) {
        bucket->filled = now;
        bucket->tokens += more;
        if (bucket->tokens > capacity(bucket))
            bucket->tokens = capacity(bucket);
    }
    return bucket->tokens > 0 ? (uint64_t)bucket->tokens : 0;
}

void bucket_take(struct bucket *bucket, uint64_t bytes)
{
    if (bucket->limit > 0)
        bucket->tokens -= (int64_t)bytes;
}

int bucket_wait(const struct bucket *bucket)
{
    if (bucket->limit == 0 || bucket->tokens > 0)
        return 1;
    double milliseconds = 1000.0 * (double)(1 - bucket->tokens) / (double)bucket->limit + 1;
    return milliseconds < 1000 ? (int)milliseconds : 1000;
}
