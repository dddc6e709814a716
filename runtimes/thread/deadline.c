/* deadline.c - waits with a limit that set no timer.
 *
 * A server has an await for each request, with a limit of seconds that hardly any of them reaches.
 * To set a timer in ppoll and to cancel it again is a fifteenth of what a small one costs. So a
 * thread that may wait for long only writes down until when, and waits without a limit. One thread,
 * the watcher, sleeps until shortly before the earliest of these deadlines, and then pokes all
 * whose deadline is near: their ppoll returns EINTR, and they set a timer for the little that is
 * left. So each wait ends when a timer of its own would have ended it.
 *
 *          watcher looks  |<-- EARLY -->| earliest deadline
 *      -------------------+-------------+-----------+--------------------> time
 *                         |<-------- NEAR --------->|
 *                               these are poked
 *
 * EARLY is what the watcher and the thread have to wake up: Linux may let a ppoll of minutes sleep
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
 * what the other has written, since these accesses are sequentially consistent. No poke is lost:
 * one that comes before ppoll is pending, and ends it at its beginning (seat.h). One that comes
 * when the wait is over ends the thread's next one, which goes on.
 */
#include "seat.h"
#include "thread.h"

#include <signal.h>

#define MS    UINT64_C(1000000)
#define EARLY (150 * MS)
#define NEAR  (250 * MS)
#define LONG  (500 * MS)

static pthread_t watcher;
static atomic_bool closing;

/* When the watcher looks next, ns of the monotonic clock; UINT64_MAX: when it is poked. Read for
 * each await, rarely written. */
static _Alignas(CACHE_LINE) _Atomic uint64_t next_look = UINT64_MAX;

/* Returns true if the watcher would have looked later. */
static bool look_before(uint64_t deadline)
{
    uint64_t time = deadline - EARLY, planned = atomic_load(&next_look);
    while (time < planned) {
        /* raced: it fails when another thread changes it between look and exchange */
        if (atomic_compare_exchange_weak(&next_look, &planned, time))
            return true;
    }
    return false;
}

/* ---- threads that wait ----------------------------------------------------------------------- */

int fluxi_deadline_poll(struct pollfd *waited, uint64_t now, uint64_t until)
{
    struct fluxi_thread *self = fluxi_thread_self;
    if (self == NULL || until == UINT64_MAX || until < now + LONG)
        return fluxi_seat_poll(waited, now, until);
    atomic_store(&self->until, until);
    if (look_before(until))
        pthread_kill(watcher, FLUXI_POKE);
    int ready = fluxi_seat_poll(waited, now, UINT64_MAX);
    atomic_store_explicit(&self->until, UINT64_MAX, memory_order_relaxed);
    return ready;
}

/* ---- the watcher ----------------------------------------------------------------------------- */

static uint64_t near; /* of one look: deadlines before this */

static void look_at(struct fluxi_thread *thread)
{
    uint64_t until = atomic_load(&thread->until);
    if (until == UINT64_MAX)
        return;
    if (until >= near)
        look_before(until);
    /* raced: it fails when the wait is over between look and exchange */
    else if (atomic_compare_exchange_strong(&thread->until, &until, UINT64_MAX))
        pthread_kill(thread->id, FLUXI_POKE);
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
        near = now + NEAR;
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
