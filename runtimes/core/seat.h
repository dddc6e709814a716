/* seat.h - a thread that waits in place of the flow it runs.
 *
 * Under `thread` and `pool` source parts and the flows of clocks do. Such a flow's `home` is its
 * seat: when it parks, the thread sleeps on the seat, and fluxi_runtime_ready wakes it. A thread
 * that has no flow to run sleeps on one, too (queue.c).
 *
 * Threads have all signals blocked (runtime.h). FLUXI_POKE gets through while a seat waits for a
 * descriptor or rests, and at no other time: a poke that is sent earlier stays pending and ends
 * that wait at its beginning, so none is lost. (Threads that let it through at all times have
 * fluxi_seat_poll_open, and have to be poked more than once.)
 */
#ifndef FLUXI_SEAT_H
#define FLUXI_SEAT_H

#include "runtime.h"

#include <poll.h>

struct fluxi_seat {
    atomic_uint woken;
};

/* Runs a flow on the calling thread, which owns the seat, until it is born, has failed or ended. */
enum flux_next fluxi_seat_run(struct fluxi_seat *seat, struct flux_flow *flow);

/* Sleeps until woken; a wake that came first counts. Only the owner waits. */
void fluxi_seat_wait(struct fluxi_seat *seat);
void fluxi_seat_wake(struct fluxi_seat *seat);

/* As poll of that descriptor (NULL: of none) until that time, ns of the monotonic clock, where it
 * is now as late as its caller has just seen; UINT64_MAX: without a limit. EINTR: poked. */
int fluxi_seat_poll(struct pollfd *waited, uint64_t now, uint64_t until);

/* The same without a change of the thread's mask, which costs as much as half of the poll. */
int fluxi_seat_poll_open(struct pollfd *waited, uint64_t now, uint64_t until);

/* flux_await by waiting in this thread; returns what becomes flow->error. In a source part every
 * await ends with ECANCELED when the source is to stop, in a flow only an idle one (R36).
 * It waits by `wait`: fluxi_seat_poll, or what does the same. */
int fluxi_seat_await(const struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit,
                     bool idle, int (*wait)(struct pollfd *waited, uint64_t now, uint64_t until));

/* Sleeps until that time, ns of the monotonic clock, or until poked. */
void fluxi_seat_rest(uint64_t until);

#endif
