/* deadline.c - waits that cost a system call and nothing else, and still end in time.
 *
 * A server has an await for each request, with a limit of seconds that hardly any of them reaches.
 * To set a timer in ppoll and to cancel it again is a fifteenth of what a small request costs, and
 * so is letting a signal through for the time of the ppoll alone. So a thread that may wait for
 * long only writes down until when, and polls without a limit. One thread, the watcher, sleeps
 * until shortly before the earliest of these deadlines, and then pokes all whose deadline is near:
 * their poll returns EINTR, and they set a timer for the little that is left. So each wait ends
 * when a timer of its own would have ended it.
 *
 *          watcher looks  |<-- EARLY -->| earliest deadline
 *      -------------------+-------------+-----------+--------------------> time
 *                         |<-------- NEAR --------->|
 *                               these are poked
 *
 * EARLY is what the watcher and the thread have to wake up: Linux may let a poll of minutes sleep
 * 100 ms too long (it adds a thousandth, 100 ms at most), and other threads may be before them. A
 * deadline that is left after a look is NEAR or more away, so the next look is at least NEAR -
 * EARLY later, however many threads wait. A wait shorter than LONG sets a timer at once: most of it
 * would be near anyway.
 *
 * The watcher is woken out of turn for a deadline that comes before its next look. That is rare: a
 * flow that waits once more, with the same limit, waits until later. Nobody tells it that a wait is
 * over: it finds that out when it looks, once for each limit at most. It sleeps while nobody waits,
 * or all wait without a limit.
 *
 * No deadline is overlooked: a thread writes its own and then reads `next_look`; the watcher writes
 * `next_look`, that it looks no more, and then reads all deadlines and lowers it. One of them sees
 * what the other has written, since these accesses are sequentially consistent.
 *
 * Pokes. A thread that runs flows lets FLUXI_POKE through at all times, but is sent it only while
 * it says that it waits: no node is ever interrupted.
 *
 *      BUSY -> a deadline, or FOREVER -> BUSY              a wait
 *                  |                      ^
 *               POKING -> POKED ----------'                one that is poked; leave() waits out
 *                  ^________|                              POKING, and lets the signal arrive
 *
 * A signal that arrives just before the poll begins does not end it. So whoever pokes looks again,
 * until the thread has left.
 */
#include "seat.h"
#include "thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>

#define MS    UINT64_C(1000000)
#define EARLY (150 * MS)
#define NEAR  (250 * MS)
#define LONG  (500 * MS)
#define AGAIN (10 * MS) /* after a poke: has it arrived? */

static pthread_t watcher;
static atomic_bool closing;

/* When the watcher looks next, ns of the monotonic clock; UINT64_MAX: when it is poked. Read for
 * each await, rarely written. */
static _Alignas(CACHE_LINE) _Atomic uint64_t next_look = UINT64_MAX;

/* Returns true if the watcher would have looked later. */
static bool look_at_time(uint64_t time)
{
    uint64_t planned = atomic_load(&next_look);
    while (time < planned) {
        /* raced: it fails when another thread changes it between look and exchange */
        if (atomic_compare_exchange_weak(&next_look, &planned, time))
            return true;
    }
    return false;
}

/* ---- threads that wait ----------------------------------------------------------------------- */

/* The wait is over; a poke that has been sent arrives here at the latest. */
static void leave(struct fluxi_thread *self, uint64_t until)
{
    while (!atomic_compare_exchange_weak(&self->until, &until, FLUXI_BUSY))
        /* raced: as long as another thread is about to send the signal */
        if (until == FLUXI_POKING)
            until = FLUXI_POKED;
    if (until == FLUXI_POKED)
        sched_yield(); /* a system call does not end before signals have been handled */
}

int fluxi_deadline_poll(struct pollfd *waited, uint64_t now, uint64_t until)
{
    struct fluxi_thread *self = fluxi_thread_self;
    if (self == NULL)
        return fluxi_seat_poll(waited, now, until);

    bool timed = until < now + LONG, watched = !timed && until != UINT64_MAX;
    uint64_t written = watched ? until : FLUXI_FOREVER;
    int ready = -1, error = EINTR;
    atomic_store(&self->until, written);
    if (watched && look_at_time(until - EARLY))
        pthread_kill(watcher, FLUXI_POKE);
    /* raced: the program begins to stop after the flow has looked and before it said that it waits */
    if (!self->idle || !atomic_load(&fluxi_stopping)) {
        ready = fluxi_seat_poll_open(waited, now, timed ? until : UINT64_MAX);
        error = errno;
    }
    leave(self, written);
    errno = error;
    return ready;
}

/* ---- pokes ----------------------------------------------------------------------------------- */

bool fluxi_deadline_poke(struct fluxi_thread *thread)
{
    uint64_t until = atomic_load(&thread->until);
    while (until != FLUXI_BUSY) {
        /* raced: it fails when the wait is over between look and exchange */
        if (!atomic_compare_exchange_weak(&thread->until, &until, FLUXI_POKING))
            continue;
        pthread_kill(thread->id, FLUXI_POKE);
        atomic_store(&thread->until, FLUXI_POKED);
        return true;
    }
    return false;
}

static uint64_t looked; /* when; of one look */

static void look_at(struct fluxi_thread *thread)
{
    uint64_t until = atomic_load(&thread->until);
    if (until == FLUXI_BUSY || until == FLUXI_FOREVER)
        return;
    if (until >= looked + NEAR)
        look_at_time(until - EARLY);
    else if (fluxi_deadline_poke(thread))
        look_at_time(looked + AGAIN);
}

static void *watch(void *unused)
{
    (void)unused;
    while (!atomic_load(&closing)) {
        uint64_t next = atomic_load(&next_look), now = flux_now();
        if (now < next) {
            fluxi_seat_rest(next);
            continue;
        }
        atomic_store(&next_look, UINT64_MAX);
        looked = now;
        fluxi_threads_each(look_at);
    }
    return NULL;
}

int fluxi_deadlines_start(void)
{
    int error = pthread_create(&watcher, NULL, watch, NULL);
    if (error != 0)
        flux_log(FLUX_ERROR,
                 "start: no thread for deadlines: %s; is the limit on processes (ulimit -u) too "
                 "low?",
                 flux_strerror(error));
    return error;
}

void fluxi_deadlines_stop(void)
{
    atomic_store(&closing, true);
    pthread_kill(watcher, FLUXI_POKE);
    pthread_join(watcher, NULL);
}
