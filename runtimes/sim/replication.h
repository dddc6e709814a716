/* replication.h - one run of a model, and what has been seen in it. */
#ifndef SIM_REPLICATION_H
#define SIM_REPLICATION_H

#include "model.h"
#include "statistics.h"

/* Integrals over time and counts. */
struct totals {
    double time;
    double requests;  /* in the system, integrated */
    double cpu;       /* cores that are used, likewise */
    double executors; /* seconds that workers or loops were occupied */
    double helpers, disks;
    uint64_t completed, lost, failed;
};

struct constraint_totals {
    double held;   /* seconds, by a writer or by any reader, of all its sessions together */
    double waited; /* seconds, of all flows */
    uint64_t taken;
};

struct node_totals {
    uint64_t calls, errors;
    double cpu, blocked; /* seconds, of calls */
};

#define SIM_PARTS 64 /* of what is stored of the beginning; the warm-up is some of them */

struct replication {
    struct sim_histogram response; /* of requests */
    struct totals totals;
    float *first; /* the response of each of the first requests, until replication_cut */
    uint32_t first_count, first_room;
    struct totals snapshots[SIM_PARTS + 1]; /* after each part of them */
    struct constraint_totals *constraints;
    struct node_totals *nodes;
    uint64_t events;
    double whole_time;                    /* what constraints and nodes have is of all of it */
    double end;                           /* when the last request was completed */
    double in_system_half, in_system_end; /* requests: what a growing queue is known by */
    bool flooded;                         /* ended early: more came than could be answered */
    const char *error;                    /* NULL: it has come to its end; static storage */
};

/* Runs until `requests` have been completed, or nothing is left to happen. `first`: the responses
 * of a part of them, the first, are stored, for a warm-up to be found. Several may run at a time.
 */
void replication_run(struct replication *to, const struct model *model, uint64_t seed,
                     uint32_t number, uint64_t requests, bool first);

/* Leaves out that many parts at the beginning. Once; nothing is stored any more then. */
void replication_cut(struct replication *replication, uint32_t parts);
void replication_free(struct replication *replication);

#endif
