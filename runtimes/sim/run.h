/* run.h - what there is in a run: flows, lists of them, executors, cores, locks; and the
 * integrals that are kept. Part of replication.c, which alone includes it,
 * so that what a run does again and again is compiled as one.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "heap.h"
#include "replication.h"

#include <math.h>
#include <stdlib.h>

#define NOBODY UINT32_MAX

enum event_kind {
    EVENT_FLOW,
    EVENT_COMPUTED, /* on a core of its own */
    EVENT_SLICE,
    EVENT_SHARED,
    EVENT_ARRIVAL,
    EVENT_PAUSE,
    EVENT_CLOCK
};
#define EVENT(kind, index) ((uint32_t)(kind) << 28 | (uint32_t)(index))
#define FLOWS_MAX          (1u << 28)

enum { STREAM_PAUSES = 8, STREAM_SESSIONS, STREAM_NODE }; /* those below are the workload's */

enum place { ON_EXECUTOR, ON_HELPER, AWAY }; /* AWAY: parked; it has to queue before it goes on */

struct flow {
    double began;     /* the request that it is about: when it was meant to come */
    double remaining; /* core seconds, while cores are shared */
    double overhead;  /* core seconds that the next computation is longer by */
    double since;     /* waits for a constraint since then */
    double answered;  /* when the last request was */
    double drawn;     /* core seconds of the next computation, once they are known; else below 0 */
    uint32_t step, next, loop, session;
    uint16_t arm, source;
    uint8_t phase, place;
    bool cold;    /* nobody computed when it came */
    bool unseen;  /* its request has not had an executor yet */
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

/* Of flows that can run: in order of arrival, or of the length of what they compute next. */
struct queue {
    struct list list;
    struct sim_heap by_length;
    uint32_t count;
};

struct lock {
    uint32_t readers;
    bool writer;
    struct list waiting;
    double since; /* held since then */
};

struct loop {
    struct queue ready;
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
    double last;            /* since when it has been so many */
    double attained;        /* ideal sharing: what each has had, up to then */
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
    struct queue fresh;  /* admitted, have not run */
    struct queue ready;  /* of pool and thread */
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
    uint32_t *lock_base;
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

/* What it computes next, drawn ahead of time where the order asks for it. */
static double next_length(struct sim *sim, uint32_t index)
{
    struct flow *flow = &sim->flows[index];
    const struct flux_sim_step *steps = sim->sources[flow->source].steps;
    uint32_t at = flow->step;
    if (flow->drawn >= 0 || flow->phase != 0)
        return flow->drawn > 0 ? flow->drawn : 0;
    for (;; at = steps[at].next) {
        const struct node_times *times = &sim->model->nodes[steps[at].what];
        if (steps[at].op == FLUX_SIM_BORN ||
            (steps[at].op == FLUX_SIM_CALL && !times->has_cpu && !times->has_blocked))
            continue;
        if (steps[at].op != FLUX_SIM_CALL || !times->has_cpu)
            return 0;
        flow->drawn = sim_distribution_draw(&times->cpu, &sim->node_random[steps[at].what]);
        return flow->drawn;
    }
}

static void enqueue(struct sim *sim, struct queue *queue, uint32_t index)
{
    queue->count++;
    if (!sim->machine->shortest)
        append(sim, &queue->list, index);
    else if (!sim_heap_put(&queue->by_length, next_length(sim, index), index))
        sim->error = "no memory for flows that wait";
}

static uint32_t dequeue(struct sim *sim, struct queue *queue)
{
    queue->count--;
    return sim->machine->shortest ? sim_heap_take(&queue->by_length).what : pop(sim, &queue->list);
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

#endif
