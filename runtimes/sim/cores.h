/* cores.h - who computes: with a core for each, in turn, or ideally shared. Part of replication.c,
 * which alone includes it, so that what a run does again and again is compiled as one.
 */
#ifndef SIM_CORES_H
#define SIM_CORES_H

#include "run.h"

static void start_slice(struct sim *sim, uint32_t index)
{
    double remaining = sim->flows[index].remaining;
    double slice = remaining < sim->machine->quantum ? remaining : sim->machine->quantum;
    sim->flows[index].remaining = remaining - slice;
    at(sim, sim->now + slice, EVENT(EVENT_SLICE, index));
}

/* So many more flows compute from now on. Ideal sharing: each has had as much as the others since
 * it came, so they are done in the order of what they will have had then; it grows at a rate that
 * changes when somebody comes or goes. */
static void occupy_cores(struct sim *sim, int change)
{
    struct cores *cores = &sim->cores;
    if (cores->running > 0) {
        unsigned most = sim->machine->cores;
        double used = (sim->now - cores->last) * (cores->running < most ? cores->running : most);
        sim->to->totals.cpu += used;
        if (sim->machine->quantum <= 0)
            cores->attained += used / cores->running;
    }
    cores->last = sim->now;
    cores->running = (unsigned)((int)cores->running + change);
}

static void expect_next(struct sim *sim)
{
    struct cores *cores = &sim->cores;
    cores->generation = (cores->generation + 1) & (FLOWS_MAX - 1);
    if (cores->running == 0)
        return;
    double each = (double)sim->machine->cores / cores->running;
    double left = sim_heap_at(&cores->shared, 0).at - cores->attained;
    at(sim, sim->now + (left > 0 ? left : 0) / (each < 1 ? each : 1),
       EVENT(EVENT_SHARED, cores->generation));
}

static void compute(struct sim *sim, uint32_t index, double demand)
{
    struct cores *cores = &sim->cores;
    demand /= sim->machine->speed;
    if (cores->direct) {
        occupy_cores(sim, 1);
        at(sim, sim->now + demand, EVENT(EVENT_COMPUTED, index));
    } else if (sim->machine->quantum > 0) {
        sim->flows[index].remaining = demand;
        if (cores->running < sim->machine->cores) {
            occupy_cores(sim, 1);
            start_slice(sim, index);
        } else {
            append(sim, &cores->queue, index);
        }
    } else {
        occupy_cores(sim, 1);
        if (!sim_heap_put(&cores->shared, cores->attained + demand, index))
            sim->error = "no memory for flows on cores";
        expect_next(sim);
    }
}

/* Returns whether the flow has had all it wanted. */
static bool slice_over(struct sim *sim, uint32_t index)
{
    struct cores *cores = &sim->cores;
    bool done = sim->flows[index].remaining <= 0;
    if (!done && cores->queue.count == 0) {
        start_slice(sim, index);
        return false;
    }
    if (!done)
        append(sim, &cores->queue, index);
    if (cores->queue.count > 0)
        start_slice(sim, pop(sim, &cores->queue));
    else
        occupy_cores(sim, -1);
    return done;
}

#endif
