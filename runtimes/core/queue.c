/* queue.c - flows that can run, and the threads that wait because there is none.
 *
 * Fresh flows stand in a bounded queue in order of arrival; sources wait while it is full, and are
 * woken when it is half empty, so that a source and the threads do not hand the CPU to and fro for
 * each flow. Flows that have started and go on (a constraint was handed to them, a descriptor is
 * ready) stand in a list without bound and come first, since they hold things that others want;
 * every READY_RUN-th turn is a fresh flow's all the same.
 *
 * Waking is what costs. A thread that finds nothing looks again a few times before it sleeps
 * (`searching`), and while one does that, or has been woken and is on its way (`waking`), whoever
 * brings a flow need not wake another: a thread that finds more than it can run wakes the next. So
 * where flows queue up for one constraint, the thread of each goes on with the one that it has
 * handed the constraint to, and no thread is switched to.
 *
 * A thread waits on a seat or at the lookout, if the runtime has one (`pool`): there it sees, too,
 * which flows go on for what happens outside. These are queued before any of them runs, since its
 * node may block. Some more threads than there are CPUs may be at the lookout; the others sleep,
 * and one is woken when the last has left it. So no flow is left lying, in the queue or outside:
 * under the lock, if there is one,
 *
 *      - a thread searches or has been woken: it will look at the queue, then go to the lookout;
 *      - or one is at the lookout, sees what happens, and has been called for what is queued;
 *      - or none sleeps: all run flows, and the first to be done looks.
 *
 * In the last case flows that are always ready might keep the threads from what happens outside, so
 * after READY_RUN flows one looks there all the same.
 */
#include "queue.h"
#include "seat.h"

#include <pthread.h>
#include <sched.h>

#define READY_RUN 16u
#define LOOKS     3

/* Seats, since a condition variable of glibc before 2.41 may lose a signal (its bug 25847). */
struct sleeper {
    struct fluxi_seat seat;
    struct sleeper *next;
};

struct list {
    struct flux_flow *head, *tail;
    uint64_t count;
};

uint64_t fluxi_queue_bound = UINT64_MAX;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t room = PTHREAD_COND_INITIALIZER; /* for sources */
static struct list fresh, ready;
static unsigned ready_run;       /* taken from `ready` since the last fresh flow */
static struct sleeper *sleepers; /* the last to sleep is the first to be woken: it is warm */
static unsigned searching;
static bool waking, closed;
static bool source_waits; /* and has not been woken yet */

static const struct fluxi_lookout *lookout; /* NULL: there is none */
static unsigned watchers_max;
static struct sleeper at_lookout; /* stands for all who wait there */
static bool calling;              /* one of them, who has not come yet */
static unsigned unseen;           /* flows taken since a thread was there */

static atomic_ullong length; /* of both; written under the lock, read without */
static atomic_uint watching; /* threads that wait at the lookout; likewise */

/* How many flows this thread has taken beyond those that the lookout gave it last, and those that
 * it queued itself only to let others go first. */
static _Thread_local int64_t from_threads;

static void update_length(void)
{
    atomic_store_explicit(&length, fresh.count + ready.count, memory_order_relaxed);
}

static void append(struct list *list, struct flux_flow *first, struct flux_flow *last,
                   uint64_t count)
{
    if (list->head == NULL)
        list->head = first;
    else
        list->tail->next = first;
    list->tail = last;
    list->count += count;
    update_length();
}

static struct flux_flow *pop(struct list *list)
{
    struct flux_flow *flow = list->head;
    list->head = flow->next;
    list->count--;
    update_length();
    return flow;
}

static struct flux_flow *choose(void)
{
    if (ready.head != NULL && (ready_run < READY_RUN || fresh.head == NULL)) {
        ready_run++;
        return pop(&ready);
    }
    ready_run = 0;
    return fresh.head != NULL ? pop(&fresh) : NULL;
}

/* The thread that is to be woken for what is queued, if any. The caller does it, unlocked. */
static struct sleeper *wants_thread(void)
{
    struct sleeper *sleeper = sleepers;
    bool watched = atomic_load_explicit(&watching, memory_order_relaxed) > 0;
    if (waking || searching > 0 || (calling && watched))
        return NULL;
    if (watched) {
        calling = true;
        return &at_lookout;
    }
    if (sleeper != NULL) {
        sleepers = sleeper->next;
        waking = true;
    }
    return sleeper;
}

static void wake(struct sleeper *sleeper)
{
    if (sleeper == &at_lookout)
        lookout->call();
    else if (sleeper != NULL)
        fluxi_seat_wake(&sleeper->seat);
}

void fluxi_queue_start(struct flux_flow *flow)
{
    flow->next = NULL;
    pthread_mutex_lock(&lock);
    while (fresh.count >= fluxi_queue_bound) {
        source_waits = true;
        pthread_cond_wait(&room, &lock);
    }
    append(&fresh, flow, flow, 1);
    struct sleeper *woken = wants_thread();
    pthread_mutex_unlock(&lock);
    wake(woken);
}

void fluxi_queue_ready(struct flux_flow *list)
{
    struct flux_flow *last = list;
    uint64_t count = 1;
    for (; last->next != NULL; last = last->next)
        count++;
    pthread_mutex_lock(&lock);
    append(&ready, list, last, count);
    struct sleeper *woken = wants_thread();
    pthread_mutex_unlock(&lock);
    wake(woken);
}

void fluxi_queue_turn(struct flux_flow *flow)
{
    from_threads--;
    flow->next = NULL;
    fluxi_queue_ready(flow);
}

void fluxi_queue_resume(struct flux_flow *flow)
{
    if (flow->home != NULL) {
        fluxi_seat_wake(flow->home);
        return;
    }
    flow->next = NULL;
    fluxi_queue_ready(flow);
}

/* Under the lock, which is released meanwhile. On a busy machine this lets a source run for a while
 * and queue many flows before the first is taken. */
static struct flux_flow *search(void)
{
    struct flux_flow *flow = NULL;
    searching++;
    for (int i = 0; i < LOOKS && flow == NULL; i++) {
        pthread_mutex_unlock(&lock);
        sched_yield();
        if (i == LOOKS - 1)
            fluxi_thread_done(); /* one that sleeps keeps no frames */
        pthread_mutex_lock(&lock);
        flow = choose();
    }
    searching--;
    return flow;
}

/* Under the lock, which is released meanwhile. */
static void sleep_on(void)
{
    struct sleeper self = {.next = sleepers};
    sleepers = &self;
    pthread_mutex_unlock(&lock);
    if (fluxi_profile_there())
        fluxi_profile_sleeps(flux_now());
    fluxi_seat_wait(&self.seat);
    if (fluxi_profile_there())
        fluxi_profile_slept();
    pthread_mutex_lock(&lock);
    waking = false;
}

/* Under the lock, which is released meanwhile. Queues what the lookout gives. */
static void look_out(bool wait)
{
    bool called = false;
    unseen = 0;
    if (wait)
        atomic_fetch_add_explicit(&watching, 1, memory_order_relaxed);
    pthread_mutex_unlock(&lock);
    if (wait && fluxi_profile_there())
        fluxi_profile_sleeps(flux_now());
    struct flux_flow *list = lookout->look(wait, &called);
    if (wait && fluxi_profile_there())
        fluxi_profile_slept();
    struct flux_flow *last = list;
    uint64_t count = 0;
    for (struct flux_flow *flow = list; flow != NULL; flow = flow->next, count++)
        last = flow;
    pthread_mutex_lock(&lock);
    if (wait)
        atomic_fetch_sub_explicit(&watching, 1, memory_order_relaxed);
    if (called)
        calling = false;
    if (count > 0)
        append(&ready, list, last, count);
    from_threads = called ? 1 : -(int64_t)count;
}

/* Under the lock, which is released meanwhile. */
static void wait_for_flow(void)
{
    if (lookout != NULL && atomic_load_explicit(&watching, memory_order_relaxed) < watchers_max)
        look_out(true);
    else
        sleep_on();
}

/* Who has run what the lookout gave does not search before it goes there again: of those flows none
 * is handed to and fro between threads. */
static bool is_to_search(void)
{
    return lookout == NULL || from_threads > 0;
}

struct flux_flow *fluxi_queue_take(void)
{
    struct flux_flow *flow;

    pthread_mutex_lock(&lock);
    if (++unseen > READY_RUN && !fluxi_queue_watched())
        look_out(false);
    while ((flow = choose()) == NULL && (!is_to_search() || (flow = search()) == NULL) && !closed)
        wait_for_flow();
    from_threads++;
    bool wanted = fresh.count > 0 || ready.count > 0 || closed || !fluxi_queue_watched();
    struct sleeper *woken = wanted ? wants_thread() : NULL;
    bool make_room = source_waits && fresh.count <= fluxi_queue_bound / 2;
    if (make_room)
        source_waits = false;
    pthread_mutex_unlock(&lock);
    wake(woken);
    if (make_room)
        pthread_cond_broadcast(&room);
    return flow;
}

void fluxi_queue_watch(const struct fluxi_lookout *from, unsigned threads)
{
    lookout = from;
    watchers_max = threads;
}

bool fluxi_queue_watched(void)
{
    return lookout == NULL || atomic_load_explicit(&watching, memory_order_relaxed) > 0;
}

void fluxi_queue_close(void)
{
    pthread_mutex_lock(&lock);
    closed = true;
    struct sleeper *sleeper = sleepers, *next;
    sleepers = NULL;
    struct sleeper *called = wants_thread(); /* who leaves the lookout calls the next */
    pthread_mutex_unlock(&lock);
    wake(called);
    for (; sleeper != NULL; sleeper = next) {
        next = sleeper->next; /* it is on the stack of the thread that is woken */
        wake(sleeper);
    }
}

uint64_t fluxi_queue_length(void)
{
    return atomic_load_explicit(&length, memory_order_relaxed);
}
