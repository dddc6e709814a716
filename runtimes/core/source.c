/* source.c - the sources of the running program, and what happens when one fails (R14).
 *
 * "Nothing this time" is an everyday answer, so a failing source just runs again; from the tenth
 * failure in a row it waits, 1 ms at first, twice as long each time, 100 ms at most. A process out
 * of descriptors or memory waits from the first failure on, since what a source could do about it
 * is to try again at once. Either case is logged when it begins, and then not again for a minute:
 * a server at its limit goes in and out of it with every connection that ends.
 */
#include "core.h"

#include <errno.h>
#include <stdlib.h>

#define PATIENCE   10u /* failures in a row */
#define WAIT_MIN   UINT64_C(1000000)
#define WAIT_MAX   UINT64_C(100000000)
#define LOG_PERIOD UINT64_C(60000000000)

atomic_bool fluxi_stopping;

struct fluxi_source *fluxi_sources;
unsigned fluxi_source_count;
static void *memory; /* in which they lie */

int fluxi_sources_make(void)
{
    unsigned copies = fluxi_runtime_copies(), count = 0;
    for (unsigned i = 0; i < flux_program.source_count; i++)
        count += flux_program.sources[i].parallel ? copies : 1;
    memory = calloc(1, count * sizeof *fluxi_sources + alignof(struct fluxi_source));
    if (memory == NULL)
        return ENOMEM;
    uintptr_t at = ((uintptr_t)memory + alignof(struct fluxi_source) - 1);
    fluxi_sources = (void *)(at - at % alignof(struct fluxi_source));
    for (unsigned i = 0; i < flux_program.source_count; i++) {
        const struct flux_source *table = &flux_program.sources[i];
        for (unsigned copy = 0; copy < (table->parallel ? copies : 1); copy++) {
            struct fluxi_source *source = &fluxi_sources[fluxi_source_count];
            source->table = table;
            source->index = fluxi_source_count++;
            source->copy = copy;
        }
    }
    return 0;
}

void fluxi_sources_free(void)
{
    free(memory);
    memory = NULL;
    fluxi_sources = NULL;
    fluxi_source_count = 0;
}

void fluxi_sources_forbid(const struct flux_source *table)
{
    for (unsigned i = 0; i < fluxi_source_count; i++)
        if (table == NULL || fluxi_sources[i].table == table)
            atomic_store(&fluxi_sources[i].stopped, true);
}

enum flux_next flux_source_fail(struct flux_flow *flow, const struct flux_place *place, int error,
                                bool handled)
{
    flow->error = error;
    flow->failed = handled ? NULL : place;
    return FLUX_FAILED;
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Doubles `times` times. */
static uint64_t back_off(unsigned times)
{
    return times < 7 ? WAIT_MIN << times : WAIT_MAX;
}

static void tell(struct fluxi_source *source, const struct flux_flow *flow)
{
    /* What one copy lacks, all lack. */
    atomic_ullong *warned = &(source - source->copy)->warned;
    unsigned long long last = atomic_load(warned);
    uint64_t now = flux_now();
    if (last != 0 && now - last < LOG_PERIOD)
        return;
    if (!atomic_compare_exchange_strong(warned, &last, now))
        return;
    const char *node = flow->failed != NULL ? flow->failed->node->name : source->table->name;
    if (is_shortage(flow->error))
        flux_log(FLUX_WARNING, "source %s waits: %s: %s (%d)", source->table->name, node,
                 flux_strerror(flow->error), flow->error);
    else
        flux_log(FLUX_WARNING, "source %s has failed %u times in a row, last %s: %s (%d)",
                 source->table->name, source->in_a_row, node, flux_strerror(flow->error),
                 flow->error);
}

/* Counts a failure; returns how long to wait. */
static uint64_t failed(struct fluxi_source *source, const struct flux_flow *flow)
{
    bool shortage = is_shortage(flow->error);
    unsigned patience = shortage ? 1 : PATIENCE;
    fluxi_count(&source->failures, 1);
    if (source->in_a_row < UINT32_MAX)
        source->in_a_row++;
    if (source->in_a_row < patience)
        return 0;
    if (flow->failed != NULL || shortage)
        tell(source, flow);
    return back_off(source->in_a_row - patience);
}

uint64_t fluxi_source_failed(struct flux_flow *flow)
{
    struct fluxi_source *source = flow->origin;
    uint64_t wait = 0;

    fluxi_flow_undo(flow);
    if (flow->error == FLUX_STOP)
        fluxi_sources_forbid(source->table);
    if (fluxi_source_stopping(source)) {
        /* An interrupted call is how a source learns of the stop. */
        if (flow->error != FLUX_STOP && flow->error != EINTR && flow->error != ECANCELED)
            fluxi_count(&source->failures, 1);
        fluxi_frame_free(flow);
        return FLUXI_ENDED;
    }
    wait = failed(source, flow);
    fluxi_order_ended(flow);
    fluxi_frame_renew(flow);
    return wait;
}
