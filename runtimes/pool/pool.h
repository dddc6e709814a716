/* pool.h - what the files of the runtime `pool` know of each other: poller.c has the flows that
 * await a descriptor, pool.c the workers that run those that can run (core/queue.c), and wait in
 * the poller when there is none.
 */
#ifndef POOL_H
#define POOL_H

#include "queue.h"

extern const struct fluxi_lookout fluxi_poller;

int fluxi_poller_start(void); /* 0 or an errno value */

/* Parks the flow until `fd` is ready; then it is queued. Returns true when it has parked, after
 * which it must not be touched; else flow->error says how the await has ended. */
bool fluxi_poller_await(struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit,
                        bool idle, uint32_t at);

void fluxi_poller_stop(void); /* resumes idle awaits with ECANCELED */
void fluxi_poller_join(void); /* when no flow is left */

#endif
