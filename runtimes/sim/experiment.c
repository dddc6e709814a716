#include "experiment.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

const double quantile_shares[QUANTILES] = {0.5, 0.9, 0.99, 0.999};

/* What is kept of a replication. */
struct row {
    double throughput, response, quantiles[QUANTILES], requests, lost;
    double cores, executors, helpers, disks, warm_up, end, little;
    double *held, *waited;
    struct node_use *nodes;
    bool grows;
    uint64_t events, failed, completed;
    const char *error;
};

struct work {
    const struct model *model;
    const struct effort *effort;
    struct row *rows;
    struct replication **runs; /* of the first round, until its warm-up is known */
    unsigned from, to;
    uint32_t cut; /* parts */
    bool cut_known;
    atomic_uint next, done;
    void (*tick)(unsigned done, unsigned of);
    pthread_mutex_t lock; /* of tick */
};

/* ---- one replication ------------------------------------------------------------------------- */

/* A queue that grows for as long as one looks. */
static bool grows(const struct model *model, const struct replication *run)
{
    bool open = true;
    if (run->flooded)
        return true;
    for (unsigned i = 0; i < model->program->source_count; i++)
        open = open && workload_is_open(&model->workloads[i]);
    double some = 50 + 0.01 * (double)run->totals.completed;
    return open && run->in_system_end > some &&
           run->in_system_end > 1.5 * (run->in_system_half + 1);
}

static double share(double used, double time, unsigned of)
{
    return time > 0 && of > 0 && of != UNBOUNDED ? used / time / of : 0;
}

static void summarise(struct row *row, const struct model *model, const struct replication *run)
{
    const struct machine *machine = &model->machine;
    const struct totals *totals = &run->totals;
    double time = totals->time, count = (double)run->response.count;
    row->completed = totals->completed;
    row->throughput = time > 0 ? (double)totals->completed / time : 0;
    row->response = count > 0 ? run->response.sum / count : 0;
    for (unsigned i = 0; i < QUANTILES; i++)
        row->quantiles[i] = sim_histogram_quantile(&run->response, quantile_shares[i]);
    row->requests = time > 0 ? totals->requests / time : 0;
    double came = (double)(totals->completed + totals->lost);
    row->lost = came > 0 ? (double)totals->lost / came : 0;
    row->cores = share(totals->cpu, time, machine->cores);
    row->executors = share(totals->executors, time,
                           machine->kind == MACHINE_EVENT  ? machine->loops
                           : machine->kind == MACHINE_POOL ? machine->threads
                                                           : 0);
    row->helpers =
        share(totals->helpers, time, machine->kind == MACHINE_EVENT ? machine->helpers : 0);
    row->disks = share(totals->disks, time, machine->disks);
    row->end = run->end;
    row->events = run->events;
    row->failed = totals->failed;
    row->grows = grows(model, run);
    row->error = run->error;
    if (row->throughput > 0 && row->response > 0)
        row->little = row->requests / (row->throughput * row->response) - 1;
    for (unsigned i = 0; i < model->program->constraint_count; i++) {
        const struct constraint_totals *constraint = &run->constraints[i];
        row->held[i] = run->whole_time > 0 ? constraint->held / run->whole_time : 0;
        row->waited[i] = constraint->taken > 0 ? constraint->waited / (double)constraint->taken : 0;
    }
}

static double of_each(double sum, uint64_t count)
{
    return count > 0 ? sum / (double)count : 0;
}

static void summarise_nodes(struct row *row, const struct model *model,
                            const struct replication *run, uint64_t completed)
{
    for (unsigned i = 0; i < model->program->node_count; i++) {
        const struct node_totals *node = &run->nodes[i];
        row->nodes[i] = (struct node_use){
            .calls = of_each((double)node->calls, completed),
            .errors = of_each((double)node->errors, node->calls),
            .cpu = of_each(node->cpu / model->machine.speed, node->calls),
            .blocked = of_each(node->blocked, node->calls),
        };
    }
}

static void finish_one(struct work *work, unsigned number, struct replication *run)
{
    struct row *row = &work->rows[number];
    unsigned constraints = work->model->program->constraint_count;
    row->held = calloc(2 * (size_t)constraints + 1, sizeof *row->held);
    row->nodes = calloc(work->model->program->node_count + 1, sizeof *row->nodes);
    row->error = run->error;
    if (row->held == NULL || row->nodes == NULL)
        row->error = "no memory for a replication";
    if (row->error == NULL) {
        row->waited = row->held + constraints;
        row->warm_up = work->cut * (run->first_room / SIM_PARTS);
        summarise_nodes(row, work->model, run, run->totals.completed);
        replication_cut(run, work->cut);
        summarise(row, work->model, run);
    }
    replication_free(run);
    free(run);
}

static void run_one(struct work *work, unsigned number)
{
    const struct effort *effort = work->effort;
    struct replication *run = malloc(sizeof *run);
    if (run == NULL) {
        work->rows[number].error = "no memory for a replication";
        return;
    }
    replication_run(run, work->model, effort->seed, number, effort->requests, effort->cut);
    if (work->cut_known)
        finish_one(work, number, run);
    else
        work->runs[number] = run;
}

static void *run_some(void *argument)
{
    struct work *work = argument;
    unsigned number;
    while ((number = atomic_fetch_add(&work->next, 1)) < work->to) {
        run_one(work, number);
        unsigned done = atomic_fetch_add(&work->done, 1) + 1;
        if (work->tick != NULL) {
            pthread_mutex_lock(&work->lock);
            work->tick(work->from + done, work->to);
            pthread_mutex_unlock(&work->lock);
        }
    }
    return NULL;
}

/* Where the mean of the replications has settled: in parts. */
static uint32_t find_cut(const struct work *work)
{
    uint32_t room = work->runs[0] != NULL ? work->runs[0]->first_room : 0, part = room / SIM_PARTS;
    double *means = calloc(room + 1, sizeof *means);
    uint32_t cut = 0;
    bool all = means != NULL && room > 0;
    for (unsigned i = 0; all && i < work->to; i++) {
        const struct replication *run = work->runs[i];
        all = run != NULL && run->error == NULL && run->first_count == room;
        for (uint32_t k = 0; all && k < room; k++)
            means[k] += (double)run->first[k] / work->to;
    }
    if (all)
        cut = (sim_mser5(means, room) + part - 1) / part;
    free(means);
    return cut;
}

/* Replications from..to, side by side; the calling thread is one of those that run them. */
static void run_all(struct work *work)
{
    unsigned jobs = work->effort->jobs, runs = work->to - work->from, started = 0;
    unsigned others = jobs < runs ? jobs - 1 : runs - 1;
    pthread_t *threads = calloc(others + 1, sizeof *threads);
    atomic_store(&work->next, work->from);
    atomic_store(&work->done, 0);
    while (threads != NULL && started < others &&
           pthread_create(&threads[started], NULL, run_some, work) == 0)
        started++;
    run_some(work);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    if (work->cut_known)
        return;
    work->cut = find_cut(work);
    work->cut_known = true;
    for (unsigned i = work->from; i < work->to; i++)
        if (work->runs[i] != NULL)
            finish_one(work, i, work->runs[i]);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static struct sim_estimate estimate(const struct row *rows, unsigned count, size_t offset,
                                    double confidence, double *scratch)
{
    for (unsigned i = 0; i < count; i++)
        scratch[i] = *(const double *)((const char *)&rows[i] + offset);
    return sim_estimate(scratch, count, confidence);
}

static double mean(const struct row *rows, unsigned count, size_t offset)
{
    double sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += *(const double *)((const char *)&rows[i] + offset) / count;
    return sum;
}

#define ESTIMATE(field) estimate(rows, count, offsetof(struct row, field), confidence, scratch)
#define MEAN(field)     mean(rows, count, offsetof(struct row, field))

static void consider(struct point *to, const char *what, double use)
{
    if (use > to->bottleneck_use) {
        to->bottleneck = what;
        to->bottleneck_use = use;
    }
}

static void find_bottleneck(struct point *to, const struct model *model)
{
    static const char *const executors[] = {"threads", "workers", "loops"};
    to->bottleneck = "nothing";
    consider(to, "cores", to->cores);
    consider(to, executors[model->machine.kind], to->executors);
    consider(to, "helpers", to->helpers);
    consider(to, "disks", to->disks);
    for (unsigned i = 0; i < model->program->constraint_count; i++)
        if (!model->program->constraints[i].session)
            consider(to, model->program->constraints[i].name, to->held[i]);
}

static void conclude(struct point *to, const struct work *work, unsigned count, double *scratch)
{
    const struct row *rows = work->rows;
    const double confidence = work->effort->confidence;
    unsigned growing = 0;
    to->throughput = ESTIMATE(throughput);
    to->response = ESTIMATE(response);
    to->quantiles[P50] = ESTIMATE(quantiles[P50]);
    to->quantiles[P90] = ESTIMATE(quantiles[P90]);
    to->quantiles[P99] = ESTIMATE(quantiles[P99]);
    to->quantiles[P999] = ESTIMATE(quantiles[P999]);
    to->requests = ESTIMATE(requests);
    to->lost = ESTIMATE(lost);
    to->cores = MEAN(cores);
    to->executors = MEAN(executors);
    to->helpers = MEAN(helpers);
    to->disks = MEAN(disks);
    to->warm_up = MEAN(warm_up);
    to->end = MEAN(end);
    to->little = MEAN(little);
    to->events = to->failed = to->completed = 0;
    for (unsigned i = 0; i < count; i++) {
        to->events += rows[i].events;
        to->failed += rows[i].failed;
        to->completed += rows[i].completed;
        growing += rows[i].grows;
    }
    for (unsigned k = 0; k < work->model->program->constraint_count; k++) {
        to->held[k] = to->waited[k] = 0;
        for (unsigned i = 0; i < count; i++) {
            to->held[k] += rows[i].held[k] / count;
            to->waited[k] += rows[i].waited[k] / count;
        }
    }
    for (unsigned n = 0; n < work->model->program->node_count; n++) {
        to->nodes[n] = (struct node_use){.calls = 0};
        for (unsigned i = 0; i < count; i++) {
            to->nodes[n].calls += rows[i].nodes[n].calls / count;
            to->nodes[n].errors += rows[i].nodes[n].errors / count;
            to->nodes[n].cpu += rows[i].nodes[n].cpu / count;
            to->nodes[n].blocked += rows[i].nodes[n].blocked / count;
        }
    }
    to->saturated = growing > count / 2;
    to->replications = count;
    to->bottleneck_use = 0;
    find_bottleneck(to, work->model);
}

static bool is_precise(const struct sim_estimate *estimate, double precision)
{
    return estimate->half_width <= precision * estimate->mean;
}

static const char *first_error(const struct row *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (rows[i].error != NULL)
            return rows[i].error;
    return NULL;
}

void experiment_run(struct point *to, const struct model *model, const struct effort *effort,
                    void (*tick)(unsigned done, unsigned of))
{
    unsigned most = effort->precision > 0 ? effort->replications_most : effort->replications;
    unsigned constraints = model->program->constraint_count, count = effort->replications;
    if (most < count)
        most = count;
    struct work work = {.model = model, .effort = effort, .tick = tick};
    double *scratch = calloc(most, sizeof *scratch);
    *to = (struct point){.held = calloc(2 * (size_t)constraints + 1, sizeof *to->held),
                         .nodes = calloc(model->program->node_count + 1, sizeof *to->nodes)};
    work.rows = calloc(most, sizeof *work.rows);
    work.runs = calloc(count, sizeof *work.runs);
    pthread_mutex_init(&work.lock, NULL);
    if (work.rows == NULL || work.runs == NULL || scratch == NULL || to->held == NULL ||
        to->nodes == NULL) {
        to->error = "no memory";
        goto done;
    }
    to->waited = to->held + constraints;
    for (;;) {
        work.to = count;
        run_all(&work);
        to->error = first_error(work.rows, count);
        if (to->error != NULL)
            break;
        conclude(to, &work, count, scratch);
        if (to->saturated || count >= most ||
            (is_precise(&to->response, effort->precision) &&
             is_precise(&to->quantiles[P99], effort->precision)))
            break;
        work.from = count;
        count = count * 3 / 2 + 1 < most ? count * 3 / 2 + 1 : most;
    }
done:
    for (unsigned i = 0; work.rows != NULL && i < most; i++) {
        free(work.rows[i].held);
        free(work.rows[i].nodes);
    }
    pthread_mutex_destroy(&work.lock);
    free(work.rows);
    free(work.runs);
    free(scratch);
}

void point_free(struct point *point)
{
    free(point->held);
    free(point->nodes);
}
