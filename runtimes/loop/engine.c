/* engine.c - the loops' threads: start, stop and join. */
#include "loop/calls.h"
#include "loop/record.h"
#include "loop/tools.h"

#include "metrics.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct policy fluxi_policy;
struct loop *fluxi_loops;
unsigned fluxi_loop_count;
pthread_mutex_t fluxi_loops_lock = PTHREAD_MUTEX_INITIALIZER;
_Thread_local struct loop *fluxi_loop;

/* Held while loops are created: none serves before all are there, or any when one is missing. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static bool start_failed;

static void loop_free(struct loop *loop)
{
    fluxi_carriers_free(loop);
    fluxi_limits_free(loop);
    fluxi_records_free(loop);
    free(loop->timers.heap);
    free(loop->outbox);
    if (loop->bell >= 0)
        REAL(close)(loop->bell);
    if (loop->poller >= 0)
        REAL(close)(loop->poller);
}

int fluxi_poller_new(const struct loop *loop)
{
    /* Edge-triggered: each ring is an event, and nobody need read the counter. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = FLUXI_BELL};
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, loop->bell, &event) != 0) {
        int error = errno;
        REAL(close)(poller);
        return fluxi_fail(error);
    }
    return poller;
}

static int loop_init(struct loop *loop, unsigned index)
{
    loop->index = index;
    loop->budget = 1;
    loop->coarse = RUNNING_ON_VALGRIND; /* which does not know epoll_pwait2 */
    loop->trim.fire = fluxi_carriers_trim;
    loop->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->poller = loop->bell < 0 ? -1 : fluxi_poller_new(loop);
    if (loop->poller < 0)
        return errno;
    loop->outbox = calloc(fluxi_loop_count, sizeof *loop->outbox);
    int error = loop->outbox ? fluxi_timers_start(loop) : ENOMEM;
    if (error == 0)
        error = fluxi_records_start(loop);
    if (error == 0 && !fluxi_carrier_reserve(loop, 2)) /* one to run on, one to leave to */
        error = ENOMEM;
    return error;
}

static void *loop_thread(void *argument)
{
    struct loop *loop = argument;
    void *memory = NULL;
    pthread_mutex_lock(&gate);
    bool serve = !start_failed;
    pthread_mutex_unlock(&gate);
    if (!serve)
        return NULL;
    fluxi_loop = loop;
    atomic_store(&loop->tid, gettid());
    if (fluxi_profile_there())
        atomic_store(&loop->calling, &flux_calling);
    if (fluxi_overflow_catch(&memory) != 0)
        flux_log(FLUX_WARNING, "no memory to report stack overflows on");
    fluxi_births_begin(loop);
    fluxi_carriers_run(loop);
    fluxi_thread_done();
    fluxi_overflow_ignore();
    free(memory);
    return NULL;
}

/* Ends the first `count` loops, which run, and frees them all. */
static void loops_end(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fluxi_loop_notify(&fluxi_loops[i], FLUXI_QUIT);
    fluxi_watch_end();
    for (unsigned i = 0; i < count; i++)
        pthread_join(fluxi_loops[i].thread, NULL);
    fluxi_watch_free();
    pthread_mutex_lock(&fluxi_loops_lock);
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        loop_free(&fluxi_loops[i]);
    fluxi_loop_count = 0;
    free(fluxi_loops);
    fluxi_loops = NULL;
    pthread_mutex_unlock(&fluxi_loops_lock);
    fluxi_births_free();
    fluxi_overflow_stop();
}

/* A child that a node has forked shares the pollers, whose other end is its parent's: it must not
 * take its copies of descriptors out of them when it closes them, and has no loops to go on with.
 */
static void in_child(void)
{
    fluxi_loop = NULL;
    fluxi_loop_count = 0;
    pthread_mutex_init(&fluxi_loops_lock, NULL); /* another thread may have held it */
}

int fluxi_engine_start(void)
{
    fluxi_loop_count = fluxi_policy.loops;
    fluxi_single_threaded = fluxi_loop_count == 1;
    fluxi_loops = aligned_alloc(alignof(struct loop), fluxi_loop_count * sizeof *fluxi_loops);
    if (!fluxi_loops) {
        flux_log(FLUX_ERROR, "no memory for %u loops", fluxi_loop_count);
        return ENOMEM;
    }
    memset(fluxi_loops, 0, fluxi_loop_count * sizeof *fluxi_loops);
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        fluxi_loops[i].bell = fluxi_loops[i].poller = -1;

    fluxi_calls_verify();
    fluxi_overflow_start();
    unsigned running = 0;
    int error = pthread_atfork(NULL, NULL, in_child);
    if (error == 0)
        error = fluxi_helpers_start();
    if (error == 0)
        error = fluxi_births_start();
    for (unsigned i = 0; i < fluxi_loop_count && error == 0; i++)
        error = loop_init(&fluxi_loops[i], i);
    pthread_mutex_lock(&gate);
    while (error == 0 && running < fluxi_loop_count) {
        struct loop *loop = &fluxi_loops[running];
        error = pthread_create(&loop->thread, NULL, loop_thread, loop);
        if (error == 0)
            running++;
    }
    start_failed = error != 0;
    if (error == 0)
        fluxi_watch_start();
    pthread_mutex_unlock(&gate);
    if (error == 0)
        return 0;
    flux_log(FLUX_ERROR, "cannot start %u loops: %s (--loops N starts fewer)", fluxi_loop_count,
             flux_strerror(error));
    fluxi_helpers_join();
    loops_end(running);
    return error;
}

void fluxi_runtime_stop(void)
{
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        fluxi_loop_notify(&fluxi_loops[i], FLUXI_INTERRUPT);
    fluxi_stop_again = fluxi_helpers_poke;
}

void fluxi_runtime_join(void)
{
    fluxi_helpers_join();
    loops_end(fluxi_loop_count);
    if (fluxi_policy.joined)
        fluxi_policy.joined();
}

struct flux_load fluxi_runtime_load(void)
{
    if (!fluxi_loop)
        pthread_mutex_lock(&fluxi_loops_lock);
    struct flux_load load = {
        .flows = fluxi_births_flows(), .limit = fluxi_max_flows, .workers = fluxi_loop_count};
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        load.queued += atomic_load_explicit(&fluxi_loops[i].queued, memory_order_relaxed);
    load.queued += atomic_load_explicit(&fluxi_handed_count, memory_order_relaxed);
    if (!fluxi_loop)
        pthread_mutex_unlock(&fluxi_loops_lock);
    return load;
}

/* The loops are there: it is asked between start and join. */
void fluxi_runtime_metrics(FILE *out)
{
    fluxi_metric(out, "flux_loops", FLUXI_GAUGE, "Event loops.", (double)fluxi_loop_count);
    fluxi_helpers_metrics(out);
    fluxi_watch_metrics(out);
}
