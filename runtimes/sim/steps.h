/* steps.h - how a flow goes through its steps until it needs time. Part of replication.c, which
 * alone includes it, so that what a run does again and again is compiled as one.
 */
#ifndef SIM_STEPS_H
#define SIM_STEPS_H

#include "cores.h"
#include "locks.h"

/* What has become of a flow that was running. */
enum outcome { KEEPS, GIVES }; /* its executor */

/* It is blocked in a call, or waits for a disk. */
static enum outcome pause_for(struct sim *sim, uint32_t index, double time, bool keeps)
{
    struct flow *flow = &sim->flows[index];
    if (!keeps)
        flow->place = AWAY;
    at(sim, sim->now + time, EVENT(EVENT_FLOW, index));
    return keeps ? KEEPS : GIVES;
}

/* Whether a call that blocks keeps the executor: threads and helpers always; on a loop the flow
 * waits by itself, unless it should have been a helper's and there is none. */
static bool keeps_executor(const struct sim *sim, const struct flow *flow, unsigned node)
{
    return sim->machine->kind != MACHINE_EVENT || flow->place == ON_HELPER ||
           (sim->model->program->nodes[node].blocking && sim->machine->helpers == 0);
}

static void start_disk(struct sim *sim, uint32_t index)
{
    struct flow *flow = &sim->flows[index];
    occupy(sim, &sim->disks_busy, &sim->disks_since, &sim->to->totals.disks, 1);
    at(sim, sim->now + flow->remaining, EVENT(EVENT_FLOW, index));
}

static enum outcome use_disk(struct sim *sim, uint32_t index, unsigned node, double time)
{
    struct flow *flow = &sim->flows[index];
    bool keeps = keeps_executor(sim, flow, node);
    flow->remaining = time;
    if (!keeps)
        flow->place = AWAY;
    if (sim->disks_busy < sim->machine->disks)
        start_disk(sim, index);
    else
        append(sim, &sim->disk_queue, index);
    return keeps ? KEEPS : GIVES;
}

static void leave_disk(struct sim *sim)
{
    occupy(sim, &sim->disks_busy, &sim->disks_since, &sim->to->totals.disks, -1);
    if (sim->disk_queue.count > 0)
        start_disk(sim, pop(sim, &sim->disk_queue));
}

enum phase { PHASE_CPU, PHASE_BLOCKED, PHASE_DISK, PHASE_LEAVE_DISK, PHASE_OUTCOME };

/* A call, in as many parts as it has waits. Returns true when it is over: control has moved on. */
static bool call(struct sim *sim, uint32_t index, const struct flux_sim_step *step,
                 enum outcome *outcome)
{
    struct flow *flow = &sim->flows[index];
    const struct node_times *times = &sim->model->nodes[step->what];
    struct sim_random *random = &sim->node_random[step->what];
    struct node_totals *totals = &sim->to->nodes[step->what];
    double time;
    switch (flow->phase) {
    case PHASE_CPU:
        if (flow->between) { /* the next request was there already */
            flow->between = false;
            flow->request = true;
            flow->began = sim->now;
            count_requests(sim, 1);
        }
        totals->calls++;
        flow->phase = PHASE_BLOCKED;
        if (times->has_cpu || flow->overhead > 0) {
            time = !times->has_cpu    ? 0
                   : flow->drawn >= 0 ? flow->drawn
                   : flow->cold && times->has_cpu_idle
                       ? sim_distribution_draw(&times->cpu_idle, random)
                       : sim_distribution_draw(&times->cpu, random);
            flow->drawn = -1;
            totals->cpu += time;
            time += flow->overhead;
            flow->overhead = 0;
            *outcome = KEEPS;
            compute(sim, index, time);
            return false;
        }
        /* fall through */
    case PHASE_BLOCKED:
        flow->phase = PHASE_DISK;
        if (times->has_blocked) {
            time = sim_distribution_draw(&times->blocked, random);
            totals->blocked += time;
            *outcome = pause_for(sim, index, time, keeps_executor(sim, flow, step->what));
            return false;
        }
        /* fall through */
    case PHASE_DISK:
        flow->phase = PHASE_OUTCOME;
        if (times->has_disk) {
            flow->phase = PHASE_LEAVE_DISK;
            time = sim_distribution_draw(&times->disk, random);
            totals->blocked += time;
            *outcome = use_disk(sim, index, step->what, time);
            return false;
        }
        break;
    default:
        break;
    }
    flow->phase = PHASE_CPU;
    bool fails = times->error > 0 && sim_random_unit(random) < times->error;
    totals->errors += fails;
    flow->step = fails ? step->other : step->next;
    return true;
}

static bool decide(struct sim *sim, struct flow *flow, const struct flux_sim_step *step)
{
    const struct node_times *times = &sim->model->nodes[step->what];
    if (step->op == FLUX_SIM_REPEAT) {
        if (step->first)
            flow->repeats = sim_random_unit(&sim->node_random[step->what]) < times->again;
        return flow->repeats;
    }
    if (step->first) {
        double drawn = sim_random_unit(&sim->node_random[step->what]);
        unsigned arms = sim->model->program->nodes[step->what].arms;
        flow->arm = 0;
        while (flow->arm < arms && drawn >= times->arms[flow->arm])
            flow->arm++;
    }
    return flow->arm == step->arm;
}

static bool others_wait(const struct sim *sim, const struct flow *flow)
{
    if (sim->machine->kind == MACHINE_EVENT)
        return sim->loops[flow->loop].ready.count > 0 || sim->fresh.count > 0;
    return sim->idle == 0 && (sim->ready.count > 0 || sim->fresh.count > 0);
}

/* Returns true where the flow goes on at once. */
static bool await(struct sim *sim, uint32_t index, const struct flux_sim_step *step)
{
    struct flow *flow = &sim->flows[index];
    const struct node_times *times = &sim->model->nodes[step->what];
    flow->step = step->next;
    if (step->idle && sim->model->has_connections[flow->source] &&
        sim->sources[flow->source].period == 0) {
        if (flow->request && flow->fresh) {
            flow->fresh = false;
            return true;
        }
        if (flow->request)
            complete(sim, flow);
        flow->between = false;
        flow->place = AWAY;
        if (await_request(sim, index))
            return false;
        flow->place = ON_EXECUTOR;
        flow->step = step->other;
        return true;
    }
    if (!times->has_await)
        return true;
    flow->overhead += sim->machine->wake;
    flow->place = AWAY;
    at(sim, sim->now + sim_distribution_draw(&times->await, &sim->node_random[step->what]),
       EVENT(EVENT_FLOW, index));
    return false;
}

#define ENDLESS 1000000u /* turns without time passing */

/* The flow has an executor, and runs until it needs time. */
static enum outcome run(struct sim *sim, uint32_t index)
{
    const struct flux_sim_step *steps = sim->sources[sim->flows[index].source].steps;
    enum outcome outcome = KEEPS;
    for (;;) {
        struct flow *flow = &sim->flows[index];
        const struct flux_sim_step *step = &steps[flow->step];
        switch (step->op) {
        case FLUX_SIM_CALL:
            if (!call(sim, index, step, &outcome))
                return outcome;
            break;
        case FLUX_SIM_ARM:
        case FLUX_SIM_REPEAT:
            flow->step = decide(sim, flow, step) ? step->next : step->other;
            break;
        case FLUX_SIM_TAKE:
            flow->step = step->next;
            if (!take(sim, index, step->what, step->write)) {
                flow->place = AWAY;
                return GIVES;
            }
            break;
        case FLUX_SIM_GIVE:
            flow->step = step->next;
            give(sim, flow, step->what, step->write);
            break;
        case FLUX_SIM_AWAIT:
            if (!await(sim, index, step))
                return GIVES;
            break;
        case FLUX_SIM_BLOCK:
            flow->step = step->next;
            if (sim->machine->kind == MACHINE_EVENT && sim->machine->helpers > 0) {
                flow->overhead += sim->machine->hand_off;
                flow->place = AWAY;
                append(sim, &sim->helper_queue, index);
                return GIVES;
            }
            break;
        case FLUX_SIM_UNBLOCK:
            flow->step = step->next;
            if (flow->place == ON_HELPER) {
                occupy(sim, &sim->helpers_busy, &sim->helpers_since, &sim->to->totals.helpers, -1);
                flow->overhead += sim->machine->hand_off;
                flow->place = AWAY;
                make_ready(sim, index);
                return GIVES;
            }
            break;
        case FLUX_SIM_TURN:
            if (sim->model->ends_request[flow->source][flow->step] && flow->request) {
                complete(sim, flow);
                flow->between = true;
            }
            flow->step = step->next;
            flow->fresh = false;
            if (++flow->idle_turns > ENDLESS) {
                sim->error = "a flow turns in a `repeat` and no time passes: give its nodes some";
                return KEEPS;
            }
            if (others_wait(sim, flow)) {
                flow->place = AWAY;
                make_ready(sim, index);
                return GIVES;
            }
            break;
        case FLUX_SIM_JOIN: {
            struct source_state *state = &sim->source_states[flow->source];
            const struct popularity *popularity = &sim->model->popularity[flow->source];
            flow->session = (uint32_t)sim_distribution_draw(&popularity->table, &state->session);
            flow->step = step->next;
            break;
        }
        case FLUX_SIM_LOST:
            sim->to->totals.failed++;
            flow->step = step->next;
            break;
        case FLUX_SIM_LEAVE:
            sim->to->totals.failed++;
            finish(sim, index);
            return GIVES;
        case FLUX_SIM_END:
            finish(sim, index);
            return GIVES;
        default: /* born */
            flow->step = step->next;
            break;
        }
    }
}

#endif
