/* profile.h - what the rest of the core and of a runtime asks of profiling (docs/profile.md).
 *
 * There is a profile in programs that were compiled with `fluxc --profile`: flux_program.profile is
 * not NULL then, and every frame has a struct flux_profiled as its second member. All functions
 * here may be called from any thread while the program runs, fluxi_profile_start and
 * fluxi_profile_free aside; in other programs those that print or ask do nothing.
 */
#ifndef FLUXI_PROFILE_H
#define FLUXI_PROFILE_H

#include "flux_abi.h"

#include <stdio.h>
#include <time.h>

static inline bool fluxi_profile_there(void)
{
    return flux_program.profile != NULL;
}

/* Prints the profile up to now as JSON. Returns 0 or an errno value: ENOTSUP in a program without
 * one, ENOMEM, or what became of writing. */
int fluxi_profile_print(FILE *to);

/* Calls `each` for every concrete node that stands in a flow, in the order in which they are
 * declared, with exact numbers. Returns 0, ENOTSUP or ENOMEM; then none was called. */
int fluxi_profile_each_node(void (*each)(void *context, const struct flux_node *node,
                                         uint64_t calls, uint64_t errors),
                            void *context);

/* Prints histograms of nodes and constraints for /metrics. */
void fluxi_profile_metrics(FILE *out);

/* ---- hooks ----------------------------------------------------------------------------------- *
 *
 * In programs with a profile only: ask fluxi_profile_there first. Whoever calls one owns the flow.
 */

/* A flow is run until it waits or ends. */
void fluxi_profile_resumes(void);
/* The calling thread is now (ns of the monotonic clock) about to sleep unless there is something to
 * do at once, and is back. */
void fluxi_profile_sleeps(uint64_t now);
void fluxi_profile_slept(void);
/* A helper runs a node of a flow, which then goes back. */
void fluxi_profile_helped(void);
/* What the flow waits for, blocked on a carrier or in an await, is there. */
void fluxi_profile_woken(struct flux_flow *flow);
/* Its carrier is left in the middle of a node, and come back to. */
void fluxi_profile_left(struct flux_flow *flow);
void fluxi_profile_back(struct flux_flow *flow);
/* It is one of its session. */
void fluxi_profile_joins(struct flux_flow *flow);
/* It begins to wait for a constraint, and has got it. */
void fluxi_profile_waits(struct flux_flow *flow);
void fluxi_profile_waited(struct flux_flow *flow, unsigned rank);

/* ---- of the core ----------------------------------------------------------------------------- */

extern const char *fluxi_profile_file; /* --profile=FILE; NULL: none */

/* A thread ends: of any program, and any thread. */
void fluxi_profile_thread_ends(void);

/* Before `initial`: false if the file cannot be written, which has been logged. */
bool fluxi_profile_start(void);
/* Before the runtime starts. Returns 0 or ENOMEM. */
int fluxi_profile_begin(void);
/* Leaves the file, if one is wanted. False: it could not, which has been logged. */
bool fluxi_profile_write(void);
/* When no flow is left. */
void fluxi_profile_free(void);

time_t fluxi_profile_began(void);
double fluxi_profile_seconds(void); /* since then */
double fluxi_profile_cpu_seconds(void);

#endif
