/* model.h - what is simulated: the program's tables, how long things take, and on what machine.
 *
 * Made once and read by all replications.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "../flux_sim.h"
#include "distribution.h"
#include "workload.h"

#include <limits.h>

struct node_times {
    struct sim_distribution cpu;      /* on a core */
    struct sim_distribution cpu_idle; /* likewise, of a flow whose executor had nothing to do */
    struct sim_distribution blocked;  /* in a call, without one */
    struct sim_distribution disk;     /* at the disks, without one */
    struct sim_distribution await;    /* until what it awaits is there */
    double error;                     /* the probability that it fails */
    double again;                     /* of a repeat: of another turn */
    double *arms; /* of a dispatch: of each arm or one before it; NULL: the last */
    bool has_cpu, has_cpu_idle, has_blocked, has_disk, has_await;
};

/* Which session a flow belongs to: the k-th of `count` with a probability as 1 / k^exponent. */
struct popularity {
    unsigned count;
    double exponent;
    struct sim_distribution table; /* of `count` parts, the number in `low` */
};

enum machine_kind { MACHINE_THREAD, MACHINE_POOL, MACHINE_EVENT };

#define UNBOUNDED UINT_MAX

struct machine {
    enum machine_kind kind;
    unsigned cores;
    double quantum;   /* seconds; 0: cores are shared ideally; INFINITY: nobody is interrupted */
    unsigned threads; /* of a pool; of `thread` the limit */
    unsigned loops, helpers;
    bool shortest;  /* executors take the flow whose next computation is shortest, not the first */
    unsigned disks; /* UNBOUNDED: nobody waits for one */
    unsigned backlog;     /* flows that wait to be admitted; what comes beyond is lost */
    unsigned max_flows;   /* admitted at a time */
    unsigned connections; /* of clients, at most; UNBOUNDED: as many as it takes */
    double speed;         /* of a core; 1: the one that was measured */
    double dispatch;      /* CPU seconds when a flow begins to run or goes on */
    double wake;          /* what an await costs beyond that */
    double hand_off;      /* to a helper, and back */
};

struct model {
    const struct flux_sim_program *program;
    struct node_times *nodes;      /* by number of the node */
    struct popularity *popularity; /* by number of the source */
    struct workload *workloads;    /* likewise */
    bool *has_connections; /* likewise: requests come on connections that stay (idle awaits) */
    bool **ends_request;   /* likewise, by number of the step: a turn after which the next
                              request is waited for */
    bool has_blocking;     /* nodes, so that helpers are something to reckon with */
    bool measured;         /* the profile is a program's own */
    struct machine machine;
};

/* Everything takes no time, arms are equally likely, nothing is repeated. False: no memory. */
bool model_make(struct model *model, const struct flux_sim_program *program);
void model_free(struct model *model);

/* Before it is run, and after the last change: what follows from the rest. False: no memory. */
bool model_settle(struct model *model);

/* From here on: NULL, or what is wrong, in static storage. */

/* Reads a profile (docs/simulator.md). */
const char *profile_read(struct model *model, const char *file);

/* "Compress:x0.5", "Compress:exp:2ms": a factor for all times of a node, or the time on a core. */
const char *model_set_node(struct model *model, const char *text);

/* "Handler:1=0.9": the probability of the arm, counted from 0; the others share the rest. "N=0.9":
 * that N has another turn. */
const char *model_set_arm(struct model *model, const char *text);

/* "1000" or "zipf:1000,0.8": how many sessions there are. */
const char *popularity_parse(struct popularity *to, const char *text);

/* "25%" or "0.25", which ends the text. */
bool probability_parse(const char *text, double *to);

/* The index; -1: there is none of that name. */
int model_node(const struct model *model, const char *name, size_t length);
int model_source(const struct model *model, const char *name, size_t length);

#endif
