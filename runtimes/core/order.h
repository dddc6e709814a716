/* order.h - what debug builds are told of constraints: who wants, holds and gives back which.
 *
 * Built with FLUXI_DEBUG (make DEBUG=1, and every SAN=), the core and the runtimes call the
 * functions below, which runtimes/debug defines: it ends the program with a report at the first
 * defect, and knows at any time who holds what. In other builds nothing is left of the calls.
 * Emitted code does not know the difference: frames and tables are the same.
 */
#ifndef FLUXI_ORDER_H
#define FLUXI_ORDER_H

#include "flux_abi.h"

#include <signal.h>

#ifdef FLUXI_DEBUG

/* It has its number: source parts hold nothing when their flow waits to be admitted (R28). */
void fluxi_order_born(struct flux_flow *flow);

/* Taking: `wants` before it is tried, `waits` before the flow can be seen in the queue, `taken`
 * when it holds what it wanted, be it at once or because it was handed over, but before it runs. */
void fluxi_order_wants(struct flux_flow *flow, const struct flux_constraint *constraint,
                       enum flux_mode mode, uint32_t at);
void fluxi_order_waits(struct flux_flow *flow);
void fluxi_order_taken(struct flux_flow *flow);

/* Before it is given. */
void fluxi_order_given(struct flux_flow *flow, const struct flux_constraint *constraint,
                       enum flux_mode mode);

/* At another suspension point. */
void fluxi_order_seen(struct flux_flow *flow, uint32_t at);

/* The flow, or a run of a source that has failed, is over. */
void fluxi_order_ended(struct flux_flow *flow);

/* Logs who holds what and who waits for whom. From any thread; a program that watches over itself
 * may refer to it weakly, as it is not there in other builds. */
void fluxi_order_report(void);

/* Asks the main thread for that report. */
#define FLUXI_REPORT SIGQUIT

/* At the end, when no flow is left. */
void fluxi_order_free(void);

#else

#define fluxi_order_born(flow)                        ((void)0)
#define fluxi_order_wants(flow, constraint, mode, at) ((void)0)
#define fluxi_order_waits(flow)                       ((void)0)
#define fluxi_order_taken(flow)                       ((void)0)
#define fluxi_order_given(flow, constraint, mode)     ((void)0)
#define fluxi_order_seen(flow, at)                    ((void)0)
#define fluxi_order_ended(flow)                       ((void)0)
#define fluxi_order_report()                          ((void)0)
#define fluxi_order_free()                            ((void)0)
#define FLUXI_REPORT                                  0 /* none */

#endif

#endif
