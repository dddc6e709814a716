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

#include "executors.h"

/* ---- the warm-up ----------------------------------------------------------------------------- */

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
    sim->waiting = sim->helper_queue = sim->disk_queue = EMPTY;
    sim->fresh.list = sim->ready.list = EMPTY;
    if (machine->kind != MACHINE_EVENT)
        return true;
    sim->idle_loops = machine->loops;
    sim->loops = calloc(machine->loops, sizeof *sim->loops);
    sim->kicked = calloc(machine->loops, sizeof *sim->kicked);
    for (unsigned i = 0; sim->loops != NULL && i < machine->loops; i++)
        sim->loops[i].ready.list = EMPTY;
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
        sim_random_start(&sim->node_random[i], seed, number, SIM_STREAM(STREAM_NODE, i));
    for (unsigned i = 0; i < sources; i++) {
        struct source_state *state = &sim->source_states[i];
        state->idle = EMPTY;
        arrivals_start(&state->arrivals, &sim->model->workloads[i], seed, number, i);
        sim_random_start(&state->pause, seed, number, SIM_STREAM(STREAM_PAUSES, i));
        sim_random_start(&state->session, seed, number, SIM_STREAM(STREAM_SESSIONS, i));
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

/* Requests in the system, beyond which a run would only need memory: it has answered less than a
 * fifth of what came, or comes to no steady state before it ends. */
static double flood_of(const struct sim *sim)
{
    double clients = 0;
    for (unsigned i = 0; i < sim->model->program->source_count; i++)
        clients += sim->model->workloads[i].clients;
    return 1000 + clients + 4 * (double)sim->wanted;
}

#define FRUITLESS 50000000u /* events, and no answer */

static void go(struct sim *sim)
{
    struct replication *to = sim->to;
    const double flood = flood_of(sim);
    uint64_t checked = 0, answered = 0, answered_at = 0;
    start(sim);
    while (sim->error == NULL && to->totals.completed < sim->wanted) {
        if (sim->events.count == 0)
            break;
        if (++to->events - checked > 4096) {
            checked = to->events;
            to->flooded = sim->requests > flood;
            if (to->flooded || is_over(sim))
                break;
            if (to->totals.completed + to->totals.lost != answered) {
                answered = to->totals.completed + to->totals.lost;
                answered_at = to->events;
            } else if (to->events - answered_at > FRUITLESS) {
                sim->error = "requests are never answered: does a `repeat` end?";
            }
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
    for (unsigned i = 0; sim->loops != NULL && i < sim->machine->loops; i++)
        free(sim->loops[i].ready.by_length.keys);
    free(sim->fresh.by_length.keys);
    free(sim->ready.by_length.keys);
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
