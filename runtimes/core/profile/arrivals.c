/* arrivals.c - the times between arrivals: of each source's flows, and of its requests. The arrival
 * after a watched one is timed, so the times are sampled as requests are. */
#include "watched.h"

#include "core.h"
#include "popularity.h"

#include <errno.h>
#include <stdlib.h>

struct arrivals {
    _Atomic uint64_t since; /* when the watched one came; 0: the next one is not timed */
    _Atomic uint64_t weight;
    struct fluxi_times times;
};

static struct arrivals *all; /* two for each source */

void fluxi_arrives(unsigned source, enum fluxi_arrival kind, uint64_t weight)
{
    struct arrivals *arrivals = &all[2 * source + kind];
    uint64_t since = atomic_load_explicit(&arrivals->since, memory_order_relaxed);
    if (since == 0 && weight == 0)
        return;
    uint64_t now = flux_now();
    uint64_t before = atomic_load_explicit(&arrivals->weight, memory_order_relaxed);
    since = atomic_exchange_explicit(&arrivals->since, weight > 0 ? now : 0, memory_order_relaxed);
    if (weight > 0)
        atomic_store_explicit(&arrivals->weight, weight, memory_order_relaxed);
    if (since != 0 && now > since)
        fluxi_times_add(&arrivals->times, now - since, before);
}

void fluxi_profile_joins(struct flux_flow *flow)
{
    fluxi_popular((unsigned)(flow->source - flux_program.sources), flow->session_id);
}

struct fluxi_times *fluxi_arrival_times(unsigned source, enum fluxi_arrival kind)
{
    return &all[2 * source + kind].times;
}

int fluxi_arrivals_start(void)
{
    all = calloc(2 * flux_program.source_count + 1u, sizeof *all);
    return all != NULL ? 0 : ENOMEM;
}

void fluxi_arrivals_free(void)
{
    for (unsigned i = 0; all != NULL && i < 2 * flux_program.source_count; i++)
        fluxi_times_free(&all[i].times);
    free(all);
    all = NULL;
}
