/* queue.c - flows that can run, and the threads that sleep because there is none.
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

static atomic_ullong length; /* of both; written under the lock, read without */

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
    if (sleeper == NULL || waking || searching > 0)
        return NULL;
    sleepers = sleeper->next;
    waking = true;
    return sleeper;
}

static void wake(struct sleeper *sleeper)
{
    if (sleeper != NULL)
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
    fluxi_seat_wait(&self.seat);
    pthread_mutex_lock(&lock);
    waking = false;
}

struct flux_flow *fluxi_queue_take(void)
{
    struct flux_flow *flow;

    pthread_mutex_lock(&lock);
    while ((flow = choose()) == NULL && (flow = search()) == NULL && !closed)
        sleep_on();
    struct sleeper *woken = fresh.count > 0 || ready.count > 0 ? wants_thread() : NULL;
    bool make_room = source_waits && fresh.count <= fluxi_queue_bound / 2;
    if (make_room)
        source_waits = false;
    pthread_mutex_unlock(&lock);
    wake(woken);
    if (make_room)
        pthread_cond_broadcast(&room);
    return flow;
}

void fluxi_queue_close(void)
{
    pthread_mutex_lock(&lock);
    closed = true;
    struct sleeper *sleeper = sleepers, *next;
    sleepers = NULL;
    pthread_mutex_unlock(&lock);
    for (; sleeper != NULL; sleeper = next) {
        next = sleeper->next; /* it is on the stack of the thread that is woken */
        wake(sleeper);
    }
}

uint64_t fluxi_queue_length(void)
{
    return atomic_load_explicit(&length, memory_order_relaxed);
}
