/* thread.c - the runtime `thread`: a thread for each flow.
 *
 * There are never fewer threads than flows that have begun, so a flow that can run never waits for
 * another's thread. It blocks its thread in a node and in an await. Where it waits for a constraint
 * it gives its thread up: the thread goes on with a flow that can run, if there is one, such as the
 * one that it has just handed a constraint to, and sleeps otherwise. (If each flow kept its thread,
 * every turn of a constraint that flows queue up for would be a switch of threads, a hundred times
 * what taking one costs.)
 *
 * A thread whose flow has ended is kept for the next one; of those that no flow is there for more
 * than SPARE_MAX are not kept. While --threads flows are there, or the system gives no more
 * threads, sources wait.
 */
#include "thread.h"
#include "metrics.h"
#include "queue.h"
#include "seat.h"
#include "source_thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define SPARE_MAX   64u
#define RETRY_AFTER 100000000l /* ns, when the system gives no thread */

static uint64_t thread_limit = 16384;
static uint64_t stack_size = 256 << 10;

const char flux_runtime_is_thread;
const char *const fluxi_runtime_name = "thread";
const char *const fluxi_runtime_summary = "a thread for each flow";
const struct flux_option fluxi_runtime_options[] = {
    {"threads", "N", "sources wait while N threads run flows", FLUX_NUMBER, &thread_limit, 1,
     1 << 22, NULL},
    {"stack-size", "SIZE", "stack of each of these threads", FLUX_SIZE, &stack_size, 64 << 10,
     1 << 30, NULL},
};
const unsigned fluxi_runtime_option_count =
    sizeof fluxi_runtime_options / sizeof fluxi_runtime_options[0];

static pthread_attr_t attributes;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static pthread_cond_t flow_gone;                         /* for sources that wait */
static uint64_t flow_count;
static atomic_ullong thread_count; /* written under the lock, read without */
static unsigned sources_waiting;

/* Held while a thread is created, too: it is in the list before it can strike itself off, or be
 * missed by a stop. At most one thread has exited and is not joined yet: the next one to exit joins
 * it. */
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct fluxi_thread *gone; /* that one; NULL: none */
static struct fluxi_thread *all;  /* the others, newest first */

_Thread_local struct fluxi_thread *fluxi_thread_self;

/* ---- the threads ----------------------------------------------------------------------------- */

void fluxi_threads_each(void (*function)(struct fluxi_thread *thread))
{
    pthread_mutex_lock(&list_lock);
    for (struct fluxi_thread *thread = all; thread != NULL; thread = thread->older)
        function(thread);
    pthread_mutex_unlock(&list_lock);
}

/* Returns the thread that this one is to join. */
static struct fluxi_thread *strike_off(struct fluxi_thread *self)
{
    pthread_mutex_lock(&list_lock);
    *(self->newer != NULL ? &self->newer->older : &all) = self->older;
    if (self->older != NULL)
        self->older->newer = self->newer;
    struct fluxi_thread *before = gone;
    gone = self;
    pthread_mutex_unlock(&list_lock);
    return before;
}

/* Returns false when the thread whose flow has ended shall exit. */
static bool flow_ended(void)
{
    pthread_mutex_lock(&lock);
    flow_count--;
    bool keep = thread_count - flow_count <= SPARE_MAX;
    if (!keep)
        thread_count--;
    if (sources_waiting > 0)
        pthread_cond_signal(&flow_gone);
    pthread_mutex_unlock(&lock);
    return keep;
}

static void join(struct fluxi_thread *thread)
{
    if (thread != NULL)
        pthread_join(thread->id, NULL);
    free(thread);
}

static void *thread_main(void *argument)
{
    struct fluxi_thread *self = fluxi_thread_self = argument, *before = NULL;
    struct flux_flow *flow;
    bool keep = true;
    sigset_t poke;

    sigemptyset(&poke);
    sigaddset(&poke, FLUXI_POKE);
    pthread_sigmask(SIG_UNBLOCK, &poke, NULL); /* it gets one only while it waits: deadline.c */
    while (keep && (flow = fluxi_queue_take()) != NULL) {
        if (fluxi_run(flow) == FLUX_ENDED) {
            fluxi_flow_ended(flow);
            if (!(keep = flow_ended()))
                before = strike_off(self);
            fluxi_flow_left();
        }
    }
    fluxi_thread_done();
    join(before);
    return NULL;
}

/* ---- starting a flow ------------------------------------------------------------------------- */

/* Under the lock; waits for a flow to end, no longer than until the deadline if there is one. */
static void wait_for_flow(const struct timespec *deadline)
{
    sources_waiting++;
    if (deadline != NULL)
        pthread_cond_timedwait(&flow_gone, &lock, deadline);
    else
        pthread_cond_wait(&flow_gone, &lock);
    sources_waiting--;
}

static void wait_for_system(int error)
{
    static bool told;
    struct timespec deadline;
    if (!told)
        flux_log(FLUX_WARNING,
                 "no thread for a flow: %s; sources wait for threads from now on (see --threads, "
                 "ulimit -u, vm.max_map_count)",
                 flux_strerror(error));
    told = true;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_nsec += RETRY_AFTER;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    wait_for_flow(&deadline);
}

static int add_thread(void)
{
    struct fluxi_thread *thread = aligned_alloc(CACHE_LINE, sizeof *thread);
    if (thread == NULL)
        return ENOMEM;
    *thread = (struct fluxi_thread){.until = FLUXI_BUSY};
    pthread_mutex_lock(&list_lock);
    int error = pthread_create(&thread->id, &attributes, thread_main, thread);
    if (error == 0) {
        thread->older = all;
        if (all != NULL)
            all->newer = thread;
        all = thread;
    }
    pthread_mutex_unlock(&list_lock);
    if (error != 0)
        free(thread);
    return error;
}

static void start_flow(struct flux_flow *flow)
{
    pthread_mutex_lock(&lock);
    while (flow_count >= thread_limit || thread_count <= flow_count) {
        if (flow_count >= thread_limit) {
            wait_for_flow(NULL);
            continue;
        }
        pthread_mutex_unlock(&lock);
        int error = add_thread();
        pthread_mutex_lock(&lock);
        if (error == 0)
            thread_count++;
        else
            wait_for_system(error);
    }
    flow_count++;
    pthread_mutex_unlock(&lock);
    fluxi_queue_start(flow);
}

/* ---- the contract with the core -------------------------------------------------------------- */

unsigned fluxi_runtime_copies(void)
{
    return fluxi_cpus();
}

static bool left; /* of one round: a flow in an idle await that was not over yet */

static void end_idle(struct fluxi_thread *thread)
{
    if (atomic_load(&thread->idle) && fluxi_deadline_poke(thread))
        left = true;
}

/* Ends idle awaits. A thread that comes later will look before it waits. Returns false when there
 * was none. */
static bool end_idle_awaits(void)
{
    left = false;
    fluxi_threads_each(end_idle);
    return left;
}

static bool stop_again(void)
{
    bool sources = fluxi_source_threads_stop(), idle = end_idle_awaits();
    return sources || idle;
}

int fluxi_runtime_start(void)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&flow_gone, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)(stack_size + 4095) & ~(size_t)4095);
    fluxi_stop_again = stop_again;
    int error = fluxi_deadlines_start();

    if (error == 0 && (error = fluxi_source_threads_start(start_flow)) != 0)
        fluxi_deadlines_stop();
    return error;
}

void fluxi_runtime_stop(void)
{
    stop_again();
}

void fluxi_runtime_join(void)
{
    fluxi_source_threads_join();
    fluxi_deadlines_stop();
    fluxi_queue_close();
    for (struct fluxi_thread *thread = all, *rest; thread != NULL; thread = rest) {
        rest = thread->older;
        join(thread);
    }
    join(gone);
    pthread_attr_destroy(&attributes);
    pthread_cond_destroy(&flow_gone);
}

void fluxi_runtime_ready(struct flux_flow *flow)
{
    fluxi_queue_resume(flow);
}

void fluxi_runtime_launch(struct flux_flow *flow)
{
    fluxi_sources_launch(flow);
}

struct flux_load fluxi_runtime_load(void)
{
    uint64_t threads = atomic_load_explicit(&thread_count, memory_order_relaxed);
    return (struct flux_load){
        .flows = fluxi_flows_alive(), .limit = fluxi_max_flows, .workers = (unsigned)threads};
}

void fluxi_runtime_metrics(FILE *out)
{
    fluxi_metric(out, "flux_threads", FLUXI_GAUGE, "Threads that run flows, or are kept for them.",
                 (double)atomic_load_explicit(&thread_count, memory_order_relaxed));
    fluxi_metric(out, "flux_threads_limit", FLUXI_GAUGE, "Sources wait while there are so many.",
                 (double)thread_limit);
}

/* ---- suspension points ----------------------------------------------------------------------- */

bool flux_await(struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit, bool idle,
                uint32_t at)
{
    (void)at; /* debug builds alone ask */
    fluxi_order_seen(flow, at);
    if (fluxi_thread_self != NULL)
        atomic_store_explicit(&fluxi_thread_self->idle, idle, memory_order_relaxed);
    flow->error = fluxi_seat_await(flow, fd, events, limit, idle, fluxi_deadline_poll);
    return true;
}

bool flux_block(struct flux_flow *flow, uint32_t at)
{
    (void)at;
    fluxi_order_seen(flow, at);
    flow->error = 0;
    return true;
}

bool flux_unblock(struct flux_flow *flow, uint32_t at)
{
    (void)at;
    flow->error = 0;
    return true;
}

bool flux_turn(struct flux_flow *flow, uint32_t at)
{
    (void)at;
    flow->error = 0;
    return true;
}

bool flux_step(struct flux_flow *flow, const struct flux_place *place, const char *what,
               const char *detail, uint32_t at)
{
    (void)flow, (void)place, (void)what, (void)detail, (void)at;
    return true;
}
