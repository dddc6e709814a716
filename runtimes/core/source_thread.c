/* source_thread.c - sources on threads of their own, and the limit on flows that holds them back.
 */
#include "source_thread.h"
#include "seat.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define NO_MEMORY_WAIT UINT64_C(100000000)
#define POKE_PERIOD    UINT64_C(10000000)

struct source_thread {
    struct fluxi_seat seat;
    struct fluxi_source *source;
    pthread_t id;
    atomic_bool ended; /* its source will not run again, nor is it in a node */
};

static struct source_thread *threads; /* one per fluxi_sources */
static void (*start_flow)(struct flux_flow *flow);

/* Held while threads are created: none runs before all are there, or any when one is missing. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static bool start_failed;

/* ---- how much there is ----------------------------------------------------------------------- *
 *
 * The program is over when no source and no flow is left. A source that gives birth is still there
 * when its flow is counted, and clocks are sources: so once no source is left there can only be
 * fewer flows. Who makes either of them 0 looks at the sources first, then at the flows; the other
 * way round a source might give birth and end between the two looks.
 */
static atomic_uint sources;
static atomic_ullong flows;       /* but for those of clocks */
static atomic_ullong clock_flows; /* at most one for each clock */

/* Sources that wait for admission. `waiting` is set before `flows` is looked at, and the other way
 * round where a flow leaves: one of them sees the other. */
static pthread_mutex_t admission = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t room = PTHREAD_COND_INITIALIZER;
static atomic_uint waiting;

static void end_if_over(void)
{
    if (atomic_load(&sources) == 0 && atomic_load(&flows) == 0)
        fluxi_finished();
}

static bool try_admit(void)
{
    unsigned long long count = atomic_load(&flows);
    while (count < fluxi_max_flows) {
        /* raced: it fails when a flow begins or ends between look and exchange */
        if (atomic_compare_exchange_weak(&flows, &count, count + 1))
            return true;
    }
    return false;
}

static void admit(void)
{
    if (try_admit())
        return;
    pthread_mutex_lock(&admission);
    atomic_fetch_add(&waiting, 1);
    while (!try_admit())
        pthread_cond_wait(&room, &admission);
    atomic_fetch_sub(&waiting, 1);
    pthread_mutex_unlock(&admission);
}

void fluxi_flow_left(void)
{
    bool last = atomic_fetch_sub(&flows, 1) == 1;
    if (atomic_load(&waiting) > 0) {
        pthread_mutex_lock(&admission);
        pthread_cond_signal(&room);
        pthread_mutex_unlock(&admission);
    }
    if (last)
        end_if_over();
}

uint64_t fluxi_flows_alive(void)
{
    return atomic_load(&flows) + atomic_load(&clock_flows);
}

/* ---- a source -------------------------------------------------------------------------------- */

static void run_source(struct source_thread *self)
{
    struct fluxi_source *source = self->source;
    struct flux_flow *flow = NULL;

    while (!fluxi_source_stopping(source)) {
        if (flow == NULL && (flow = fluxi_frame_new(source)) == NULL) {
            fluxi_seat_rest(flux_now() + NO_MEMORY_WAIT);
        } else if (fluxi_seat_run(&self->seat, flow) == FLUX_BORN) {
            fluxi_flow_born(flow);
            flow->home = NULL;
            admit();
            start_flow(flow);
            flow = NULL;
        } else {
            uint64_t wait = fluxi_source_failed(flow);
            if (wait == FLUXI_ENDED)
                return;
            if (wait > 0)
                fluxi_seat_rest(flux_now() + wait);
        }
    }
    if (flow != NULL)
        fluxi_frame_free(flow);
}

void fluxi_sources_launch(struct flux_flow *flow)
{
    struct source_thread *self = flow->origin->home;
    atomic_fetch_add(&clock_flows, 1);
    fluxi_seat_run(&self->seat, flow);
    fluxi_flow_ended(flow);
    atomic_fetch_sub(&clock_flows, 1);
}

/* A tick that falls while the flow runs is found late, and merged, by the next fluxi_clock_tick. */
static void run_clock(struct source_thread *self)
{
    struct fluxi_source *source = self->source;

    fluxi_clock_start(source);
    while (!fluxi_source_stopping(source)) {
        if (flux_now() < source->due) {
            fluxi_seat_rest(source->due);
            continue;
        }
        struct flux_flow *flow = fluxi_clock_tick(source);
        if (flow != NULL)
            fluxi_sources_launch(flow);
    }
}

/* ---- threads --------------------------------------------------------------------------------- */

/* A call that blocks returns when poked, but a poke may come just before the call begins: it takes
 * one poke after the other until the thread says that it has ended. */
static bool interrupt(const struct flux_source *table)
{
    bool left = false;
    for (unsigned i = 0; i < fluxi_source_count; i++) {
        struct source_thread *thread = &threads[i];
        if ((table != NULL && thread->source->table != table) || atomic_load(&thread->ended))
            continue;
        pthread_kill(thread->id, FLUXI_POKE);
        left = true;
    }
    return left;
}

static void set_pokes(int how)
{
    sigset_t poke;
    sigemptyset(&poke);
    sigaddset(&poke, FLUXI_POKE);
    pthread_sigmask(how, &poke, NULL);
}

static void *thread_main(void *argument)
{
    struct source_thread *self = argument;

    pthread_mutex_lock(&gate);
    bool run = !start_failed;
    pthread_mutex_unlock(&gate);
    if (!run)
        return NULL;
    if (self->source->table->period != 0) {
        run_clock(self);
    } else {
        set_pokes(SIG_UNBLOCK);
        run_source(self);
        set_pokes(SIG_BLOCK);
    }
    atomic_store(&self->ended, true);
    /* FLUX_STOP ends all copies of a parallel source (R14). */
    while (!atomic_load(&fluxi_stopping) && interrupt(self->source->table))
        fluxi_seat_rest(flux_now() + POKE_PERIOD);
    fluxi_thread_done();
    if (atomic_fetch_sub(&sources, 1) == 1)
        end_if_over();
    return NULL;
}

static void join(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i].id, NULL);
    free(threads);
    threads = NULL;
}

int fluxi_source_threads_start(void (*start)(struct flux_flow *flow))
{
    unsigned count = fluxi_source_count, created = 0;
    int error = 0;

    threads = calloc(count, sizeof *threads);
    if (threads == NULL) {
        flux_log(FLUX_ERROR, "start: no memory for %u sources", count);
        return ENOMEM;
    }
    start_flow = start;
    atomic_store(&sources, count);
    pthread_mutex_lock(&gate);
    for (; created < count && error == 0; created += error == 0) {
        struct source_thread *thread = &threads[created];
        thread->source = &fluxi_sources[created];
        thread->source->home = thread;
        error = pthread_create(&thread->id, NULL, thread_main, thread);
    }
    start_failed = error != 0;
    pthread_mutex_unlock(&gate);
    if (error != 0) {
        flux_log(FLUX_ERROR,
                 "start: no thread for source %s: %s; is the limit on processes "
                 "(ulimit -u) too low?",
                 fluxi_sources[created].table->name, flux_strerror(error));
        join(created);
        return error;
    }
    return 0;
}

bool fluxi_source_threads_stop(void)
{
    return interrupt(NULL);
}

void fluxi_source_threads_join(void)
{
    join(fluxi_source_count);
}
