/* pool.h - what the files of the runtime `pool` know of each other: queue.c has the flows that can
 * run, poller.c those that await a descriptor, pool.c the workers that run them.
 */
#ifndef POOL_H
#define POOL_H

#include "runtime.h"

/* ---- queue.c --------------------------------------------------------------------------------- */

/* A flow that has just been admitted: waits while `bound` of them are queued. */
void fluxi_queue_start(struct flux_flow *flow);

/* Flows that have started and go on: a list linked by `next`. Never waits (R33). */
void fluxi_queue_ready(struct flux_flow *list);

/* For workers: the next flow to run, waited for; NULL: the queue is closed. */
struct flux_flow *fluxi_queue_take(void);

/* Wakes all workers; no flow comes any more. */
void fluxi_queue_close(void);

uint64_t fluxi_queue_length(void); /* a snapshot */

extern uint64_t fluxi_queue_bound;

/* ---- poller.c -------------------------------------------------------------------------------- */

int fluxi_poller_start(void); /* 0 or an errno value */

/* Parks the flow until `fd` is ready; then it is queued. Returns true when it has parked, after
 * which it must not be touched; else flow->error says how the await has ended. */
bool fluxi_poller_await(struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit,
                        bool idle, uint32_t at);

void fluxi_poller_stop(void); /* resumes idle awaits with ECANCELED */
void fluxi_poller_join(void); /* when no flow is left */

#endif
