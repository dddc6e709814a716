/* thread.c - the runtime `thread`: each flow runs on a thread of its own, from birth to end.
 *
 * A flow that waits, for a constraint or a descriptor, waits as its thread. A thread whose flow has
 * ended is kept for the next one, the latest first, whose stack is warm; more than UNUSED_MAX are
 * not kept. While --threads of them run flows, or the system gives no more, sources wait.
 */
#include "runtime.h"
#include "seat.h"
#include "source_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define UNUSED_MAX  64u
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

struct thread {
    struct fluxi_seat seat;
    pthread_t id;
    struct flux_flow *flow;       /* to run next; NULL: exit */
    struct thread *next;          /* in unused or gone */
    struct thread *newer, *older; /* in all */
};

static pthread_attr_t attributes;

/* All below is protected by `lock`. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t thread_free;   /* a thread has become idle, or has gone */
static struct thread *all;           /* that exist, newest first, but for the gone */
static struct thread *unused, *gone; /* gone: to be joined */
static uint64_t thread_count, unused_count;
static unsigned sources_waiting;
static bool closing;

/* ---- the threads ----------------------------------------------------------------------------- */

static void enlist(struct thread *self)
{
    pthread_mutex_lock(&lock);
    self->older = all;
    if (all != NULL)
        all->newer = self;
    all = self;
    pthread_mutex_unlock(&lock);
}

static void strike_off(struct thread *self)
{
    *(self->newer != NULL ? &self->newer->older : &all) = self->older;
    if (self->older != NULL)
        self->older->newer = self->newer;
    self->next = gone;
    gone = self;
    thread_count--;
}

/* Returns false when the thread shall exit. */
static bool next_flow(struct thread *self)
{
    pthread_mutex_lock(&lock);
    bool keep = !closing && (sources_waiting > 0 || unused_count < UNUSED_MAX);
    if (keep) {
        self->flow = NULL;
        self->next = unused;
        unused = self;
        unused_count++;
    } else if (!closing) {
        strike_off(self);
    }
    if (sources_waiting > 0)
        pthread_cond_signal(&thread_free);
    pthread_mutex_unlock(&lock);
    if (keep)
        fluxi_seat_wait(&self->seat);
    return keep && self->flow != NULL;
}

static void *thread_main(void *argument)
{
    struct thread *self = argument;
    sigset_t poke;

    sigemptyset(&poke); /* it was born of a source, whose calls may be interrupted */
    sigaddset(&poke, FLUXI_POKE);
    pthread_sigmask(SIG_BLOCK, &poke, NULL);
    self->id = pthread_self();
    enlist(self);
    do {
        fluxi_seat_run(&self->seat, self->flow);
        fluxi_flow_ended(self->flow);
        fluxi_thread_done(); /* an idle thread keeps no frames */
        fluxi_flow_left();
    } while (next_flow(self));
    return NULL;
}

/* ---- starting a flow ------------------------------------------------------------------------- */

static int create(struct flux_flow *flow)
{
    struct thread *thread = calloc(1, sizeof *thread);
    pthread_t id;
    if (thread == NULL)
        return ENOMEM;
    thread->flow = flow;
    int error = pthread_create(&id, &attributes, thread_main, thread);
    if (error != 0)
        free(thread);
    return error;
}

/* Under the lock; waits for an idle thread, no longer than until the deadline if there is one. */
static void wait_for_thread(const struct timespec *deadline)
{
    sources_waiting++;
    if (deadline != NULL)
        pthread_cond_timedwait(&thread_free, &lock, deadline);
    else
        pthread_cond_wait(&thread_free, &lock);
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
    wait_for_thread(&deadline);
}

static void reap(struct thread *thread)
{
    while (thread != NULL) {
        struct thread *next = thread->next;
        pthread_join(thread->id, NULL);
        free(thread);
        thread = next;
    }
}

static void start_flow(struct flux_flow *flow)
{
    struct thread *thread = NULL;
    bool started = false;

    pthread_mutex_lock(&lock);
    struct thread *exited = gone;
    gone = NULL;
    while (!started) {
        if ((thread = unused) != NULL) {
            unused = thread->next;
            unused_count--;
            thread->flow = flow;
            started = true;
        } else if (thread_count >= thread_limit) {
            wait_for_thread(NULL);
        } else {
            thread_count++;
            pthread_mutex_unlock(&lock);
            int error = create(flow);
            pthread_mutex_lock(&lock);
            started = error == 0;
            if (!started) {
                thread_count--;
                wait_for_system(error);
            }
        }
    }
    pthread_mutex_unlock(&lock);
    if (thread != NULL)
        fluxi_seat_wake(&thread->seat);
    reap(exited);
}

/* ---- the contract with the core -------------------------------------------------------------- */

unsigned fluxi_runtime_copies(void)
{
    return fluxi_cpus();
}

int fluxi_runtime_start(void)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&thread_free, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)(stack_size + 4095) & ~(size_t)4095);
    return fluxi_source_threads_start(start_flow);
}

/* Each poke ends one wait for a descriptor; a flow that waits in an idle await sees that the
 * program is stopping, any other waits on. A thread that is not in the list yet will look before it
 * waits.
 */
void fluxi_runtime_stop(void)
{
    pthread_mutex_lock(&lock);
    for (struct thread *thread = all; thread != NULL; thread = thread->older)
        pthread_kill(thread->id, FLUXI_POKE);
    pthread_mutex_unlock(&lock);
    fluxi_source_threads_stop();
}

void fluxi_runtime_join(void)
{
    fluxi_source_threads_join();
    pthread_mutex_lock(&lock);
    closing = true;
    struct thread *sleeping = unused, *rest;
    pthread_mutex_unlock(&lock);
    while (sleeping != NULL) {
        struct thread *next = sleeping->next;
        fluxi_seat_wake(&sleeping->seat);
        sleeping = next;
    }
    for (struct thread *thread = all; thread != NULL; thread = rest) {
        rest = thread->older;
        pthread_join(thread->id, NULL);
        free(thread);
    }
    reap(gone);
    pthread_attr_destroy(&attributes);
    pthread_cond_destroy(&thread_free);
}

void fluxi_runtime_ready(struct flux_flow *flow)
{
    fluxi_seat_wake(flow->home);
}

void fluxi_runtime_launch(struct flux_flow *flow)
{
    fluxi_sources_launch(flow);
}

struct flux_load fluxi_runtime_load(void)
{
    pthread_mutex_lock(&lock);
    uint64_t threads = thread_count;
    pthread_mutex_unlock(&lock);
    return (struct flux_load){
        .flows = fluxi_flows_alive(), .limit = fluxi_max_flows, .workers = (unsigned)threads};
}

/* ---- suspension points ----------------------------------------------------------------------- */

bool flux_await(struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit, bool idle,
                uint32_t at)
{
    (void)at;
    flow->error = fluxi_seat_await(flow, fd, events, limit, idle);
    return true;
}

bool flux_block(struct flux_flow *flow, uint32_t at)
{
    (void)at;
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
