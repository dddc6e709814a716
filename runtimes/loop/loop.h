/* loop.h - event loops on carrier stacks: the engine of the runtimes `event` and `trace`.
 *
 * A loop is a thread that runs flows one after another. It does so on a *carrier*, a stack of its
 * own: a flow that runs to its next suspension point costs no switch. When a node blocks in the
 * middle, in a call that calls_*.c intercept, its carrier stays with the flow, and the loop goes on
 * with another carrier; when what was waited for happens, the loop switches back to it. A flow that
 * is parked at a suspension point (a constraint, an await) is its frame alone and has no carrier.
 *
 * All carriers of a loop run the same function, fluxi_loop_run. Whoever comes back to a blocked
 * carrier leaves its own behind as idle; the one that was blocked ends its flow and then *is* the
 * loop. A carrier never leaves its thread: compiled code keeps addresses of thread-local variables
 * over a call, and a switch is inside a call.
 *
 * Files: engine.c start and stop; loop.c what is ready, and the rounds; births.c flows from source
 * to end; handed.c what any loop may run; block.c a flow blocks; carrier.c switching; stack.c
 * memory of stacks; overflow.c the report of an overflow; timer.c and limits.c time; descriptor.c
 * and record.c who waits for which descriptor; lent.c listeners; helper.c threads that may block;
 * watch.c loops that are held;
 * calls*.c the intercepted calls. Except where it says otherwise, all that is declared here is for
 * the loop's own thread.
 */
#ifndef FLUXI_LOOP_H
#define FLUXI_LOOP_H

#include "flux_profile.h"
#include "profile/profile.h"
#include "runtime.h"

#include <pthread.h>
#include <stdalign.h>
#include <stddef.h>

struct loop;

/* The structure that holds `member` at `pointer`. */
#define FLUXI_CONTAINER(pointer, type, member)                                                     \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* ---- what event and trace decide differently ------------------------------------------------- */

struct policy {
    unsigned loops;   /* 1 or more */
    unsigned helpers; /* threads at most; 0: what would go to a helper runs on the loop */
    size_t stack;     /* bytes of address space of a carrier's stack, its guard included */
    bool straight;    /* a source's flow runs at once; else it goes through the ready list */
    /* Which of the first ready flows and, counted on from these, woken carriers of a loop runs
     * next; NULL: the oldest. */
    unsigned (*choose)(const struct loop *loop, unsigned flows, unsigned carriers);
    void (*resumed)(struct flux_flow *flow); /* before a ready flow runs; NULL: nothing to do */
    void (*joined)(void);                    /* when all threads are gone; may be NULL */
};

extern struct policy fluxi_policy;

/* What fluxi_runtime_start is, once fluxi_policy is set. */
int fluxi_engine_start(void);

/* ---- timers ---------------------------------------------------------------------------------- */

/* Calls fire once, when the monotonic clock has reached `when`; never early. */
struct timer {
    void (*fire)(struct loop *loop, struct timer *timer);
    unsigned place; /* in the heap, from 1; 0: not set */
    bool reserved;  /* one of those that timers.reserved counts: can always be set */
};

struct timers {
    struct due {
        uint64_t when;
        struct timer *timer;
    } * heap; /* heap[1] is the earliest */
    unsigned count, size;
    unsigned reserved;
};

int fluxi_timers_start(struct loop *loop);
/* Sets a timer that is not set. False: no memory. */
bool fluxi_timer_set(struct loop *loop, struct timer *timer, uint64_t when);
void fluxi_timer_clear(struct loop *loop, struct timer *timer);
void fluxi_timers_run(struct loop *loop, uint64_t now);
/* When the earliest is due; UINT64_MAX: none is set. */
uint64_t fluxi_timers_next(const struct loop *loop);

/* ---- carriers -------------------------------------------------------------------------------- */

struct wait;

/* Lies at the top of its own stack, in the page that every use touches anyway. */
struct carrier {
    void *context;        /* where it goes on */
    struct carrier *next; /* in idle, woken, surplus or mail */
    struct loop *loop;
    struct flux_flow *flow; /* the flow that blocks on it */

    struct fluxi_source *behind; /* the source whose flow runs on this carrier at the moment, and
                                    that goes on elsewhere if the flow blocks */
    struct wait *waits;          /* what it waits for */
    unsigned wait_count;
    int outcome; /* of the wait: 0, ETIMEDOUT, EINTR, EBADF */
    struct timer timer;

    struct carrier *source_next, *source_prev; /* among those in which sources block */
    bool source_waiting;

    char *low;    /* the lowest byte that may be used */
    size_t size;  /* from there to the carrier */
    bool watched; /* below lies no guard; see stack.c */

    void *fiber;         /* of sanitizers */
    unsigned registered; /* with valgrind */
};

/* A loop's stacks: see stack.c. */
struct stacks {
    struct slab *slabs;
    struct carrier *surplus; /* idle for long; to be given back little by little */
    char **cold;             /* bases of stacks that hold no memory */
    size_t cold_count, cold_size;
    unsigned guards; /* mprotect guards, of which a process may have some ten thousand only */
};

/* A stack with a carrier at its top; NULL: no memory. */
struct carrier *fluxi_stack_new(struct loop *loop);
/* Gives the memory of an idle carrier back; its contents, the carrier included, are lost. */
void fluxi_stack_drop(struct loop *loop, struct carrier *carrier);
void fluxi_stacks_free(struct loop *loop);
/* Ends the process with a report where a stack without guard has overflowed. */
void fluxi_stack_check(const struct carrier *carrier);
/* Is `address` in the guard of a stack of this loop? Async-signal-safe. */
bool fluxi_stack_guards(const struct loop *loop, const void *address);
/* Says on standard error that the flow that runs has used up its stack, where the program counter
 * and the stack pointer are, or 0. Async-signal-safe. */
void fluxi_overflow_report(const struct flux_flow *flow, uintptr_t counter, uintptr_t pointer);
void fluxi_overflow_start(void);
void fluxi_overflow_stop(void);
/* The calling loop thread reports overflows from now on. *memory is to be freed after
 * fluxi_overflow_ignore. */
int fluxi_overflow_catch(void **memory);
void fluxi_overflow_ignore(void);

/* Leaves the running carrier for one that was left before or is new. errno is the carrier's. */
void fluxi_carrier_switch(struct loop *loop, struct carrier *to);
/* An idle carrier, or a new one; NULL: no memory. */
struct carrier *fluxi_carrier_spare(struct loop *loop);
/* Sees to it that there are `count` spare ones; false: no memory. */
bool fluxi_carrier_reserve(struct loop *loop, unsigned count);
void fluxi_carrier_idle(struct loop *loop, struct carrier *carrier);
/* The loop's trim timer: gives back the stacks of carriers that have not been needed for a while.
 */
void fluxi_carriers_trim(struct loop *loop, struct timer *timer);
/* Runs the loop, on a first carrier, which is in reserve, until it quits. */
void fluxi_carriers_run(struct loop *loop);
void fluxi_carriers_free(struct loop *loop);

/* ---- blocking in the middle of a node -------------------------------------------------------- */

/* One descriptor that a blocked carrier waits for; lies on its stack. */
struct wait {
    struct wait *next, *prev; /* in the descriptor's record; the head's prev is the tail */
    struct carrier *carrier;
    int fd;
    uint32_t events; /* of epoll */
};

#define FLUXI_NEVER UINT64_MAX

/* The flow that runs waits until one of the descriptors is ready (0), the monotonic clock has
 * reached `until` (ETIMEDOUT), or its source is to stop (EINTR); EBADF: a descriptor was closed or
 * is not open. Descriptors that cannot be polled are left out. The loop goes on meanwhile. Without
 * memory for a carrier it blocks; in the source part of a flow the wait fails then (ENOMEM). */
int fluxi_block(struct wait *waits, unsigned count, uint64_t until);
/* Leaves the running carrier, with its flow, for `next`, a spare one, which goes on with the loop;
 * returns when somebody has woken or mailed the carrier that was left. */
void fluxi_carrier_suspend(struct loop *loop, struct carrier *next);
/* Ends the wait of a carrier. */
void fluxi_carrier_wake(struct loop *loop, struct carrier *carrier, int outcome);
/* Queues a carrier, which waits for nothing any more. */
void fluxi_carrier_ready(struct loop *loop, struct carrier *carrier);
/* From any thread: wakes a carrier that was left by fluxi_carrier_suspend. */
void fluxi_carrier_mail(struct carrier *carrier);

/* ---- descriptors ----------------------------------------------------------------------------- */

/* What descriptor.c knows of a descriptor's nature, so as not to ask again for each call. */
enum fluxi_kind {
    FLUXI_UNKNOWN, /* a socket, as far as is known */
    FLUXI_FILE,    /* a regular file or block device, whose page cache can be asked */
    FLUXI_DIRECT,  /* one that never blocks for long, or cannot be asked */
    FLUXI_STREAM   /* a pipe, a terminal, an eventfd ... */
};

struct records {
    struct record *entries; /* see record.h */
    unsigned size, count;
};

/* An epoll descriptor that reports the loop's bell; -1 and errno. */
int fluxi_poller_new(const struct loop *loop);
/* Puts a wait in its descriptor's record and sees to it that the loop hears of its events. Returns
 * 0, EBADF, ENOMEM, or EPERM if the descriptor is always ready. */
int fluxi_wait_begin(struct loop *loop, struct wait *wait);
void fluxi_wait_end(struct loop *loop, struct wait *wait);
/* What epoll_wait said; `data` as given by fluxi_wait_begin. */
void fluxi_descriptor_ready(struct loop *loop, uint64_t data, uint32_t events);
/* A flow parked in an await goes on with `error`. */
void fluxi_await_end(struct loop *loop, struct flux_flow *flow, int error);
/* Ends with ECANCELED all awaits that a stop ends; and the waits for descriptors that other loops
 * have closed, with EBADF. */
void fluxi_awaits_cancel(struct loop *loop);
void fluxi_records_sweep(struct loop *loop);

/* From any thread, around what closes a number: nobody waits for it any more. `left` is passed what
 * `leave` has returned. */
unsigned long fluxi_descriptor_leave(int fd);
void fluxi_descriptor_left(int fd, unsigned long known);
/* Both: the number has become another descriptor's. */
void fluxi_descriptor_forget(int fd);
enum fluxi_kind fluxi_descriptor_kind(struct loop *loop, int fd);
void fluxi_descriptor_set_kind(struct loop *loop, int fd, enum fluxi_kind kind);
/* Whether the descriptor is known to block its user and to have no time limits. The knowledge is
 * void as soon as any thread changes such a setting of any descriptor, since several descriptors
 * may share one: `settings` is what fluxi_descriptor_settings said before the system was asked. */
bool fluxi_descriptor_plain(struct loop *loop, int fd);
void fluxi_descriptor_set_plain(struct loop *loop, int fd, uint32_t settings);
uint32_t fluxi_descriptor_settings(void);
void fluxi_descriptor_settings_changed(void);
/* From any thread: a listener that the runtime has made non-blocking without its user's knowledge.
 * False: no memory to remember it. */
bool fluxi_descriptor_lent(int fd);
bool fluxi_descriptor_set_lent(int fd, bool lent);
/* The loans themselves, whichever number and process they were made by: see lent.c. */
bool fluxi_loan_find(int fd);
bool fluxi_loan_make(int fd); /* false: no socket, or no memory */
void fluxi_loan_end(int fd);

/* ---- limits of awaits ------------------------------------------------------------------------ */

/* Flows whose awaits have the same limit form a queue in order of their deadlines, and only the
 * first of each queue has a timer: an await costs no heap operation. */
struct limits {
    struct limit **buckets; /* a power of two */
    unsigned count, size;
};

/* The await of `flow` ends with ETIMEDOUT in `milliseconds` (> 0). False: no memory. */
bool fluxi_limit_begin(struct loop *loop, struct flux_flow *flow, int64_t milliseconds);
void fluxi_limit_end(struct flux_flow *flow);
void fluxi_limits_free(struct loop *loop);

/* ---- loops ----------------------------------------------------------------------------------- */

struct flow_list {
    struct flux_flow *first, *last;
};

void fluxi_flow_append(struct flow_list *list, struct flux_flow *flow);

struct loop {
    unsigned index;
    int poller;  /* epoll */
    bool coarse; /* it has no better clock than milliseconds */
    pthread_t thread;
    bool quit;

    /* What is ready. */
    struct flow_list flows;
    struct carrier *woken, *woken_last;
    unsigned flow_count, woken_count;
    bool carriers_first;   /* flows and carriers take turns */
    unsigned credit;       /* how many more may run before the poller is asked */
    unsigned budget;       /* credit of one round; grows while rounds are short */
    uint64_t round;        /* when it began */
    unsigned spent;        /* turns that the running flow has taken without a pause */
    unsigned handed_run;   /* flows taken from handed.c while one of its own was ready */
    unsigned handed_times; /* see handed.c */

    struct carrier native; /* the thread's own stack, which only enters and leaves */
    struct carrier *running;
    struct carrier *idle;
    unsigned idle_count, busy_count, busy_most;
    struct carrier *source_waits; /* carriers in which sources block */
    struct stacks stacks;
    struct timer trim;

    struct timers timers;
    struct limits limits;
    struct records records;
    struct flow_list *outbox; /* flows for other loops, by loop, until the end of the round */

    /* What other threads reach. */
    alignas(64) _Atomic(struct flux_flow *) mail; /* newest first */
    _Atomic(struct carrier *) carrier_mail;
    atomic_uint notices; /* enum fluxi_notice */
    atomic_bool asleep;
    atomic_uint queued; /* for flux_load */
    int bell;           /* eventfd */

    /* What watch.c sees: how many items have run, and where the last went on. */
    alignas(64) atomic_uint watched_count;
    atomic_uint watched_at;
    _Atomic(const struct flux_source *) watched_source;
    _Atomic(_Atomic(const struct flux_place *) *) calling; /* with a profile: the thread's own */
    atomic_int tid; /* of the thread, for the kernel */
};

enum fluxi_notice {
    FLUXI_INTERRUPT = 1, /* sources are to stop */
    FLUXI_CLOSED = 2,    /* another loop has closed a descriptor that this one knows */
    FLUXI_QUIT = 4
};

/* Threads that are no loops hold the lock while they use these: loops are freed under it. */
extern struct loop *fluxi_loops;
extern unsigned fluxi_loop_count;
extern pthread_mutex_t fluxi_loops_lock;
/* The calling thread's loop; NULL: it is no loop's thread. */
extern _Thread_local struct loop *fluxi_loop;

#define FLUXI_BELL UINT64_MAX /* the bell's data in the poller */

void fluxi_loop_run(struct loop *loop);
/* Is there anything that could run now? */
bool fluxi_loop_has_work(const struct loop *loop);
/* Queues a flow of this loop. */
void fluxi_loop_ready(struct loop *loop, struct flux_flow *flow);
/* Sends a flow to its home, another loop, at the end of the round. */
void fluxi_loop_deal(struct loop *loop, struct flux_flow *flow);
/* From any thread. The list is empty afterwards. */
void fluxi_loop_mail(struct loop *loop, struct flow_list *flows);
void fluxi_loop_notify(struct loop *loop, enum fluxi_notice notice);
/* From any thread: wakes the loop if it sleeps, else returns false. */
bool fluxi_loop_ring(struct loop *loop);

/* ---- flows for any loop ---------------------------------------------------------------------- */

/* From any thread: a flow that was parked and may go on, on whichever loop. */
void fluxi_handed_put(struct flux_flow *flow);
/* One of them, which is the loop's from now on, or NULL. */
struct flux_flow *fluxi_handed_take(struct loop *loop);
/* Before the loop sleeps: looks for one a little longer. True: there is one. */
bool fluxi_handed_search(struct loop *loop);
/* The loop has slept. */
void fluxi_handed_awake(void);

extern atomic_uint fluxi_handed_count;
static inline bool fluxi_handed_any(void)
{
    return atomic_load(&fluxi_handed_count) > 0;
}

/* ---- flows from source to end ---------------------------------------------------------------- */

/* In flux_flow.flags: the frame is in its source part. */
#define FLUXI_SOURCING 1
/* The flow has waited for room, and may start; its source goes on after it. */
#define FLUXI_ADMITTED 2
/* trace: the flow's next step waits to be told. */
#define FLUXI_ANNOUNCED 4

/* One for each source: its timer, and the flow that waits with it. */
struct driver {
    struct fluxi_source *source;
    struct loop *loop;
    struct timer timer;      /* back-off, a retry, a clock's next tick */
    struct flux_flow *frame; /* that runs when the timer fires; NULL: a new one */
    unsigned deal;           /* the loop that gets its next flow */
};

int fluxi_births_start(void);
void fluxi_births_free(void);
/* On a loop's thread, before it runs: its sources begin. */
void fluxi_births_begin(struct loop *loop);
/* Runs a ready frame as far as it goes, and the source's next flows while there is credit. */
void fluxi_births_advance(struct loop *loop, struct flux_flow *flow);
/* A flow blocks, and its source goes on. */
void fluxi_births_go_on(struct loop *loop, struct fluxi_source *source);
/* Ends sources of this loop that wait to run again, now that they are to stop. */
void fluxi_births_interrupt(struct loop *loop);
bool fluxi_births_stopping(const struct flux_flow *flow);
uint64_t fluxi_births_flows(void);

/* ---- the watch ------------------------------------------------------------------------------- */

extern uint64_t fluxi_watch_stall; /* --stall, ns; 0: nobody watches */
extern atomic_bool fluxi_watch_sleeps;

/* While there are loops. Where it cannot start, that is logged. It ends before they do, and what
 * they wake it by is freed after them. */
void fluxi_watch_start(void);
void fluxi_watch_end(void);
void fluxi_watch_free(void);
void fluxi_watch_wake(void);
void fluxi_watch_metrics(FILE *out);

/* The loop is about to run a flow, or to go on with one that has blocked. */
static inline void fluxi_watch_see(struct loop *loop, const struct flux_flow *flow)
{
    unsigned count = atomic_load_explicit(&loop->watched_count, memory_order_relaxed);
    atomic_store_explicit(&loop->watched_source, flow->source, memory_order_relaxed);
    atomic_store_explicit(&loop->watched_at, flow->at, memory_order_relaxed);
    if (fluxi_profile_there())
        atomic_store_explicit(&flux_calling, NULL, memory_order_relaxed);
    atomic_store_explicit(&loop->watched_count, count + 1, memory_order_release);
}

/* The loop has slept. */
static inline void fluxi_watch_awake(void)
{
    if (atomic_load(&fluxi_watch_sleeps))
        fluxi_watch_wake();
}

#define FLUXI_STALL_OPTION                                                                         \
    {                                                                                              \
        "stall", "TIME", "say which node holds its loop for longer than that; 0: never",           \
            FLUX_TIME, &fluxi_watch_stall, 0, 0, NULL                                              \
    }

/* ---- helpers --------------------------------------------------------------------------------- */

/* A call that may block, of a flow that waits for it. */
struct job {
    struct job *next;
    void (*run)(struct job *job); /* on a helper */
    struct carrier *carrier;
    int error; /* errno after it */
};

int fluxi_helpers_start(void);
/* Runs the job on a helper, or here and now if there is none. */
void fluxi_helper_run(struct job *job);
/* Interrupts sources that block in helpers; true while there are any. */
bool fluxi_helpers_poke(void);
void fluxi_helpers_join(void);
void fluxi_helpers_metrics(FILE *out);

#endif
