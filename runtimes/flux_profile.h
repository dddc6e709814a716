/* flux_profile.h - what `fluxc --profile` adds to emitted C: the number of a flow's way, and looks
 * at the clocks for flows that are watched. docs/profile.md has the whole; docs/abi.md is its
 * reference.
 *
 * Included by emitted C that was compiled with --profile, and by the runtimes. What stands here
 * inline is an addition or a test; all else is runtimes/core/profile.
 */
#ifndef FLUX_PROFILE_H
#define FLUX_PROFILE_H

#include "flux_abi.h"

/* ---- 1. tables ------------------------------------------------------------------------------- *
 *
 * The steps of each source as a graph. From a step two edges lead away at most. The way through
 * `other` has the number of the way through `next`, and `add` more.
 */

enum flux_profile_op {
    FLUX_PROFILE_PASS,   /* nothing that a profile tells */
    FLUX_PROFILE_CALL,   /* of a node; other: it has failed */
    FLUX_PROFILE_AWAIT,  /* other: in vain */
    FLUX_PROFILE_ARM,    /* of a dispatch: `yes` and `no` say which arm each edge leads to */
    FLUX_PROFILE_REPEAT, /* other: no other turn */
    FLUX_PROFILE_TAKE,   /* of the constraint of that rank */
    FLUX_PROFILE_BORN,   /* ends of ways */
    FLUX_PROFILE_LEFT,   /* of a source part that has failed */
    FLUX_PROFILE_END
};

#define FLUX_PROFILE_NONE UINT32_MAX

/* In place of an arm's number. */
#define FLUX_PROFILE_ASKS   (-1) /* another question comes first */
#define FLUX_PROFILE_NO_ARM (-2) /* R21 */

struct flux_profile_step {
    uint8_t op;
    bool idle;                /* await: first in a turn (R36) */
    bool next_cut, other_cut; /* the way ends with this edge */
    uint32_t place;           /* in flux_profile.places; FLUX_PROFILE_NONE */
    uint32_t rank;            /* of the constraint that is taken */
    uint32_t next, other;     /* steps; FLUX_PROFILE_NONE */
    uint64_t add;
    int yes, no; /* arm: after `next`, after `other` */
};

enum flux_profile_start {
    FLUX_PROFILE_SOURCE,
    FLUX_PROFILE_FLOW,
    FLUX_PROFILE_TURN,
    FLUX_PROFILE_CUT
};

/* Where ways begin, and their numbers, which are dense over all beginnings of a source. */
struct flux_profile_begin {
    enum flux_profile_start kind;
    uint32_t step;
    uint64_t first, count;
};

struct flux_profile_source {
    const struct flux_profile_step *steps;
    unsigned step_count;
    const struct flux_profile_begin *begins; /* by their numbers */
    unsigned begin_count;
    bool idles; /* it has an await that is idle: what lies between two of them is a request */
};

struct flux_profile_node {
    bool called;   /* concrete, and stands in a flow */
    bool blocking; /* R35 */
    bool awaits;   /* R36 */
    bool repeats;  /* R37 */
    unsigned arms; /* of a dispatch (R19); else 0 */
};

struct flux_profile {
    const struct flux_node *nodes;         /* all */
    const struct flux_profile_node *about; /* one for each */
    unsigned node_count;
    const struct flux_place *places;
    unsigned place_count;
    const struct flux_profile_source *sources; /* one for each of flux_program.sources */
};

/* ---- 2. flows -------------------------------------------------------------------------------- */

struct flux_watch; /* of one that is watched: runtimes/core/profile/watched.c */

/* Second member of every frame. */
struct flux_profiled {
    uint64_t path;            /* the number of its way, as far as it has come */
    struct flux_watch *watch; /* NULL: it is not watched */
    uint64_t since;           /* while it waits for a constraint: from when on */
};

static inline struct flux_profiled *flux_profiled(struct flux_flow *flow)
{
    return (struct flux_profiled *)(void *)(flow + 1);
}

/* First thing in a frame's function: ways that begin there begin with this number. */
static inline void flux_path_begin(struct flux_flow *flow, uint64_t first)
{
    *flux_profiled(flow) = (struct flux_profiled){.path = first};
}

/* An edge that is not the first. */
static inline void flux_path_add(struct flux_flow *flow, uint64_t add)
{
    flux_profiled(flow)->path += add;
}

/* Counts a way. */
void flux_path_count(struct flux_flow *flow, uint64_t number);

/* The request is over. */
void flux_watch_end(struct flux_flow *flow);

/* A way ends with an edge that adds `add`; the next one begins as `first`. */
static inline void flux_path_turn(struct flux_flow *flow, uint64_t add, uint64_t first)
{
    struct flux_profiled *profiled = flux_profiled(flow);
    uint64_t number = profiled->path + add;
    profiled->path = first;
    flux_path_count(flow, number);
}

/* The last way ends. */
static inline void flux_path_end(struct flux_flow *flow)
{
    flux_path_count(flow, flux_profiled(flow)->path);
    if (flux_profiled(flow)->watch != NULL)
        flux_watch_end(flow);
}

/* ---- 3. those that are watched --------------------------------------------------------------- */

/* A run of a source, a flow, or, after an idle await, another request begins: is it watched? */
void flux_watch_source(struct flux_flow *flow);
void flux_watch_flow(struct flux_flow *flow);
void flux_watch_request(struct flux_flow *flow);

void flux_watch_call(struct flux_flow *flow);
void flux_watch_return(struct flux_flow *flow, uint32_t place);
void flux_watch_await(struct flux_flow *flow);
void flux_watch_awaited(struct flux_flow *flow, uint32_t place);

/* With <sys/sdt.h>, a `nop` each that a tracer can take hold of: the node's name and the flow's
 * number, on the way back the error as well. */
#if defined(__has_include)
#if __has_include(<sys/sdt.h>)
#include <sys/sdt.h>
#endif
#endif
#ifdef STAP_PROBE2
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif
static inline void flux_probe_enter(const char *name, uint64_t id)
{
    STAP_PROBE2(flux, node__enter, name, id);
}
static inline void flux_probe_return(const char *name, uint64_t id, int error)
{
    STAP_PROBE3(flux, node__return, name, id, error);
}
#ifdef __clang__
#pragma clang diagnostic pop
#endif
#else
#define flux_probe_enter(name, id)         ((void)0)
#define flux_probe_return(name, id, error) ((void)0)
#endif

/* The node that the thread calls, for whoever watches it from another one (loop/watch.c). */
extern _Thread_local _Atomic(const struct flux_place *) flux_calling;

/* Around the call of a node, which is at that place of flux_places. */
#define FLUX_CALL(flow, place)                                                                     \
    do {                                                                                           \
        atomic_store_explicit(&flux_calling, &flux_places[place], memory_order_relaxed);           \
        flux_probe_enter(flux_places[place].node->name, (flow)->id);                               \
        if (flux_profiled(flow)->watch != NULL)                                                    \
            flux_watch_call(flow);                                                                 \
    } while (0)
#define FLUX_RETURN(flow, place, error)                                                            \
    do {                                                                                           \
        if (flux_profiled(flow)->watch != NULL)                                                    \
            flux_watch_return(flow, place);                                                        \
        atomic_store_explicit(&flux_calling, NULL, memory_order_relaxed);                          \
        flux_probe_return(flux_places[place].node->name, (flow)->id, error);                       \
    } while (0)

/* Around an await. One that is idle lies between two requests. */
static inline void flux_profile_await(struct flux_flow *flow)
{
    if (flux_profiled(flow)->watch != NULL)
        flux_watch_await(flow);
}

static inline void flux_profile_awaited(struct flux_flow *flow, uint32_t place)
{
    if (flux_profiled(flow)->watch != NULL)
        flux_watch_awaited(flow, place);
}

static inline void flux_profile_idles(struct flux_flow *flow)
{
    if (flux_profiled(flow)->watch != NULL)
        flux_watch_end(flow);
}

#endif
