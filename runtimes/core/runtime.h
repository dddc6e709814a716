/* runtime.h - the contract between the shared core and a runtime.
 *
 * A runtime is a folder beside core/ that defines the functions of section 1 (and the suspension
 * points flux_await, flux_block, flux_unblock, flux_turn, flux_step of flux_abi.h); it decides
 * where and when a flow runs, nothing more. Section 2 is what the core does for it: frames,
 * constraints, sessions, births and ends, failing sources, clocks, options, log, signals, drain.
 * libflux-NAME.a is the core and one such folder.
 *
 * Life of a program (core/main.c): options are read; `initial` runs; processes fork; the main
 * thread, with all signals blocked in every thread, calls fluxi_runtime_start and then waits for a
 * signal, the end, or the end of the grace period. (Threads inherit the mask; one whose blocking
 * calls are to be interrupted unblocks FLUXI_POKE. The main thread then unblocks all but the stop
 * signals, so that handlers of the user and ^Z work.) fluxi_runtime_stop is called once, at the
 * first SIGTERM or SIGINT. The runtime calls fluxi_finished once all its sources have ended (by
 * FLUX_STOP or by stop) and all flows are done; then the main thread calls fluxi_runtime_join, runs
 * `final` and exits 0.
 */
#ifndef FLUXI_RUNTIME_H
#define FLUXI_RUNTIME_H

#include "flux_abi.h"
#include "order.h"
#include "profile/profile.h"

#include <signal.h>
#include <stdalign.h>
#include <stdio.h>

/* ---- 1. what a runtime defines --------------------------------------------------------------- */

/* "pool"; what --help says of it in one line; and its own options. */
extern const char *const fluxi_runtime_name;
extern const char *const fluxi_runtime_summary;
extern const struct flux_option fluxi_runtime_options[];
extern const unsigned fluxi_runtime_option_count;

/* How many copies of a parallel source (R16) run side by side; asked once, before start. */
unsigned fluxi_runtime_copies(void);

/* Creates threads and begins to run the sources fluxi_sources[0..fluxi_source_count). Returns 0 or
 * an errno value (with a line logged that says what failed and what to do); then nothing is left
 * running. */
int fluxi_runtime_start(void);

/* The program is stopping: fluxi_stopping is already true. Sources end: those that block in a node
 * are interrupted (their call returns EINTR), those that wait to run again do not. Idle awaits are
 * resumed with ECANCELED. Returns at once; on the main thread. */
void fluxi_runtime_stop(void);

/* After fluxi_finished: joins the threads, frees everything. On the main thread. */
void fluxi_runtime_join(void);

/* A flow that had parked in flux_take may go on: queue it, never wait for room (R33). From any
 * thread that runs flows, helpers included; the flow may still be on its way out of its run
 * function in the thread that parked it, with its frame no longer touched. */
void fluxi_runtime_ready(struct flux_flow *flow);

/* Starts the flow part of a frame that needs no admission (a clock, R15), from any thread. */
void fluxi_runtime_launch(struct flux_flow *flow);

/* A snapshot for flux_load. */
struct flux_load fluxi_runtime_load(void);

/* For /metrics: what this runtime alone has, printed with fluxi_metric (core/metrics.h). On the
 * admin port's thread, between start and join. */
void fluxi_runtime_metrics(FILE *out);

/* The flow that runs on the calling thread, or NULL. Runtimes set it through fluxi_run only; one
 * that switches stacks saves and restores it. */
extern _Thread_local struct flux_flow *fluxi_current;

/* ---- 2. what the core does ------------------------------------------------------------------- */

/* True while only one thread runs flows, so that constraints and counts need no atomic operation.
 * Set by the runtime in start, before any flow runs. */
extern bool fluxi_single_threaded;

/* One copy of one source: what the runtime runs. Fields below the line are core/source.c's. */
struct fluxi_source {
    const struct flux_source *table;
    unsigned index;    /* in fluxi_sources */
    unsigned copy;     /* 0 but for copies of a parallel source */
    atomic_bool ended; /* the runtime's: it will not run again */
    void *home;        /* the runtime's */

    /* Written by one thread at a time and read by any: fluxi_count. */
    atomic_ullong births;   /* flows started */
    atomic_ullong failures; /* runs that started none */
    atomic_ullong missed;   /* clocks: ticks that fell while a flow ran and were merged */
    unsigned in_a_row;      /* failures since the last success */
    uint64_t due;           /* clocks: next tick, ns of the monotonic clock */
    atomic_uint ticking;    /* clocks: 0 idle, 1 flow runs, 2 flow runs and a tick is pending */
    atomic_bool stopped;    /* by FLUX_STOP from this copy or another, or with the program */
    atomic_ullong warned;   /* copy 0: when a line was last logged about failures of any copy */

    /* Written by whichever threads flows end on: away from what the source writes. */
    alignas(64) atomic_ullong ends; /* flows that are over */
    atomic_ullong unhandled;        /* errors that nobody has handled (R27) */
};

extern struct fluxi_source *fluxi_sources;
extern unsigned fluxi_source_count;

/* Adds to a number that no other thread writes at the same time. */
static inline void fluxi_count(atomic_ullong *number, uint64_t more)
{
    unsigned long long value = atomic_load_explicit(number, memory_order_relaxed) + more;
    atomic_store_explicit(number, value, memory_order_relaxed);
}

/* True when this source shall not run again: the program is stopping, or a copy of it has returned
 * FLUX_STOP (then whoever got FLUXI_ENDED interrupts the other copies, as at a stop). Ask before
 * each run. */
static inline bool fluxi_source_stopping(const struct fluxi_source *source)
{
    return atomic_load_explicit(&source->stopped, memory_order_acquire);
}

/* Runs the frame's function until it parks or ends, with fluxi_current set meanwhile. After
 * FLUX_PARKED the frame must not be touched. */
static inline enum flux_next fluxi_run(struct flux_flow *flow)
{
    fluxi_current = flow;
    if (fluxi_profile_there())
        fluxi_profile_resumes();
    enum flux_next next = flow->source->run(flow);
    fluxi_current = NULL;
    return next;
}

/* A frame for the next run of a source; NULL when there is no memory (wait 100 ms, try again; it
 * has been logged). Frames come from a free list of the calling thread where it can. */
struct flux_flow *fluxi_frame_new(struct fluxi_source *source);

/* After FLUX_BORN, on the thread that ran the source part: numbers the flow and counts the birth.
 * The runtime admits it next (waits while --max-flows flows are alive), then runs it. */
void fluxi_flow_born(struct flux_flow *flow);

/* After FLUX_FAILED: undoes allocations and deferred actions of the run (which may block: call it
 * where nodes may run) and makes the frame ready for the next run, at = 0. Returns the nanoseconds
 * to wait before that (R14: 0, or 1 to 100 ms), or FLUXI_ENDED: the source has stopped (FLUX_STOP,
 * or the program is stopping) and the frame has been freed. */
uint64_t fluxi_source_failed(struct flux_flow *flow);
#define FLUXI_ENDED UINT64_MAX

/* After FLUX_ENDED: runs deferred actions (they may block: call it where nodes may run, it sets
 * fluxi_current), leaves the session, frees the frame; a clock whose tick is pending launches the
 * next flow. */
void fluxi_flow_ended(struct flux_flow *flow);

/* Of fluxi_flow_ended and fluxi_frame_new: undoes what the flow has attached and leaves its
 * session; makes a frame ready for a run of its source. */
void fluxi_flow_undo(struct flux_flow *flow);
void fluxi_session_leave(struct flux_flow *flow);

static inline void fluxi_flow_finish(struct flux_flow *flow)
{
    fluxi_order_ended(flow);
    if (flow->attached != NULL)
        fluxi_flow_undo(flow);
    if (flow->session != NULL)
        fluxi_session_leave(flow);
}

static inline void fluxi_frame_renew(struct flux_flow *flow)
{
    struct fluxi_source *origin = flow->origin;
    unsigned char *bytes = (unsigned char *)flow;
    size_t half = sizeof *flow / 2;
    memset(bytes, 0, half); /* in two: for a larger one gcc takes `rep stos`, slow to begin */
    memset(bytes + half, 0, sizeof *flow - half);
    flow->source = origin->table;
    flow->origin = origin;
}

static inline void fluxi_flow_count_end(struct fluxi_source *source)
{
    if (fluxi_single_threaded)
        fluxi_count(&source->ends, 1);
    else
        atomic_fetch_add_explicit(&source->ends, 1, memory_order_relaxed);
}

/* Under AddressSanitizer no frame is used again, so that it sees every use after the end. */
#if defined(__SANITIZE_ADDRESS__)
#define FLUXI_KEEP_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLUXI_KEEP_FRAMES 0
#endif
#endif
#ifndef FLUXI_KEEP_FRAMES
#define FLUXI_KEEP_FRAMES 1
#endif

/* In place of fluxi_flow_ended, for a flow that is no clock's: returns its frame, ready for the
 * next run of its source, or NULL. */
static inline struct flux_flow *fluxi_flow_again(struct flux_flow *flow)
{
    if (!FLUXI_KEEP_FRAMES) {
        fluxi_flow_ended(flow);
        return NULL;
    }
    fluxi_flow_count_end(flow->origin);
    fluxi_flow_finish(flow);
    fluxi_frame_renew(flow);
    return flow;
}

/* Frees a frame of a source part that never ran, or a born flow that is not to be run (none is
 * lost in a graceful stop; this is for start-up failures). */
void fluxi_frame_free(struct flux_flow *flow);

/* Clocks (R15): a runtime waits until source->due, then calls fluxi_clock_tick, which returns the
 * frame to launch, or NULL when the previous flow still runs (it is counted), and moves due on. */
void fluxi_clock_start(struct fluxi_source *source);
struct flux_flow *fluxi_clock_tick(struct fluxi_source *source);

/* A thread that ran flows is about to exit: frees its free lists. */
void fluxi_thread_done(void);

/* All sources have ended and all flows are done. From any thread; a second call does nothing. */
void fluxi_finished(void);

/* Set by a runtime that wants to be called again while the program stops: on the main thread, every
 * 10 ms after fluxi_runtime_stop, until it returns false. NULL: not needed. */
extern bool (*fluxi_stop_again)(void);

/* Sent to a thread, interrupts its blocking call: its handler does nothing, without SA_RESTART. */
#define FLUXI_POKE SIGURG

/* The time at which a wait of that many milliseconds ends that begins now, both ns of the monotonic
 * clock; UINT64_MAX for what lies beyond all clocks, and for a negative limit. */
uint64_t fluxi_deadline(uint64_t now, int64_t limit);

/* CPUs this process may use. */
unsigned fluxi_cpus(void);

extern atomic_bool fluxi_stopping;
extern uint64_t fluxi_max_flows; /* --max-flows; never 0 */

/* A log line at most once a second for each `where` (a static struct), with the number that were
 * dropped in between. */
struct fluxi_log_limit {
    atomic_ullong last, dropped;
};
void fluxi_log_limited(struct fluxi_log_limit *where, enum flux_level level, const char *format,
                       ...) FLUX_PRINTF(3, 4);

#endif
