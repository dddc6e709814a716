/* watched.h - requests that are watched: what their calls, awaits and waits have taken (watched.c),
 * how many are (pace.c), and when they come (arrivals.c). */
#ifndef FLUXI_WATCHED_H
#define FLUXI_WATCHED_H

#include "flux_profile.h"
#include "times.h"

/* Of a place: of requests that found the thread busy [0], and asleep [1]. */
struct fluxi_place_times {
    struct fluxi_times cpu[2], blocked[2];
    struct fluxi_times await;
};

struct fluxi_constraint_times {
    atomic_ullong waits;
    struct fluxi_times waited;
};

/* All watched requests that took about as long: 16 classes to a factor of two. */
#define FLUXI_CLASSES 16u
struct fluxi_class {
    atomic_ullong count;
    atomic_ullong spent[]; /* ns, by what: see below */
};

/* What time is spent on: a node, a constraint, the await of a node, or else. */
static inline unsigned fluxi_spent_constraint(unsigned rank)
{
    return flux_program.profile->node_count + rank;
}

unsigned fluxi_constraint_count(void); /* of both scopes */
const char *fluxi_constraint_name(unsigned rank);
unsigned fluxi_spent_await(unsigned node);
unsigned fluxi_spent_other(void); /* the last one */

/* By place, constraint, class; NULL: nothing has come there. */
struct fluxi_place_times *fluxi_place_times(unsigned place);
struct fluxi_constraint_times *fluxi_constraint_times(unsigned rank);
struct fluxi_class *fluxi_class(unsigned number);
#define FLUXI_CLASS_COUNT (FLUXI_CLASSES * 61)

uint64_t fluxi_times_helped(void);
uint64_t fluxi_watched(void);     /* how many requests */
uint64_t fluxi_not_watched(void); /* for lack of room */

/* A way of the flow, which is watched, ends. way: NULL: there was no memory for it. */
struct fluxi_way;
void fluxi_watch_way(struct flux_flow *flow, struct fluxi_way *way);

int fluxi_watched_start(void); /* 0 or ENOMEM */
void fluxi_watched_free(void);

/* ---- awake.c --------------------------------------------------------------------------------- */

/* Of a request that comes now: the server was asleep when the calling thread woke up, and no other
 * has come since. Looks at the clock. The second: one has come. */
bool fluxi_found_asleep(void);
void fluxi_found(void);
/* The calling thread runs flows, so it is awake. */
void fluxi_thread_runs(void);

/* ---- pace.c ---------------------------------------------------------------------------------- */

/* 2^32 times the probability with which a request is watched from now on: what a random number of
 * 32 bits has to be below. */
extern _Atomic uint64_t fluxi_pace;

/* `cost` ns of core have been spent on watching; 0: time has passed. */
void fluxi_pace_spent(uint64_t cost);
uint64_t fluxi_pace_cost(void);
void fluxi_pace_start(void);

/* ---- arrivals.c ------------------------------------------------------------------------------ */

enum fluxi_arrival { FLUXI_FLOWS, FLUXI_REQUESTS };

/* One comes; watched: the time to the next one will count `weight` times; 0: it is not. */
void fluxi_arrives(unsigned source, enum fluxi_arrival kind, uint64_t weight);
struct fluxi_times *fluxi_arrival_times(unsigned source, enum fluxi_arrival kind);
int fluxi_arrivals_start(void);
void fluxi_arrivals_free(void);

#endif
