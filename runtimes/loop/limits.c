/* limits.c - time limits of awaits (R36). Awaits of one limit end in the order in which they began,
 * so each limit has a queue, and one timer for its first flow. A flow that leaves before its
 * deadline leaves the timer alone: when it fires, it is set again for whoever is first by then. */
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>

struct limit {
    struct limit *next; /* in its bucket */
    int64_t milliseconds;
    struct timer timer;
    struct flux_flow ring; /* its `later` is the first, its `earlier` the last; so that a flow can
                              leave without knowing its queue */
};

#define SIZE_MIN 16u

static struct limit **bucket(const struct limits *limits, int64_t milliseconds)
{
    uint64_t hash = (uint64_t)milliseconds * 0x9E3779B97F4A7C15u; /* Fibonacci hashing */
    return &limits->buckets[hash >> 32 & (limits->size - 1)];
}

/* Twice as many buckets: a program may have as many limits as there are milliseconds. False: no
 * memory; with the buckets that there are it goes on more slowly. */
static bool grow(struct limits *limits)
{
    struct limits grown = {.count = limits->count,
                           .size = limits->size ? 2 * limits->size : SIZE_MIN};
    grown.buckets = calloc(grown.size, sizeof *grown.buckets);
    if (!grown.buckets)
        return false;
    for (unsigned i = 0; i < limits->size; i++) {
        for (struct limit *limit = limits->buckets[i], *next; limit; limit = next) {
            struct limit **head = bucket(&grown, limit->milliseconds);
            next = limit->next;
            limit->next = *head;
            *head = limit;
        }
    }
    free(limits->buckets);
    *limits = grown;
    return true;
}

static void discard(struct loop *loop, struct limit *limit)
{
    struct limit **link = bucket(&loop->limits, limit->milliseconds);
    while (*link != limit)
        link = &(*link)->next;
    *link = limit->next;
    loop->limits.count--;
    free(limit);
}

static void expire(struct loop *loop, struct timer *timer)
{
    struct limit *limit = FLUXI_CONTAINER(timer, struct limit, timer);
    uint64_t now = flux_now();
    for (;;) {
        struct flux_flow *flow = limit->ring.later;
        if (flow == &limit->ring) {
            discard(loop, limit);
            return;
        }
        /* The heap has just lost this timer, so there is room; if it has shrunk and cannot grow
         * again, the flows of this limit end early rather than never. */
        if (flow->deadline > now && fluxi_timer_set(loop, timer, flow->deadline))
            return;
        fluxi_await_end(loop, flow, ETIMEDOUT);
    }
}

static struct limit *limit_of(struct loop *loop, int64_t milliseconds, uint64_t deadline)
{
    struct limits *limits = &loop->limits;
    if (limits->count >= limits->size && !grow(limits) && limits->size == 0)
        return NULL;
    struct limit **head = bucket(limits, milliseconds);
    for (struct limit *limit = *head; limit; limit = limit->next)
        if (limit->milliseconds == milliseconds)
            return limit;
    struct limit *limit = calloc(1, sizeof *limit);
    if (!limit)
        return NULL;
    limit->milliseconds = milliseconds;
    limit->ring.later = limit->ring.earlier = &limit->ring;
    limit->timer.fire = expire;
    if (!fluxi_timer_set(loop, &limit->timer, deadline)) {
        free(limit);
        return NULL;
    }
    limit->next = *head;
    *head = limit;
    limits->count++;
    return limit;
}

bool fluxi_limit_begin(struct loop *loop, struct flux_flow *flow, int64_t milliseconds)
{
    if (milliseconds > INT64_MAX / 2000000)
        milliseconds = INT64_MAX / 2000000; /* 146 years */
    uint64_t deadline = flux_now() + (uint64_t)milliseconds * 1000000;
    struct limit *limit = limit_of(loop, milliseconds, deadline);
    if (!limit)
        return false;
    flow->deadline = deadline;
    flow->later = &limit->ring;
    flow->earlier = limit->ring.earlier;
    flow->earlier->later = flow;
    limit->ring.earlier = flow;
    return true;
}

void fluxi_limit_end(struct flux_flow *flow)
{
    if (flow->deadline == 0)
        return;
    flow->deadline = 0;
    flow->later->earlier = flow->earlier;
    flow->earlier->later = flow->later;
}

void fluxi_limits_free(struct loop *loop)
{
    for (unsigned i = 0; i < loop->limits.size; i++) {
        struct limit *limit = loop->limits.buckets[i];
        while (limit) {
            struct limit *next = limit->next;
            fluxi_timer_clear(loop, &limit->timer);
            free(limit);
            limit = next;
        }
    }
    free(loop->limits.buckets);
    loop->limits = (struct limits){0};
}
