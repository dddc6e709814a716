/* executors.h - workers, loops and helpers: which flow goes on. Part of replication.c, which alone
 * includes it, so that what a run does again and again is compiled as one.
 */
#ifndef SIM_EXECUTORS_H
#define SIM_EXECUTORS_H

#include "steps.h"

static void dispatch_helpers(struct sim *sim)
{
    while (sim->helper_queue.count > 0 && sim->helpers_busy < sim->machine->helpers) {
        uint32_t index = pop(sim, &sim->helper_queue);
        occupy(sim, &sim->helpers_busy, &sim->helpers_since, &sim->to->totals.helpers, 1);
        sim->flows[index].place = ON_HELPER;
        sim->flows[index].idle_turns = 0;
        run(sim, index); /* it gives the helper back itself */
    }
}

/* A request that comes to a server that has nothing to do finds it cold, in all that is done for
 * it. */
static void see_whether_cold(const struct sim *sim, struct flow *flow)
{
    if (!flow->unseen)
        return;
    flow->unseen = false;
    flow->cold = sim->cores.running == 0 && sim->now > sim->cores.last;
}

#define READY_RUN 16u /* as core/queue.c */

static uint32_t take_for_worker(struct sim *sim)
{
    if (sim->ready.count > 0 && (sim->ready_run < READY_RUN || sim->fresh.count == 0)) {
        sim->ready_run++;
        return dequeue(sim, &sim->ready);
    }
    sim->ready_run = 0;
    return dequeue(sim, &sim->fresh);
}

/* A round of a loop: all that are ready, then one that is new. */
static uint32_t take_for_loop(struct sim *sim, struct loop *loop)
{
    if (loop->ready.count > 0 && (loop->before_fresh > 0 || sim->fresh.count == 0)) {
        loop->before_fresh -= loop->before_fresh > 0;
        return dequeue(sim, &loop->ready);
    }
    loop->before_fresh = loop->ready.count;
    return dequeue(sim, &sim->fresh);
}

static void dispatch_workers(struct sim *sim)
{
    while (sim->idle > 0 && (sim->ready.count > 0 || sim->fresh.count > 0)) {
        uint32_t index = take_for_worker(sim);
        sim->flows[index].place = ON_EXECUTOR;
        see_whether_cold(sim, &sim->flows[index]);
        occupy_executors(sim, 1);
        sim->idle -= sim->idle != UNBOUNDED;
        if (run(sim, index) == GIVES) {
            occupy_executors(sim, -1);
            sim->idle += sim->idle != UNBOUNDED;
        }
    }
}

static void set_busy(struct sim *sim, struct loop *loop, bool busy)
{
    if (loop->busy == busy)
        return;
    loop->busy = busy;
    sim->idle_loops = busy ? sim->idle_loops - 1 : sim->idle_loops + 1;
    occupy_executors(sim, busy ? 1 : -1);
}

static void dispatch_loops(struct sim *sim)
{
    while (sim->kicked_count > 0) {
        uint32_t number = sim->kicked[--sim->kicked_count];
        struct loop *loop = &sim->loops[number];
        loop->kicked = false;
        while (!loop->busy && (loop->ready.count > 0 || sim->fresh.count > 0)) {
            uint32_t index = take_for_loop(sim, loop);
            struct flow *flow = &sim->flows[index];
            flow->place = ON_EXECUTOR;
            flow->loop = number;
            see_whether_cold(sim, flow);
            set_busy(sim, loop, true);
            if (run(sim, index) == GIVES)
                set_busy(sim, loop, false);
        }
    }
}

static void dispatch(struct sim *sim)
{
    if (sim->machine->kind != MACHINE_EVENT) {
        dispatch_workers(sim);
        return;
    }
    do {
        dispatch_loops(sim);
        dispatch_helpers(sim);
    } while (sim->kicked_count > 0);
}

/* What a flow waited for has come. */
static void go_on(struct sim *sim, uint32_t index)
{
    struct flow *flow = &sim->flows[index];
    flow->idle_turns = 0;
    if (flow->phase == PHASE_LEAVE_DISK) {
        flow->phase = PHASE_OUTCOME;
        leave_disk(sim);
    }
    if (flow->place == AWAY) {
        if (flow->expects) {
            count_requests(sim, 1);
            sim->to->totals.requests += sim->now - flow->began;
            give_request(sim, index, flow->began);
        } else {
            make_ready(sim, index);
        }
        return;
    }
    bool on_helper = flow->place == ON_HELPER;
    uint32_t loop = flow->loop;
    if (run(sim, index) == KEEPS || on_helper)
        return;
    if (sim->machine->kind == MACHINE_EVENT) {
        set_busy(sim, &sim->loops[loop], false);
        kick(sim, loop);
    } else {
        occupy_executors(sim, -1);
        sim->idle += sim->idle != UNBOUNDED;
    }
}

static void tick(struct sim *sim, unsigned source)
{
    struct source_state *state = &sim->source_states[source];
    double period = (double)sim->sources[source].period * 1e-9;
    at(sim, (double)(++state->ticks + 1) * period, EVENT(EVENT_CLOCK, source));
    if (state->ticking)
        return;
    state->ticking = true;
    launch(sim, source, -1);
}

static void happen(struct sim *sim, struct sim_event event)
{
    uint32_t index = event.what & (FLOWS_MAX - 1);
    sim->now = event.at;
    switch (event.what >> 28) {
    case EVENT_FLOW:
        go_on(sim, index);
        break;
    case EVENT_COMPUTED:
        occupy_cores(sim, -1);
        go_on(sim, index);
        break;
    case EVENT_SLICE:
        if (slice_over(sim, index))
            go_on(sim, index);
        break;
    case EVENT_SHARED:
        if (index == sim->cores.generation) {
            occupy_cores(sim, -1);
            uint32_t done = sim_heap_take(&sim->cores.shared).what;
            expect_next(sim);
            go_on(sim, done);
        }
        break;
    case EVENT_ARRIVAL:
        next_arrival(sim, index);
        request_arrives(sim, index);
        break;
    case EVENT_PAUSE:
        request_arrives(sim, index);
        break;
    case EVENT_CLOCK:
        tick(sim, index);
        break;
    }
    dispatch(sim);
}

#endif
