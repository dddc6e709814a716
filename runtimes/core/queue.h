/* queue.h - the flows that can run under `thread` and `pool`, for whichever of the threads that run
 * flows comes first.
 *
 * A flow that waits for a constraint is its frame alone, and goes on wherever a thread is free, the
 * one that has handed it the constraint first of all.
 */
#ifndef FLUXI_QUEUE_H
#define FLUXI_QUEUE_H

#include "runtime.h"

/* A flow that has just been admitted: waits while fluxi_queue_bound of them are queued. */
void fluxi_queue_start(struct flux_flow *flow);

/* Flows that have started and go on: a list linked by `next`. Never waits (R33). */
void fluxi_queue_ready(struct flux_flow *list);

/* The flow that the calling thread has run, and that lets others go first. */
void fluxi_queue_turn(struct flux_flow *flow);

/* fluxi_runtime_ready of both: a source part, or the flow of a clock, sits on a thread of its own,
 * which is woken; any other flow is queued. */
void fluxi_queue_resume(struct flux_flow *flow);

/* For a thread that runs flows: the next one, waited for; NULL: the queue is closed. */
struct flux_flow *fluxi_queue_take(void);

/* Wakes all threads; no flow comes any more. */
void fluxi_queue_close(void);

uint64_t fluxi_queue_length(void); /* a snapshot */

extern uint64_t fluxi_queue_bound; /* set before start; UINT64_MAX at first */

/* Where threads that have nothing to run see which flows go on for what happens outside of the
 * program. Several may be there at a time. */
struct fluxi_lookout {
    /* Returns these flows, linked by `next`, or NULL: with `wait` once there are some or a call has
     * come, else at once. *called, false before, is set where a call has come. */
    struct flux_flow *(*look)(bool wait, bool *called);

    /* Ends one wait, that of a thread that is there or else of the next to come. The next call
     * comes when this one has been reported. */
    void (*call)(void);
};

/* Before start: up to so many threads wait there and not on seats, one at least. */
void fluxi_queue_watch(const struct fluxi_lookout *lookout, unsigned threads);

/* False: no thread waits at the lookout, so a flow that could go on for ever has to pause now and
 * then. True where there is none. */
bool fluxi_queue_watched(void);

#endif
