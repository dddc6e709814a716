#include "figures.h"

#include "books.h"
#include "flux.h"
#include "plan.h"

#include <math.h>
#include <stdio.h>

/* From there on requests wait for the generator, more than a little (a queue with one server, used
 * to this share, is ten times as long as it serves at once). */
#define CPU_MOST 0.9

/* Of an answer's time, at the same percentile, what may be the generator's lag. */
#define LAG_SHARE 0.1

/* Of an open load, that is not answered in the time in which it comes. */
#define SATURATED     0.05
#define PLANNED_LEAST 100

/* A batch with fewer says nothing. */
#define BATCH_LEAST 10

const double figures_shares[SHARES] = {0.5, 0.9, 0.99, 0.999};
const char *const figures_names[SHARES] = {"p50", "p90", "p99", "p999"};

/* Batches are as independent as their length makes them: method of batch means (Law, "Simulation
 * Modeling and Analysis", section 9.5.3). values[i] is of batch i. */
static double half_width(const double values[BATCHES])
{
    for (unsigned i = 0; i < BATCHES; i++)
        if (books.batches[i].response.count < BATCH_LEAST)
            return NAN;
    return sim_estimate(values, BATCHES, FIGURES_CONFIDENCE).half_width;
}

static void make_throughput(struct figures *to)
{
    double values[BATCHES];
    uint64_t before = books.begin;
    for (unsigned i = 0; i < BATCHES; i++) {
        const struct batch *batch = &books.batches[i];
        double length = to->time / BATCHES;
        if (plan.requests > 0) {
            length = (double)(batch->last - before) * 1e-9;
            before = batch->last;
        }
        values[i] = length > 0 ? (double)batch->answered / length : 0;
    }
    to->throughput.mean = (double)books.answered / to->time;
    to->throughput.half_width = half_width(values);
}

static void make_times(struct figures *to)
{
    double values[BATCHES];
    const struct sim_histogram *all = &books.response;
    for (unsigned i = 0; i < BATCHES; i++)
        values[i] = books.batches[i].sum / (double)books.batches[i].response.count;
    to->mean.mean = all->count > 0 ? all->sum / (double)all->count : 0;
    to->mean.half_width = half_width(values);
    for (unsigned s = 0; s < SHARES; s++) {
        for (unsigned i = 0; i < BATCHES; i++)
            values[i] = sim_histogram_quantile(&books.batches[i].response, figures_shares[s]);
        to->quantiles[s].mean = sim_histogram_quantile(all, figures_shares[s]);
        to->quantiles[s].half_width = half_width(values);
    }
}

/* From the first that counts to the end of the time, or to the last answer. */
static double measured_time(void)
{
    uint64_t end = plan.duration > 0 ? books.end : books.last;
    if (plan.duration > 0 && flux_stopping() && books.ended < end)
        end = books.ended;
    return end > books.begin ? (double)(end - books.begin) * 1e-9 : 1e-9;
}

void figures_make(struct figures *to)
{
    const struct workload *workload = &plan.workload;
    uint64_t lost = 0;
    *to = (struct figures){
        .load = workload->kind == WORKLOAD_CLOSED ? workload->clients : workload->rate,
        .time = measured_time(),
    };
    make_throughput(to);
    make_times(to);
    to->requests = books.response.sum / to->time;
    for (unsigned i = OUTCOME_REFUSED; i < OUTCOME_ABANDONED; i++)
        lost += books.outcomes[i];
    to->lost = books.planned > 0 ? (double)lost / (double)books.planned : 0;
    to->failed = lost + books.outcomes[OUTCOME_4XX] + books.outcomes[OUTCOME_5XX];
    if (books.ended > books.begun)
        to->cpu = (double)books.cpu_used / (double)(books.ended - books.begun) / books.loops;
    to->saturated = workload_is_open(workload) && books.planned >= PLANNED_LEAST &&
                    (double)(books.answered + lost - books.outcomes[OUTCOME_UNSENT]) <
                        (1 - SATURATED) * (double)books.planned;
}

/* Late, for what was measured. */
static bool is_late(double share, double *lag)
{
    double most = (double)plan.max_lag * 1e-9;
    double times = LAG_SHARE * sim_histogram_quantile(&books.service, share);
    *lag = sim_histogram_quantile(&books.lag, share);
    return *lag > most && *lag > times;
}

const char *figures_disturbed(const struct figures *figures)
{
    static char text[160];
    char time[24];
    double lag;
    for (unsigned i = 0; i < 3; i += 2) { /* median and 99th percentile */
        if (is_late(figures_shares[i], &lag)) {
            snprintf(text, sizeof text,
                     "the generator was the bottleneck: its lag was %s at the %s percentile",
                     sim_time_text(lag, time, sizeof time), i == 0 ? "50th" : "99th");
            return text;
        }
    }
    if (figures->cpu > CPU_MOST) {
        snprintf(text, sizeof text,
                 "the generator was the bottleneck: it used %.0f %% of its CPU time",
                 100 * figures->cpu);
        return text;
    }
    return NULL;
}
