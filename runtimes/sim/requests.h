/* requests.h - requests, and the flows that they are or come on: arrivals, connections, pauses,
 * answers. Part of replication.c, which alone includes it,
 * so that what a run does again and again is compiled as one.
 */
#ifndef SIM_REQUESTS_H
#define SIM_REQUESTS_H

#include "cores.h"

/* ---- their measure --------------------------------------------------------------------------- */

static void settle_integrals(struct sim *sim)
{
    count_requests(sim, 0);
    occupy_cores(sim, 0);
    occupy_executors(sim, 0);
    occupy(sim, &sim->helpers_busy, &sim->helpers_since, &sim->to->totals.helpers, 0);
    occupy(sim, &sim->disks_busy, &sim->disks_since, &sim->to->totals.disks, 0);
    sim->to->totals.time = sim->now;
}

static void store(struct sim *sim, double response)
{
    struct replication *to = sim->to;
    uint32_t part = to->first_room / SIM_PARTS;
    to->first[to->first_count++] = (float)response;
    if (to->first_count % part == 0) {
        settle_integrals(sim);
        to->snapshots[to->first_count / part] = to->totals;
    }
}

static void complete(struct sim *sim, struct flow *flow)
{
    double response = sim->now - flow->began;
    flow->request = false;
    flow->answered = sim->now;
    count_requests(sim, -1);
    sim->to->totals.completed++;
    sim->to->end = sim->now;
    if (sim->to->first_count < sim->to->first_room)
        store(sim, response);
    else
        sim_histogram_add(&sim->to->response, response);
    if (sim->to->totals.completed == sim->wanted / 2)
        sim->to->in_system_half = sim->requests;
}

/* ---- flows ----------------------------------------------------------------------------------- */

static uint32_t flow_new(struct sim *sim, unsigned source)
{
    uint32_t index = sim->flow_free;
    if (index != NOBODY) {
        sim->flow_free = sim->flows[index].next;
    } else {
        if (sim->flow_count == sim->flow_room) {
            uint32_t room = sim->flow_room == 0 ? 256 : 2 * sim->flow_room;
            struct flow *flows =
                room < FLOWS_MAX ? realloc(sim->flows, room * sizeof *flows) : NULL;
            if (flows == NULL) {
                sim->error = "no memory for flows";
                return NOBODY;
            }
            sim->flows = flows;
            sim->flow_room = room;
        }
        index = sim->flow_count++;
    }
    sim->flows[index] = (struct flow){.source = (uint16_t)source,
                                      .next = NOBODY,
                                      .place = AWAY,
                                      .drawn = -1,
                                      .loop = NOBODY,
                                      .unseen = true};
    return index;
}

/* An admitted flow, or one that waits no more, stands in line for an executor. */
static void kick(struct sim *sim, uint32_t loop)
{
    if (sim->loops[loop].busy || sim->loops[loop].kicked)
        return;
    sim->loops[loop].kicked = true;
    sim->kicked[sim->kicked_count++] = loop;
}

static void make_ready(struct sim *sim, uint32_t index)
{
    struct flow *flow = &sim->flows[index];
    flow->overhead += sim->machine->dispatch;
    if (sim->machine->kind != MACHINE_EVENT) {
        enqueue(sim, &sim->ready, index);
        return;
    }
    enqueue(sim, &sim->loops[flow->loop].ready, index);
    kick(sim, flow->loop);
}

static void admit(struct sim *sim, uint32_t index)
{
    sim->admitted++;
    sim->flows[index].overhead += sim->machine->dispatch;
    enqueue(sim, &sim->fresh, index);
    if (sim->machine->kind != MACHINE_EVENT || sim->idle_loops == 0)
        return;
    for (uint32_t i = 0; i < sim->machine->loops; i++) {
        if (!sim->loops[i].busy && !sim->loops[i].kicked) {
            kick(sim, i);
            return;
        }
    }
}

static bool has_idle_executor(const struct sim *sim)
{
    return sim->machine->kind == MACHINE_EVENT ? sim->idle_loops > sim->kicked_count
                                               : sim->idle > sim->fresh.count;
}

/* A new flow for a request that was meant to come at `began`; negative: for none. */
static void launch(struct sim *sim, unsigned source, double began)
{
    if (sim->machine->backlog != UNBOUNDED && began >= 0 && !has_idle_executor(sim) &&
        sim->fresh.count + sim->waiting.count >= sim->machine->backlog) {
        sim->to->totals.lost++;
        count_requests(sim, -1);
        return;
    }
    uint32_t index = flow_new(sim, source);
    if (index == NOBODY)
        return;
    struct flow *flow = &sim->flows[index];
    flow->began = began;
    flow->request = flow->fresh = began >= 0;
    sim->source_states[source].connections++;
    if (sim->admitted < sim->machine->max_flows || began < 0)
        admit(sim, index);
    else
        append(sim, &sim->waiting, index);
}

/* ---- from outside ---------------------------------------------------------------------------- */

static bool backlog_put(struct backlog *backlog, double time)
{
    if (backlog->count == backlog->room) {
        size_t room = backlog->room == 0 ? 64 : 2 * backlog->room;
        double *times = malloc(room * sizeof *times);
        if (times == NULL)
            return false;
        for (size_t i = 0; i < backlog->count; i++)
            times[i] = backlog->times[(backlog->head + i) % backlog->room];
        free(backlog->times);
        *backlog = (struct backlog){.times = times, .count = backlog->count, .room = room};
    }
    backlog->times[(backlog->head + backlog->count++) % backlog->room] = time;
    return true;
}

/* The flow of a connection has a request; it goes on behind its await. */
static void give_request(struct sim *sim, uint32_t index, double began)
{
    struct flow *flow = &sim->flows[index];
    flow->began = began;
    flow->request = flow->unseen = true;
    flow->fresh = flow->expects = flow->between = false;
    flow->overhead += sim->machine->wake;
    make_ready(sim, index);
}

static void request_arrives(struct sim *sim, unsigned source)
{
    struct source_state *state = &sim->source_states[source];
    count_requests(sim, 1);
    if (state->idle.count > 0)
        give_request(sim, pop(sim, &state->idle), sim->now);
    else if (!sim->model->has_connections[source] || state->connections < sim->machine->connections)
        launch(sim, source, sim->now);
    else if (!backlog_put(&state->backlog, sim->now))
        sim->error = "no memory for requests that wait for a connection";
}

static void next_arrival(struct sim *sim, unsigned source)
{
    double time = arrivals_next(&sim->source_states[source].arrivals);
    if (time >= 0)
        at(sim, time, EVENT(EVENT_ARRIVAL, source));
}

static double draw_pause(struct sim *sim, unsigned source)
{
    return sim_distribution_draw(&sim->model->workloads[source].pause,
                                 &sim->source_states[source].pause);
}

/* The client that was answered: will it ask again, on this connection or on another? */
static bool asks_again(struct sim *sim, unsigned source)
{
    const struct workload *workload = &sim->model->workloads[source];
    return workload->kind == WORKLOAD_CLOSED ||
           (workload->kind == WORKLOAD_PARTLY &&
            sim_random_unit(&sim->source_states[source].pause) < workload->again);
}

/* Returns false where the client closes the connection instead. */
static bool await_request(struct sim *sim, uint32_t index)
{
    struct flow *flow = &sim->flows[index];
    struct source_state *state = &sim->source_states[flow->source];
    enum workload_kind kind = sim->model->workloads[flow->source].kind;
    if (kind == WORKLOAD_CLOSED || kind == WORKLOAD_PARTLY) {
        if (!asks_again(sim, flow->source))
            return false;
        flow->expects = true; /* the pause has begun with the answer */
        flow->began = flow->answered + draw_pause(sim, flow->source);
        at(sim, flow->began > sim->now ? flow->began : sim->now, EVENT(EVENT_FLOW, index));
    } else if (state->backlog.count > 0) {
        double began = state->backlog.times[state->backlog.head];
        state->backlog.head = (state->backlog.head + 1) % state->backlog.room;
        state->backlog.count--;
        give_request(sim, index, began);
    } else {
        append(sim, &state->idle, index);
    }
    return true;
}

static void finish(struct sim *sim, uint32_t index)
{
    struct flow *flow = &sim->flows[index];
    unsigned source = flow->source;
    struct source_state *state = &sim->source_states[source];
    bool clock = sim->sources[source].period > 0, answered = flow->request;
    if (answered)
        complete(sim, flow);
    if (clock)
        state->ticking = false;
    else if (answered && asks_again(sim, source))
        at(sim, sim->now + draw_pause(sim, source), EVENT(EVENT_PAUSE, source));
    state->connections--;
    sim->flows[index].next = sim->flow_free;
    sim->flow_free = index;
    sim->admitted--;
    if (sim->waiting.count > 0 && sim->admitted < sim->machine->max_flows)
        admit(sim, pop(sim, &sim->waiting));
    if (state->backlog.count > 0 && state->connections < sim->machine->connections) {
        double began = state->backlog.times[state->backlog.head];
        state->backlog.head = (state->backlog.head + 1) % state->backlog.room;
        state->backlog.count--;
        launch(sim, source, began);
    }
}

#endif
