/* profile.h - a profile as docs/profile.md describes it, read from its JSON. Times are nanoseconds.
 * Everything lives in the arena that it was read with. */
#ifndef PROFILE_H
#define PROFILE_H

#include "spread.h"

#include <stdbool.h>
#include <stddef.h>

struct node_profile {
    const char *name, *file;
    unsigned line;
    bool blocking;
    double calls, errors;
    struct spread cpu, blocked, await; /* of requests that found the thread asleep, and others */
};

/* An occurrence of a node in a flow. */
struct place_profile {
    const char *node, *source;
    VECTOR(const char *) path; /* from the top down, the node last */
    double calls, errors;
    struct spread cpu, blocked, await;
};

/* How often each arm of a dispatch was taken, the last: none; or of a repeat: another turn, none.
 */
struct choice_profile {
    const char *node;
    bool repeats;
    VECTOR(double) counts;
};

struct session_profile {
    const char *source;
    double sessions, flows;
    VECTOR(double) most;
};

struct constraint_profile {
    const char *name;
    bool session;
    double taken, waits;
    struct spread waited;
};

struct source_profile {
    const char *name;
    double flows, failures, ended, requests;
    struct spread arrivals, request_arrivals;
};

struct way_profile {
    const char *source, *begins, *ends, *key; /* key: what makes it another one; interned */
    double number, count, sampled;
    double cpu, blocked, waited; /* means of the samples */
    VECTOR(const char *) steps;
};

enum spent_kind { SPENT_NODE, SPENT_CONSTRAINT, SPENT_AWAIT, SPENT_OTHER };

struct spent {
    enum spent_kind kind;
    const char *name; /* interned; "" for other */
    double time;
};

/* The requests that took from..to, and where. */
struct latency_profile {
    double from, to, count;
    VECTOR(struct spent) spent;
};

struct profile {
    struct arena *arena;
    const char *program, *runtime, *started;
    double cores, executors, helpers, processes;
    double begin, seconds; /* begin: since 1970 */
    double sampled, cpu_seconds;
    VECTOR(struct node_profile) nodes;
    VECTOR(struct place_profile) places;
    VECTOR(struct choice_profile) choices;
    VECTOR(struct session_profile) sessions;
    VECTOR(struct constraint_profile) constraints;
    VECTOR(struct source_profile) sources;
    VECTOR(struct way_profile) ways;
    VECTOR(struct latency_profile) latency; /* ascending */
};

/* Reads it from a text. False: error says what is wrong with it, and where in it. */
bool profile_parse(struct profile *profile, struct arena *arena, const char *text, size_t size,
                   const char **error);

/* Adds another one of the same program, such as another process's. False: it is none. */
bool profile_add(struct profile *profile, const struct profile *other, const char **error);

/* Takes away what had been there before: the same process, earlier. */
void profile_subtract(struct profile *profile, const struct profile *before);

/* ---- sums ------------------------------------------------------------------------------------ */

double profile_requests(const struct profile *profile); /* flows, where no source has requests */
double profile_flows(const struct profile *profile);
double node_cpu(const struct node_profile *node);     /* of all calls */
double node_blocked(const struct node_profile *node); /* of all calls */
double profile_nodes_cpu(const struct profile *profile);
/* In nodes, on core and blocked, of all flows that took the way; of a source part on core alone. A
 * way of which there is no sample is taken to be as long as its nodes are elsewhere. */
double way_time(const struct profile *profile, const struct way_profile *way);
/* How long requests took. */
struct spread profile_latency(const struct profile *profile);
const struct node_profile *profile_node(const struct profile *profile, const char *name);

#endif
