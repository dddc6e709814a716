/* replication.h - one run of a model, and what has been seen in it. */
#ifndef SIM_REPLICATION_H
#define SIM_REPLICATION_H

#include "model.h"
#include "statistics.h"

/* Integrals over time and counts, from the end of the warm-up on. */
struct totals {
    double time;
    double requests;     /* in the system, integrated */
    double cpu;          /* core seconds used */
    double executors;    /* seconds that workers or loops were occupied */
    double helpers, disks;
    uint64_t completed, lost, failed, missed;
};

struct constraint_totals {
    double held;   /* seconds, by a writer or by any reader, of all its sessions together */
    double waited; /* seconds, of all flows */
    uint64_t taken, waits;
};

struct node_totals {
    uint64_t calls, errors;
    double cpu, blocked; /* seconds, of calls */
};

struct replication {
    struct sim_histogram response; /* of requests that were completed after the warm-up */
    struct totals totals;
    struct constraint_totals *constraints;
    struct node_totals *nodes;
    uint64_t events;
    uint32_t warm_up; /* requests */
    double warm_up_time;
    double whole_time; /* what constraints and nodes have is of all of it */
    double end;                  /* when the last request was completed */
    double in_system_half, in_system_end; /* requests: what a growing queue is known by */
    const char *error;           /* NULL: it has come to its end; static storage */
};

/* Runs until `requests` have been completed after the warm-up, or nothing is left to happen.
 * `cut`: the warm-up is looked for and left out. Several may run at a time. */
void replication_run(struct replication *to, const struct model *model, uint64_t seed,
                     uint32_t number, uint64_t requests, bool cut);
void replication_free(struct replication *replication);

#endif
