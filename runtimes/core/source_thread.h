/* source_thread.h - a thread for each source, and admission: what `thread` and `pool` share.
 *
 * The runtime's fluxi_runtime_start ends with fluxi_source_threads_start; it gets each flow that is
 * born and admitted through `start_flow`, and says with fluxi_flow_left that one is over. Clocks
 * run their flows on their own threads: what does not overlap needs no other.
 */
#ifndef FLUXI_SOURCE_THREAD_H
#define FLUXI_SOURCE_THREAD_H

#include "runtime.h"

/* start_flow is called on threads of sources; it may wait for room. Returns 0 or an errno value,
 * which has been logged; then no thread is left. */
int fluxi_source_threads_start(void (*start_flow)(struct flux_flow *flow));

/* Interrupts the sources once, which may be too early for some: to be repeated, by way of
 * fluxi_stop_again, until it says that all have ended (false). */
bool fluxi_source_threads_stop(void);

/* After fluxi_finished. */
void fluxi_source_threads_join(void);

/* fluxi_runtime_launch of both; it is theirs to define, or the linker would take this file into
 * runtimes that have no use for it. */
void fluxi_sources_launch(struct flux_flow *flow);

/* The last thing to do for a flow that start_flow was given, after fluxi_flow_ended. */
void fluxi_flow_left(void);

/* Started and not ended, those of clocks included. */
uint64_t fluxi_flows_alive(void);

#endif
