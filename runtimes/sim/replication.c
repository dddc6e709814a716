/* replication.c - a run: flows go through their steps, events say when they go on.
 *
 * A flow that can run needs an executor: a worker of a pool, a loop, a helper; under `thread` there
 * is always one. It keeps it while it computes, and while it is blocked in a call where the runtime
 * would have it so; it gives it back when it parks (a constraint, an await), goes to a helper, or
 * ends. Executors that are free take the flows that can run in order. Whoever computes needs a core
 * besides (struct cores). Nothing recurses: what becomes runnable meanwhile is queued, and
 * `dispatch` has it run when the flow at hand has come to rest.
 */
#include "replication.h"

#include "heap.h"

#include <math.h>
#include <stdlib.h>

#define NOBODY     UINT32_MAX
#define PURPOSE(n) (16u + (n)) /* of streams: those below are the workload's */

/* ---- what there is --------------------------------------------------------------------------- */

enum event_kind { EVENT_FLOW, EVENT_SLICE, EVENT_SHARED, EVENT_ARRIVAL, EVENT_PAUSE, EVENT_CLOCK };
#define EVENT(kind, index) ((uint32_t)(kind) << 28 | (uint32_t)(index))
#define FLOWS_MAX          (1u << 28)

enum place { ON_EXECUTOR, ON_HELPER, AWAY }; /* AWAY: parked; it has to queue before it goes on */

struct flow {
    double began;     /* the request that it is about: when it was meant to come */
    double remaining; /* core seconds, while cores are shared */
    double overhead;  /* core seconds that the next computation is longer by */
    double since;     /* waits for a constraint since then */
    double answered;  /* when the last request was */
    uint32_t step, next, prev, loop, session;
    uint16_t arm, source;
    uint8_t phase, place;
    bool repeats; /* the answer of a `repeat` */
    bool request; /* one is under way */
    bool fresh;   /* it came with the connection, and has not been read */
    bool between; /* requests: the last one has been answered, none is awaited yet */
    bool expects; /* a request of its client, after a pause */
    bool wants_write;
    uint32_t idle_turns; /* since time has passed */
};

struct list {
    uint32_t head, tail, count;
};

struct lock {
    uint32_t readers;
    bool writer;
    struct list waiting;
    double since; /* held since then */
};

struct loop {
    struct list ready;
    uint32_t before_fresh; /* so many of them run before a fresh flow does */
    bool busy, kicked;
};

/* Requests whose clients have no connection left: when each was meant to come. */
struct backlog {
    double *times;
    size_t head, count, room;
};

struct cores {
    unsigned running;       /* flows that compute on a core; with ideal sharing, that want to */
    struct list queue;      /* of those that wait for one */
    double attained, last;  /* ideal sharing: what each has had, up to then */
    struct sim_heap shared; /* flows by what they will have had when they are done */
    uint32_t generation;    /* of the event that says so */
    bool direct;            /* there are cores for all */
};

struct source_state {
    struct arrivals arrivals;
    struct sim_random pause, session;
    struct list idle; /* connections, the longest idle first */
    unsigned connections;
    struct backlog backlog;
    uint64_t ticks;
    bool ticking; /* the clock's flow is there */
};

struct sim {
    const struct model *model;
    const struct machine *machine;
    const struct flux_sim_source *sources;
    struct replication *to;
    double now, requests_since, requests;
    struct sim_heap events;

    struct flow *flows;
    uint32_t flow_count, flow_room, flow_free;
    uint32_t admitted;
    struct list waiting; /* to be admitted */
    struct list fresh;   /* admitted, have not run */
    struct list ready;   /* of pool and thread */
    unsigned ready_run;  /* taken from `ready` since the last fresh one */
    unsigned idle;       /* executors of pool and thread; UNBOUNDED */
    struct loop *loops;
    uint32_t *kicked; /* loops that may have something to do */
    unsigned kicked_count, idle_loops;
    struct list helper_queue, disk_queue;
    unsigned helpers_busy, disks_busy, executors_busy;
    double executors_since, helpers_since, disks_since;
    struct cores cores;

    struct lock *locks; /* by constraint, then session */
    uint32_t *lock_base, lock_count;
    struct source_state *source_states;
    struct sim_random *node_random; /* for each node: times, errors and decisions */

    uint64_t wanted;
    const char *error;
};

/* ---- lists of flows -------------------------------------------------------------------------- */

#define EMPTY ((struct list){NOBODY, NOBODY, 0})

static void append(struct sim *sim, struct list *list, uint32_t flow)
{
    sim->flows[flow].next = NOBODY;
    if (list->count++ == 0)
        list->head = flow;
    else
        sim->flows[list->tail].next = flow;
    list->tail = flow;
}

static uint32_t pop(struct sim *sim, struct list *list)
{
    uint32_t flow = list->head;
    list->head = sim->flows[flow].next;
    list->count--;
    return flow;
}

static void at(struct sim *sim, double time, uint32_t what)
{
    if (!sim_heap_put(&sim->events, time, what))
        sim->error = "no memory for events";
}

/* ---- integrals ------------------------------------------------------------------------------- */

static void count_requests(struct sim *sim, int change)
{
    sim->to->totals.requests += sim->requests * (sim->now - sim->requests_since);
    sim->requests_since = sim->now;
    sim->requests += change;
}

static void occupy(const struct sim *sim, unsigned *busy, double *since, double *total, int change)
{
    *total += *busy * (sim->now - *since);
    *since = sim->now;
    *busy = (unsigned)((int)*busy + change);
}

static void occupy_executors(struct sim *sim, int change)
{
    occupy(sim, &sim->executors_busy, &sim->executors_since, &sim->to->totals.executors, change);
}

static void settle_integrals(struct sim *sim)
{
    count_requests(sim, 0);
    occupy_executors(sim, 0);
    occupy(sim, &sim->helpers_busy, &sim->helpers_since, &sim->to->totals.helpers, 0);
    occupy(sim, &sim->disks_busy, &sim->disks_since, &sim->to->totals.disks, 0);
    sim->to->totals.time = sim->now;
}

/* ---- requests and their measure -------------------------------------------------------------- */

static void subtract(struct totals *from, const struct totals *what)
{
    from->time -= what->time;
    from->requests -= what->requests;
    from->cpu -= what->cpu;
    from->executors -= what->executors;
    from->helpers -= what->helpers;
    from->disks -= what->disks;
    from->completed -= what->completed;
    from->lost -= what->lost;
    from->failed -= what->failed;
    from->missed -= what->missed;
}

void replication_cut(struct replication *replication, uint32_t parts)
{
    uint32_t part = replication->first_room / SIM_PARTS;
    if (replication->first_count < replication->first_room)
        parts = 0;
    if (parts > 0)
        subtract(&replication->totals, &replication->snapshots[parts]);
    for (uint32_t i = parts * part; i < replication->first_count; i++)
        sim_histogram_add(&replication->response, (double)replication->first[i]);
    free(replication->first);
    replication->first = NULL;
    replication->first_count = replication->first_room = 0;
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
    sim->flows[index] = (struct flow){
        .source = (uint16_t)source, .next = NOBODY, .place = AWAY, .overhead = 0, .loop = NOBODY};
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
        append(sim, &sim->ready, index);
        return;
    }
    append(sim, &sim->loops[flow->loop].ready, index);
    kick(sim, flow->loop);
}

static void admit(struct sim *sim, uint32_t index)
{
    sim->admitted++;
    sim->flows[index].overhead += sim->machine->dispatch;
    append(sim, &sim->fresh, index);
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

/* ---- requests from outside ------------------------------------------------------------------- */

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
    flow->request = true;
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

/* ---- cores ----------------------------------------------------------------------------------- */

static void start_slice(struct sim *sim, uint32_t index)
{
    double remaining = sim->flows[index].remaining;
    double slice = remaining < sim->machine->quantum ? remaining : sim->machine->quantum;
    sim->flows[index].remaining = remaining - slice;
    at(sim, sim->now + slice, EVENT(EVENT_SLICE, index));
}

/* Ideal sharing: each has had as much as the others since it came, so they are done in the order of
 * what they will have had then; it grows at a rate that changes when somebody comes or goes. */
static void advance(struct sim *sim)
{
    struct cores *cores = &sim->cores;
    if (cores->running > 0) {
        double each = (double)sim->machine->cores / cores->running;
        cores->attained += (sim->now - cores->last) * (each < 1 ? each : 1);
    }
    cores->last = sim->now;
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
    sim->to->totals.cpu += demand;
    if (cores->direct) {
        at(sim, sim->now + demand, EVENT(EVENT_FLOW, index));
    } else if (sim->machine->quantum > 0) {
        sim->flows[index].remaining = demand;
        if (cores->running < sim->machine->cores) {
            cores->running++;
            start_slice(sim, index);
        } else {
            append(sim, &cores->queue, index);
        }
    } else {
        advance(sim);
        cores->running++;
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
        cores->running--;
    return done;
}

/* ---- constraints ----------------------------------------------------------------------------- */

static struct lock *lock_of(struct sim *sim, const struct flow *flow, uint32_t constraint)
{
    uint32_t at_session = sim->model->program->constraints[constraint].session ? flow->session : 0;
    return &sim->locks[sim->lock_base[constraint] + at_session];
}

static void grant(struct sim *sim, struct lock *lock, bool write)
{
    if (lock->readers == 0)
        lock->since = sim->now;
    if (write)
        lock->writer = true;
    else
        lock->readers++;
}

/* In order of arrival; readers share with readers, unless somebody waits already (R33). */
static bool take(struct sim *sim, uint32_t index, uint32_t constraint, bool write)
{
    struct flow *flow = &sim->flows[index];
    struct lock *lock = lock_of(sim, flow, constraint);
    sim->to->constraints[constraint].taken++;
    if (!lock->writer && lock->waiting.count == 0 && (!write || lock->readers == 0)) {
        grant(sim, lock, write);
        return true;
    }
    flow->wants_write = write;
    flow->since = sim->now;
    sim->to->constraints[constraint].waits++;
    append(sim, &lock->waiting, index);
    return false;
}

static void give(struct sim *sim, const struct flow *flow, uint32_t constraint, bool write)
{
    struct lock *lock = lock_of(sim, flow, constraint);
    if (write)
        lock->writer = false;
    else
        lock->readers--;
    if (lock->readers > 0)
        return;
    sim->to->constraints[constraint].held += sim->now - lock->since;
    while (lock->waiting.count > 0 && !lock->writer) {
        struct flow *first = &sim->flows[lock->waiting.head];
        if (first->wants_write && lock->readers > 0)
            break;
        uint32_t index = pop(sim, &lock->waiting);
        sim->to->constraints[constraint].waited += sim->now - first->since;
        grant(sim, lock, first->wants_write);
        make_ready(sim, index);
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

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
            time = times->has_cpu ? sim_distribution_draw(&times->cpu, random) : 0;
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

/* ---- executors ------------------------------------------------------------------------------- */

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

#define READY_RUN 16u /* as core/queue.c */

static uint32_t take_for_worker(struct sim *sim)
{
    if (sim->ready.count > 0 && (sim->ready_run < READY_RUN || sim->fresh.count == 0)) {
        sim->ready_run++;
        return pop(sim, &sim->ready);
    }
    sim->ready_run = 0;
    return pop(sim, &sim->fresh);
}

/* A round of a loop: all that are ready, then one that is new. */
static uint32_t take_for_loop(struct sim *sim, struct loop *loop)
{
    if (loop->ready.count > 0 && (loop->before_fresh > 0 || sim->fresh.count == 0)) {
        loop->before_fresh -= loop->before_fresh > 0;
        return pop(sim, &loop->ready);
    }
    loop->before_fresh = loop->ready.count;
    return pop(sim, &sim->fresh);
}

static void dispatch_workers(struct sim *sim)
{
    while (sim->idle > 0 && (sim->ready.count > 0 || sim->fresh.count > 0)) {
        uint32_t index = take_for_worker(sim);
        sim->flows[index].place = ON_EXECUTOR;
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
    if (state->ticking) {
        sim->to->totals.missed++;
        return;
    }
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
    case EVENT_SLICE:
        if (slice_over(sim, index))
            go_on(sim, index);
        break;
    case EVENT_SHARED:
        if (index == sim->cores.generation) {
            advance(sim);
            uint32_t done = sim_heap_take(&sim->cores.shared).what;
            sim->cores.running--;
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

/* ---- the run --------------------------------------------------------------------------------- */

static bool make_locks(struct sim *sim)
{
    const struct flux_sim_program *program = sim->model->program;
    uint32_t sessions = 1, count = 0;
    for (unsigned i = 0; i < program->source_count; i++)
        if (program->sources[i].session && sim->model->popularity[i].count > sessions)
            sessions = sim->model->popularity[i].count;
    sim->lock_base = calloc(program->constraint_count + 1, sizeof *sim->lock_base);
    if (sim->lock_base == NULL)
        return false;
    for (unsigned i = 0; i < program->constraint_count; i++) {
        sim->lock_base[i] = count;
        count += program->constraints[i].session ? sessions : 1;
    }
    sim->locks = calloc(count + 1, sizeof *sim->locks);
    for (uint32_t i = 0; sim->locks != NULL && i < count; i++)
        sim->locks[i].waiting = EMPTY;
    return sim->locks != NULL;
}

static bool make_machine(struct sim *sim)
{
    const struct machine *machine = sim->machine;
    unsigned helpers = sim->model->has_blocking ? machine->helpers : 0;
    unsigned most = machine->kind == MACHINE_EVENT  ? machine->loops + helpers
                    : machine->kind == MACHINE_POOL ? machine->threads
                                                    : machine->max_flows;
    sim->cores.direct = most <= machine->cores;
    sim->cores.queue = EMPTY;
    sim->idle = machine->kind == MACHINE_POOL ? machine->threads : UNBOUNDED;
    sim->waiting = sim->fresh = sim->ready = sim->helper_queue = sim->disk_queue = EMPTY;
    if (machine->kind != MACHINE_EVENT)
        return true;
    sim->idle_loops = machine->loops;
    sim->loops = calloc(machine->loops, sizeof *sim->loops);
    sim->kicked = calloc(machine->loops, sizeof *sim->kicked);
    for (unsigned i = 0; sim->loops != NULL && i < machine->loops; i++)
        sim->loops[i].ready = EMPTY;
    return sim->loops != NULL && sim->kicked != NULL;
}

static bool make_sources(struct sim *sim, uint64_t seed, uint32_t number)
{
    const struct flux_sim_program *program = sim->model->program;
    unsigned nodes = program->node_count, sources = program->source_count;
    sim->source_states = calloc(sources + 1, sizeof *sim->source_states);
    sim->node_random = calloc(nodes + 1, sizeof *sim->node_random);
    if (sim->source_states == NULL || sim->node_random == NULL)
        return false;
    for (unsigned i = 0; i < nodes; i++)
        sim_random_start(&sim->node_random[i], seed, number, PURPOSE(3 * sources + i));
    for (unsigned i = 0; i < sources; i++) {
        struct source_state *state = &sim->source_states[i];
        state->idle = EMPTY;
        arrivals_start(&state->arrivals, &sim->model->workloads[i], seed + i, number);
        sim_random_start(&state->pause, seed, number, PURPOSE(3 * i));
        sim_random_start(&state->session, seed, number, PURPOSE(3 * i + 1));
    }
    return true;
}

#define FIRST_LEAST 1024u
#define FIRST_MOST  (1u << 16)

static bool make_measure(struct sim *sim, uint64_t requests, bool first)
{
    const struct flux_sim_program *program = sim->model->program;
    struct replication *to = sim->to;
    to->constraints = calloc(program->constraint_count + 1, sizeof *to->constraints);
    to->nodes = calloc(program->node_count + 1, sizeof *to->nodes);
    sim->wanted = requests;
    if (first) {
        uint64_t room = requests / 4;
        room = room < FIRST_LEAST ? FIRST_LEAST : room > FIRST_MOST ? FIRST_MOST : room;
        to->first_room = (uint32_t)room / SIM_PARTS * SIM_PARTS;
        to->first = calloc(to->first_room, sizeof *to->first);
    }
    return to->constraints != NULL && to->nodes != NULL && (!first || to->first != NULL);
}

static void start(struct sim *sim)
{
    for (unsigned i = 0; i < sim->model->program->source_count; i++) {
        const struct workload *workload = &sim->model->workloads[i];
        if (sim->sources[i].period > 0)
            at(sim, (double)sim->sources[i].period * 1e-9, EVENT(EVENT_CLOCK, i));
        else if (workload->kind == WORKLOAD_CLOSED) /* each begins with a pause */
            for (double n = 0; n < workload->clients; n++)
                at(sim, draw_pause(sim, i), EVENT(EVENT_PAUSE, i));
        else
            next_arrival(sim, i);
    }
}

/* Nothing but clocks is left to happen, and they would go on for ever. */
static bool is_over(const struct sim *sim)
{
    if (sim->events.count == 0)
        return true;
    if (sim->requests > 0)
        return false;
    for (uint32_t i = 0; i < sim->events.count; i++)
        if (sim_heap_at(&sim->events, i).what >> 28 != EVENT_CLOCK)
            return false;
    return true;
}

static void go(struct sim *sim)
{
    struct replication *to = sim->to;
    uint64_t checked = 0;
    start(sim);
    while (sim->error == NULL && to->totals.completed < sim->wanted) {
        if (sim->events.count == 0)
            break;
        if (++to->events - checked > 4096) {
            checked = to->events;
            if (is_over(sim))
                break;
        }
        happen(sim, sim_heap_take(&sim->events));
    }
    settle_integrals(sim);
    to->whole_time = sim->now;
    to->in_system_end = sim->requests;
}

static void release(struct sim *sim)
{
    for (unsigned i = 0; sim->source_states != NULL && i < sim->model->program->source_count; i++)
        free(sim->source_states[i].backlog.times);
    free(sim->events.keys);
    free(sim->cores.shared.keys);
    free(sim->flows);
    free(sim->loops);
    free(sim->kicked);
    free(sim->locks);
    free(sim->lock_base);
    free(sim->source_states);
    free(sim->node_random);
}

void replication_run(struct replication *to, const struct model *model, uint64_t seed,
                     uint32_t number, uint64_t requests, bool first)
{
    *to = (struct replication){.error = NULL};
    struct sim sim = {.model = model,
                      .machine = &model->machine,
                      .sources = model->program->sources,
                      .to = to,
                      .flow_free = NOBODY};
    if (make_machine(&sim) && make_locks(&sim) && make_sources(&sim, seed, number) &&
        make_measure(&sim, requests, first))
        go(&sim);
    else
        sim.error = "no memory for a replication";
    to->error = sim.error;
    release(&sim);
}

void replication_free(struct replication *replication)
{
    free(replication->first);
    free(replication->constraints);
    free(replication->nodes);
}
