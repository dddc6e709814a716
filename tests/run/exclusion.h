/* exclusion.h - notices flows that are where only one may be, and gives them the time to get there.
 */
#ifndef EXCLUSION_H
#define EXCLUSION_H

#include "flux.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* A place that flows enter and leave. */
struct exclusion {
    atomic_int inside;
    atomic_int overlaps; /* how often one entered that was not alone */
};

/* Lets other flows run: other threads by yielding, other flows of a loop by a call that blocks. */
static inline void exclusion_dawdle(void)
{
    static atomic_uint calls;

    if (atomic_fetch_add(&calls, 1) % 16 == 0)
        usleep(1);
    else
        sched_yield();
}

static inline void exclusion_enter(struct exclusion *place)
{
    if (atomic_fetch_add(&place->inside, 1) != 0)
        place->overlaps++;
    exclusion_dawdle();
}

static inline void exclusion_leave(struct exclusion *place)
{
    exclusion_dawdle();
    atomic_fetch_sub(&place->inside, 1);
}

/* How many flows a test of many is to start: `trace` runs it fifty times, and prints every step. */
static inline int exclusion_flows(int many)
{
    return strcmp(flux_runtime_name(), "trace") == 0 ? many / 20 : many;
}

#endif
