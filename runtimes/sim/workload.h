/* workload.h - when requests come: one library for the simulator and the load generator, so that
 * the same text and the same seed mean the same arrivals for both.
 *
 *      open:poisson:R          R requests a second, whatever becomes of them
 *      open:const:R            the same, evenly spaced
 *      closed:N,Z              N clients; each asks anew after a pause of Z, from the last answer
 *      partly:R,P,Z            R sessions begin in a second; each asks again with probability P, a
 *                              pause of Z after the last answer
 *      trace:FILE[,xSPEED]     at the times of its lines; twice as fast: x2
 *
 * A line of a trace is a time in seconds and perhaps what is asked for then ("0.25 /index.html"),
 * or one of the Common Log Format; what a log has within one second is spread over it evenly.
 *
 * Z is a distribution (distribution.h); a mere time is the mean of an exponential one.
 */
#ifndef SIM_WORKLOAD_H
#define SIM_WORKLOAD_H

#include "distribution.h"

#define WORKLOAD_CLIENTS_MOST 1e7

#include <stddef.h>

enum workload_kind {
    WORKLOAD_NONE,
    WORKLOAD_POISSON,
    WORKLOAD_CONSTANT,
    WORKLOAD_CLOSED,
    WORKLOAD_PARTLY,
    WORKLOAD_TRACE
};

struct workload {
    enum workload_kind kind;
    double rate;    /* of requests, or of sessions, in a second */
    double clients; /* whole */
    double again;   /* the probability of another request */
    struct sim_distribution pause;
    double *times;  /* of a trace, in order, from 0 on */
    char **targets; /* of a trace: what is asked for at these times, or NULL */
    size_t time_count;
};

/* Returns NULL, or what is wrong, in static storage. */
const char *workload_parse(struct workload *to, const char *text);
void workload_free(struct workload *workload);

/* Open: there is no feedback from answers to arrivals, so that load can exceed capacity. */
bool workload_is_open(const struct workload *workload);

/* Another rate or number of clients; a trace: another speed. */
void workload_scale(struct workload *workload, double rate);

/* The arrivals from outside, one after another. */
struct arrivals {
    const struct workload *workload;
    struct sim_random random;
    double time; /* of the last one */
    size_t count;
};

/* Those of two sources have nothing to do with each other. */
void arrivals_start(struct arrivals *arrivals, const struct workload *workload, uint64_t seed,
                    uint32_t replication, uint32_t source);

/* The next one, in seconds from the start; a negative number: there is none. Of a closed workload
 * all clients come at time 0. */
double arrivals_next(struct arrivals *arrivals);

/* The times of the first `count`, a line each, on standard output. */
void arrivals_print(const struct workload *workload, uint64_t seed, unsigned count);

#endif
