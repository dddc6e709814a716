/* clock.c - sources that are clocks (R15): `source every 100 ms => T;`.
 *
 * Ticks are due at whole periods after the start, whatever happens meanwhile: a late runtime never
 * shifts those that follow. One flow of a clock runs at a time. Ticks that fall while it runs
 * become one, which starts when it ends; source->missed counts the ticks that got no flow of their
 * own.
 */
#include "core.h"

enum { IDLE, RUNS, PENDING };

void fluxi_clock_start(struct fluxi_source *source)
{
    source->due = flux_now() + source->table->period;
}

static struct flux_flow *tick_flow(struct fluxi_source *source)
{
    struct flux_flow *flow = fluxi_frame_new(source);
    if (flow == NULL)
        return NULL;
    fluxi_flow_born(flow);
    return flow;
}

struct flux_flow *fluxi_clock_tick(struct fluxi_source *source)
{
    uint64_t period = source->table->period, now = flux_now();
    uint64_t late = now > source->due ? (now - source->due) / period : 0;
    struct flux_flow *flow = NULL;
    unsigned state = IDLE;

    source->due += (late + 1) * period;
    fluxi_count(&source->missed, late);
    while (!atomic_compare_exchange_weak(&source->ticking, &state, state == IDLE ? RUNS : PENDING))
        continue;
    if (state == PENDING)
        fluxi_count(&source->missed, 1);
    else if (state == IDLE && (flow = tick_flow(source)) == NULL) {
        fluxi_count(&source->missed, 1);
        atomic_store(&source->ticking, IDLE);
    }
    return flow;
}

/* The flow of a clock has ended: the tick that is pending starts the next one. */
void fluxi_clock_ended(struct fluxi_source *source)
{
    unsigned state = RUNS;
    if (atomic_compare_exchange_strong(&source->ticking, &state, IDLE))
        return;
    /* PENDING: ticks do not touch the state again until it is RUNS. */
    struct flux_flow *flow = NULL;
    if (!fluxi_source_stopping(source))
        flow = tick_flow(source);
    atomic_store(&source->ticking, flow != NULL ? RUNS : IDLE);
    if (flow != NULL)
        fluxi_runtime_launch(flow);
}
