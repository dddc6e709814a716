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

    /* It waits, and is to be poked shortly before this, ns of the monotonic clock; UINT64_MAX: it
     * is not. Written for each await, so it shares its cache line with no other thread's. */
    _Alignas(CACHE_LINE) _Atomic uint64_t until;
};

extern _Thread_local struct fluxi_thread *fluxi_thread_self; /* NULL in threads of other kinds */

/* Calls it for each of these threads; none of them exits meanwhile. */
void fluxi_threads_each(void (*function)(struct fluxi_thread *thread));

/* ---- deadline.c ------------------------------------------------------------------------------ */

int fluxi_deadlines_start(void); /* 0 or an errno value, which has been logged */
void fluxi_deadlines_stop(void); /* when no flow is left */

/* fluxi_seat_poll, but that a wait for long sets no timer where a flow runs on the thread. */
int fluxi_deadline_poll(struct pollfd *waited, uint64_t now, uint64_t until);

#endif
