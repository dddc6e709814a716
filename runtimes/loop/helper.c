/* helper.c - threads that may block, for what an event loop cannot wait for: nodes declared
 * `blocking` (R35), look-ups of names, and disk reads that are not in the page cache. This is the
 * AMPED architecture of Pai, Druschel and Zwaenepoel (USENIX ATC 1999).
 *
 * Helpers are created when there is work and none is free, up to --helpers of them. A helper runs
 * the call of a blocking node and nothing else of its flow, so no helper ever waits for a flow.
 *
 * The one that was the last to become idle is the first to be called: its stack is in the cache,
 * and those that are not needed sleep on. It is woken when the mutex has been given back, which is
 * what it needs next.
 */
#include "loop/loop.h"
#include "seat.h"

#include "metrics.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

struct helper {
    pthread_t thread;
    const struct fluxi_source *source; /* whose node it runs; NULL: no source's */
    struct fluxi_seat seat;            /* where it sleeps */
    struct helper *next_idle;          /* which became idle before it */
};

static struct {
    pthread_mutex_t mutex;
    struct helper *helpers;
    unsigned count;
    struct helper *idle; /* those that sleep and have not been called, the last one first */
    bool quit;
    struct flow_list flows; /* whose next node blocks */
    struct job *jobs, *jobs_last;
    unsigned waiting; /* flows and jobs in these lists */
    bool jobs_first;  /* they take turns */
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* With the mutex held, which is released meanwhile. */
static void run_flow(struct helper *self)
{
    struct flux_flow *flow = pool.flows.first;
    pool.flows.first = flow->next;
    self->source = flow->flags & FLUXI_SOURCING ? flow->origin : NULL;
    pthread_mutex_unlock(&pool.mutex);
    /* Runs to flux_unblock, which sends the flow home. */
    fluxi_run(flow);
    if (fluxi_profile_there())
        fluxi_profile_helped();
    pthread_mutex_lock(&pool.mutex);
    self->source = NULL;
}

static void run_job(void)
{
    struct job *job = pool.jobs;
    pool.jobs = job->next;
    pthread_mutex_unlock(&pool.mutex);
    errno = 0;
    job->run(job);
    job->error = errno;
    fluxi_carrier_mail(job->carrier);
    pthread_mutex_lock(&pool.mutex);
}

static void *helper_thread(void *argument)
{
    struct helper *self = argument;
    sigset_t poke;
    sigemptyset(&poke);
    sigaddset(&poke, FLUXI_POKE);
    pthread_sigmask(SIG_UNBLOCK, &poke, NULL);

    pthread_mutex_lock(&pool.mutex);
    while (!pool.quit) {
        if (pool.waiting == 0) {
            self->next_idle = pool.idle;
            pool.idle = self;
            pthread_mutex_unlock(&pool.mutex);
            if (fluxi_profile_there())
                fluxi_profile_sleeps(flux_now());
            fluxi_seat_wait(&self->seat);
            if (fluxi_profile_there())
                fluxi_profile_slept();
            pthread_mutex_lock(&pool.mutex);
            continue;
        }
        pool.waiting--;
        bool job = pool.jobs && (pool.jobs_first || !pool.flows.first);
        pool.jobs_first = !job;
        if (job)
            run_job();
        else
            run_flow(self);
    }
    pthread_mutex_unlock(&pool.mutex);
    fluxi_thread_done();
    return NULL;
}

/* With the mutex held, before work is added: sees to it that somebody will do it. *sleeper is to be
 * woken when the mutex has been given back; NULL: nobody is. False: there is nobody. */
static bool call_helper(struct helper **sleeper)
{
    *sleeper = pool.idle;
    if (*sleeper) {
        pool.idle = (*sleeper)->next_idle;
        return true;
    }
    if (pool.count == fluxi_policy.helpers)
        return pool.count > 0;
    struct helper *helper = &pool.helpers[pool.count];
    *helper = (struct helper){.source = NULL};
    if (pthread_create(&helper->thread, NULL, helper_thread, helper) == 0) {
        pool.count++;
        return true;
    }
    static struct fluxi_log_limit limit;
    fluxi_log_limited(&limit, FLUX_WARNING, "cannot create helper thread %u%s", pool.count + 1,
                      pool.count ? "" : ": a blocking call blocks a loop");
    return pool.count > 0;
}

static void wake(struct helper *sleeper)
{
    if (sleeper)
        fluxi_seat_wake(&sleeper->seat);
}

bool flux_block(struct flux_flow *flow, uint32_t at)
{
    struct helper *sleeper;
    flow->error = 0;
    fluxi_order_seen(flow, at);
    pthread_mutex_lock(&pool.mutex);
    bool helped = call_helper(&sleeper);
    if (helped) {
        flow->at = at;
        fluxi_flow_append(&pool.flows, flow);
        pool.waiting++;
    }
    pthread_mutex_unlock(&pool.mutex);
    wake(sleeper);
    return !helped;
}

bool flux_unblock(struct flux_flow *flow, uint32_t at)
{
    if (fluxi_loop)
        return true; /* no helper was to be had */
    flow->at = at;
    fluxi_runtime_ready(flow);
    return false;
}

void fluxi_helper_run(struct job *job)
{
    struct loop *loop = fluxi_loop;
    int before = errno;
    job->next = NULL;
    job->carrier = loop->running;
    struct carrier *next = fluxi_policy.helpers > 0 ? fluxi_carrier_spare(loop) : NULL;
    bool helped = false;
    if (next) {
        struct helper *sleeper;
        pthread_mutex_lock(&pool.mutex);
        helped = call_helper(&sleeper);
        if (helped) {
            if (pool.jobs)
                pool.jobs_last->next = job;
            else
                pool.jobs = job;
            pool.jobs_last = job;
            pool.waiting++;
        }
        pthread_mutex_unlock(&pool.mutex);
        wake(sleeper);
    }
    if (helped) {
        fluxi_carrier_suspend(loop, next);
        errno = job->error ? job->error : before;
        return;
    }
    if (next)
        fluxi_carrier_idle(loop, next);
    job->run(job);
}

/* ---- start and stop -------------------------------------------------------------------------- */

int fluxi_helpers_start(void)
{
    pool.quit = false;
    pool.helpers = calloc(fluxi_policy.helpers + 1, sizeof *pool.helpers);
    return pool.helpers ? 0 : ENOMEM;
}

/* A poke that arrives just before the node blocks is lost, and a node may still be on its way to a
 * helper, hence again and again until the sources have ended. */
bool fluxi_helpers_poke(void)
{
    bool any = false;
    pthread_mutex_lock(&pool.mutex);
    for (unsigned i = 0; i < pool.count; i++) {
        const struct fluxi_source *source = pool.helpers[i].source;
        if (source && fluxi_source_stopping(source))
            pthread_kill(pool.helpers[i].thread, FLUXI_POKE);
    }
    pthread_mutex_unlock(&pool.mutex);
    for (unsigned i = 0; i < fluxi_source_count; i++) {
        const struct fluxi_source *source = &fluxi_sources[i];
        any |= fluxi_source_stopping(source) && !atomic_load(&source->ended);
    }
    return any;
}

void fluxi_helpers_join(void)
{
    pthread_mutex_lock(&pool.mutex);
    pool.quit = true;
    for (; pool.idle; pool.idle = pool.idle->next_idle)
        fluxi_seat_wake(&pool.idle->seat);
    /* Loops still run, and poke; nobody is to be poked who has been joined. */
    struct helper *helpers = pool.helpers;
    unsigned count = pool.count;
    pool.helpers = NULL;
    pool.count = 0;
    pthread_mutex_unlock(&pool.mutex);
    for (unsigned i = 0; i < count; i++)
        pthread_join(helpers[i].thread, NULL);
    free(helpers);
}

void fluxi_helpers_metrics(FILE *out)
{
    pthread_mutex_lock(&pool.mutex);
    unsigned count = pool.count, idle = 0, waiting = pool.waiting;
    for (const struct helper *helper = pool.idle; helper; helper = helper->next_idle)
        idle++;
    pthread_mutex_unlock(&pool.mutex);
    fluxi_metric(out, "flux_helpers", FLUXI_GAUGE, "Helper threads that there are.", count);
    fluxi_metric(out, "flux_helpers_limit", FLUXI_GAUGE, "Helper threads that there may be.",
                 fluxi_policy.helpers);
    fluxi_metric(out, "flux_helpers_busy", FLUXI_GAUGE, "Helper threads that have work.",
                 count > idle ? count - idle : 0);
    fluxi_metric(out, "flux_helpers_queued", FLUXI_GAUGE, "Calls that wait for a helper.", waiting);
}
