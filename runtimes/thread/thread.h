/* thread.h - what the files of the runtime `thread` know of each other: thread.c has the threads
 * and runs flows on them, deadline.c ends their waits in time.
 */
#ifndef THREAD_H
#define THREAD_H

#include "runtime.h"

#include <poll.h>
#include <pthread.h>

#define CACHE_LINE 64 /* bytes */

/* A thread that runs flows. */
struct fluxi_thread {
    pthread_t id;
    struct fluxi_thread *newer, *older; /* in the list of all */

    /* Until when it waits, ns of the monotonic clock, or one of the values below (deadline.c). Written
     * for each await, so it shares its cache line with no other thread's. */
    _Alignas(CACHE_LINE) _Atomic uint64_t until;
    atomic_bool idle; /* that wait is an idle await, which ends when the program stops (R36) */
};

#define FLUXI_BUSY    UINT64_MAX       /* it does not wait */
#define FLUXI_FOREVER (UINT64_MAX - 1) /* or less than LONG: nobody has to see to its end */
#define FLUXI_POKING  0                /* a signal is being sent to end the wait */
#define FLUXI_POKED   1                /* it has been sent */

extern _Thread_local struct fluxi_thread *fluxi_thread_self; /* NULL in threads of other kinds */

/* Calls it for each of these threads; none of them exits meanwhile. */
void fluxi_threads_each(void (*function)(struct fluxi_thread *thread));

/* ---- deadline.c ------------------------------------------------------------------------------ */

int fluxi_deadlines_start(void); /* 0 or an errno value, which has been logged */
void fluxi_deadlines_stop(void); /* when no flow is left */

/* Ends the wait of a thread, if it waits; returns whether it did. The signal may come too early to
 * end it: ask again, 10 ms later, until this says false. By one thread at a time (they are called by
 * fluxi_threads_each). */
bool fluxi_deadline_poke(struct fluxi_thread *thread);

/* fluxi_seat_poll, but that a wait for long sets no timer, and none changes the mask of signals,
 * where a flow runs on the thread. */
int fluxi_deadline_poll(struct pollfd *waited, uint64_t now, uint64_t until);

#endif
