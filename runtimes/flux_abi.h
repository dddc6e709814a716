/* flux_abi.h - the contract between the C that fluxc emits and the runtimes.
 *
 * Emitted code holds, for every source, one resumable function and a frame. The function runs in
 * that frame twice over: first the source part (the source node itself), which ends with BORN or
 * FAILED, then the flow part, which ends with ENDED. At each place where it can suspend it calls
 * one of the functions of section 3, which answers "go on" (true) or "the flow now belongs to
 * somebody else" (false); after false it returns PARKED without touching the frame again. Whoever
 * runs it next calls the function with the frame: it goes on where `at` says, with the outcome of
 * the wait in `error`.
 *
 *      struct flux_frame_Listen { struct flux_flow base; Listen_out Listen; ... };
 *
 *      FLUX_FIELDWISE static enum flux_next flux_run_Listen(struct flux_flow *base)
 *      {
 *          switch (base->at) { case 1: goto start; case 2: goto resume_2; }
 *          if ((error = Listen(&flow->Listen)) != 0) return flux_source_fail(...);
 *          return flux_source_done(base, 1);
 *      start:
 *          if (!flux_take(base, &flux_constraint_cache, FLUX_WRITE, 2)) return FLUX_PARKED;
 *      resume_2:
 *          ...
 *          return FLUX_ENDED;
 *      }
 *
 * Only emitted C and the runtimes include this header. docs/abi.md is its reference.
 */
#ifndef FLUX_ABI_H
#define FLUX_ABI_H

#include "flux.h"

#include <stdatomic.h>
#include <string.h>

#define FLUX_ABI_VERSION 3

/* ---- 1. tables: the program's description of itself ------------------------------------------ */

/* A node as declared: concrete, abstract, handler. */
struct flux_node {
    const char *name;
    const char *file; /* as given to fluxc */
    unsigned line;
};

/* An occurrence of a node in a flow; `up` is the occurrence around it, NULL at the top. The path
 * "Image > Handler > Compress" of a diagnostic is the chain read from the top. */
struct flux_place {
    const struct flux_node *node;
    const struct flux_place *up;
};

enum flux_next {
    FLUX_PARKED, /* the frame belongs to somebody else now; do not touch it */
    FLUX_BORN,   /* source part: a flow is ready to start; run again when it is admitted */
    FLUX_FAILED, /* source part: nothing this time; `error` says why */
    FLUX_ENDED   /* the flow is over; no constraint is held */
};

struct flux_flow;

struct flux_source {
    const char *name; /* the source node, or "every 100 ms" */
    const char *file;
    unsigned line;
    enum flux_next (*run)(struct flux_flow *flow);
    size_t frame_size; /* bytes of the whole frame, struct flux_flow included */
    uint64_t period;   /* R15: nanoseconds of a clock, else 0. A clock has no source part: its
                          frames start in the flow part, with at = 0 */
    bool parallel;     /* R16 */
    bool sessions;     /* R17: its flows belong to sessions */
    const struct flux_place *const *places; /* by `at`: where a flow is that goes on there. NULL, or
                                               with gaps, in tables written by hand */
    unsigned place_count;
};

struct flux_program {
    unsigned abi;        /* FLUX_ABI_VERSION */
    const char *name;    /* of the .flux file, without folder and suffix */
    const char *runtime; /* what fluxc was told */
    const void *runtime_symbol;  /* &flux_runtime_is_NAME: the wrong library does not link */
    const struct flux_source *sources;
    unsigned source_count;
    struct flux_constraint *const *constraints; /* program scope, in canonical order */
    unsigned constraint_count;
    const char *const *session_constraints; /* names, in canonical order */
    unsigned session_constraint_count;
    int (*initial)(void); /* R43; NULL: none */
    int (*final)(void);
    const struct flux_profile *profile; /* flux_profile.h; NULL: compiled without --profile */
};

/* Defined by the emitted file. */
extern const struct flux_program flux_program;

/* Each runtime library defines one of these. */
extern const char flux_runtime_is_thread, flux_runtime_is_pool, flux_runtime_is_event,
    flux_runtime_is_trace;

/* ---- 2. flows and constraints ---------------------------------------------------------------- */

enum flux_mode { FLUX_READ, FLUX_WRITE };

/* A constraint of program scope, or one constraint of one session. Statically zero but for name
 * and rank. The state word and the queue belong to runtimes/core/constraint.c. */
struct flux_constraint {
    const char *name;
    unsigned rank;         /* place in the canonical order (R29), session scope first */
    atomic_uint state;     /* writer, waiting and reader-count bits */
    atomic_uint guard;     /* protects the queue */
    struct flux_flow *head, *tail; /* flows that wait, in arrival order, linked by `next` */
};

#define FLUX_CONSTRAINT(name_, rank_) {.name = (name_), .rank = (rank_)}

/* First member of every frame; zero when a source part begins, whereas the rest of a frame is
 * indeterminate. Emitted code reads and writes `at` and `error` (through section 3 and 4), sets
 * `session_id` before flux_session_join, and touches nothing else. */
struct flux_flow {
    const struct flux_source *source;
    uint32_t at;  /* where run goes on; 0: at the beginning */
    int error;    /* outcome of the wait just ended (0, ETIMEDOUT, ECANCELED, EBADF ...) */

    /* The failure being handled (R24); NULL and 0: none. */
    const struct flux_place *failed;
    int failed_code;

    uint8_t want;     /* enum flux_mode of the constraint this flow waits for */
    uint8_t events;   /* enum flux_ready of the await it waits in */
    uint8_t idle;     /* that await is the first node of a `repeat` turn (R36) */
    uint8_t flags;    /* the runtime's */

    uint64_t id;
    uint64_t session_id;
    struct flux_session *session;       /* NULL: none, or no session constraints in the program */
    struct flux_attachment *attached;   /* flux_alloc, flux_defer; newest first */

    struct flux_flow *next, *prev; /* in whatever queue the flow is */
    struct fluxi_source *origin;   /* the copy of the source that began it */
    void *home;                    /* the runtime's: loop, thread ... */
    uint64_t deadline;             /* of its await, ns of the monotonic clock; 0: none */
    struct flux_flow *later, *earlier; /* in the queue of deadlines */
    int fd;                        /* of its await */
    uint32_t record;               /* debug builds: number of what is known of it; 0: nothing */
};

/* ---- 3. suspension points -------------------------------------------------------------------- *
 *
 * Each answers true: go on at once (with base->error set), or false: return FLUX_PARKED; the frame
 * may already be running elsewhere. `at` is where the function goes on after false.
 */

/* Takes a constraint of program scope (R28). Never fails; error is 0. */
bool flux_take(struct flux_flow *flow, struct flux_constraint *constraint, enum flux_mode mode,
               uint32_t at);

/* Takes constraint `index` of the flow's session. */
bool flux_take_session(struct flux_flow *flow, unsigned index, enum flux_mode mode, uint32_t at);

/* Gives it back. Wakes whoever is next; never waits. */
void flux_give(struct flux_flow *flow, struct flux_constraint *constraint, enum flux_mode mode);
void flux_give_session(struct flux_flow *flow, unsigned index, enum flux_mode mode);

enum flux_ready { FLUX_READABLE = 1, FLUX_WRITABLE = 2 };

/* Waits for a descriptor (R36). limit: milliseconds, negative: for ever. idle: this await stands
 * first in a `repeat` turn. error: 0, ETIMEDOUT, EBADF, ECANCELED, ENOMEM. */
bool flux_await(struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit, bool idle,
                uint32_t at);

/* Around a `blocking` node (R35): to a thread that may block, and back. */
bool flux_block(struct flux_flow *flow, uint32_t at);
bool flux_unblock(struct flux_flow *flow, uint32_t at);

/* The end of a `repeat` turn: lets others run. */
bool flux_turn(struct flux_flow *flow, uint32_t at);

/* Before every step, in code compiled for a runtime that asks for it (trace). what: "call", "test",
 * ...; detail: a name. */
bool flux_step(struct flux_flow *flow, const struct flux_place *place, const char *what,
               const char *detail, uint32_t at);

/* ---- 4. births, errors, ends ----------------------------------------------------------------- */

/* The source part succeeded: the flow goes on at `at` once it is admitted. */
static inline enum flux_next flux_source_done(struct flux_flow *flow, uint32_t at)
{
    flow->at = at;
    return FLUX_BORN;
}

/* The source part failed (R14). place: the node whose error it was. handled: an ending handler
 * has run. */
enum flux_next flux_source_fail(struct flux_flow *flow, const struct flux_place *place, int error,
                                bool handled);

/* The flow joins its session (R17), as the first thing in its flow part. Returns 0 or ENOMEM. */
int flux_session_join(struct flux_flow *flow);

/* A failure: what flux_failed_node and flux_failed_code say from here on. */
static inline void flux_failing(struct flux_flow *flow, const struct flux_place *place, int error)
{
    flow->failed = place;
    flow->failed_code = error;
}

/* A failure that is kept while a handler runs, because a handler below may recover from another. */
struct flux_failure {
    const struct flux_place *place;
    int code;
};

/* Nobody handles this error: it is counted and logged (R27). */
void flux_unhandled(struct flux_flow *flow, const struct flux_place *place, int error);

/* Stands before every emitted function. Nodes write their outputs field by field, and emitted code
 * copies them at once: gcc would load two fields with one instruction, which has to wait until both
 * have left the store buffer, some 15 cycles for each node. */
#if defined(__GNUC__) && !defined(__clang__)
#define FLUX_FIELDWISE __attribute__((optimize("no-tree-slp-vectorize", "no-store-merging")))
#else
#define FLUX_FIELDWISE
#endif

/* Copies a field whose type may be an array. */
#define FLUX_COPY(to, from) memcpy(&(to), &(from), sizeof(to))

#endif
