/* experiment.h - a point: one machine under one load, in as many independent replications as it
 * takes, spread over the CPUs; and what can be said of it.
 */
#ifndef SIM_EXPERIMENT_H
#define SIM_EXPERIMENT_H

#include "replication.h"

struct effort {
    uint64_t seed, requests;    /* of each replication */
    unsigned replications;      /* at least */
    unsigned replications_most; /* where a precision is asked for */
    double precision;           /* half-width over mean, of mean and 99th percentile; 0: any */
    double confidence;
    unsigned jobs;
    bool cut; /* warm-up */
};

enum { P50, P90, P99, P999, QUANTILES };
extern const double quantile_shares[QUANTILES];

/* What calls of a node took, those that the warm-up had included. */
struct node_use {
    double calls;  /* for each request that was answered */
    double errors; /* of each call */
    double cpu,
        blocked; /* seconds of a core, and in waits that the node does not await; of each call */
};

struct point {
    struct sim_estimate throughput, response, quantiles[QUANTILES], requests, lost;
    double cores, executors, helpers, disks; /* utilisations, 0 to 1 */
    double *held;                            /* of each constraint: the share of time */
    double *waited;                          /* likewise: seconds for each time it was taken */
    struct node_use *nodes;
    const char *bottleneck; /* what is used most, and how much */
    double bottleneck_use;
    bool saturated; /* an open load that the machine is no match for: no steady state */
    double little;  /* requests in the system over throughput times response, less 1 */
    double warm_up; /* requests, on average */
    double end;     /* when the last request was completed, on average */
    uint64_t events, failed, completed;
    unsigned replications;
    const char *error; /* NULL: none */
};

/* tick: called now and then with the replications that are done, or NULL. */
void experiment_run(struct point *to, const struct model *model, const struct effort *effort,
                    void (*tick)(unsigned done, unsigned of));
void point_free(struct point *point);

#endif
