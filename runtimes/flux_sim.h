/* flux_sim.h - what `fluxc --emit=sim` and the simulator agree on: a program as tables.
 *
 * They are PROG (fluxc/prog.h) without what moves values and without bodies of nodes: which node is
 * called when, what is held meanwhile, where control goes on. `next` and `other` skip all steps
 * that take no time and decide nothing.
 */
#ifndef FLUX_SIM_H
#define FLUX_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLUX_SIM_VERSION 2

enum flux_sim_op {
    FLUX_SIM_CALL,   /* node `what`; it fails: other */
    FLUX_SIM_ARM,    /* next where arm `arm` of node `what` has been chosen, else other; the first
                        of a dispatch chooses */
    FLUX_SIM_REPEAT, /* next where node `what` has another turn, else other; likewise */
    FLUX_SIM_TAKE,   /* constraint `what` */
    FLUX_SIM_GIVE,
    FLUX_SIM_AWAIT, /* node `what` awaits; other: it is given up */
    FLUX_SIM_BLOCK, /* to a helper, where the runtime has any */
    FLUX_SIM_UNBLOCK,
    FLUX_SIM_TURN,  /* others may run; on at next */
    FLUX_SIM_JOIN,  /* the session of the flow */
    FLUX_SIM_BORN,  /* the source part is over */
    FLUX_SIM_LEAVE, /* no flow after all */
    FLUX_SIM_LOST,  /* an error that nobody handles */
    FLUX_SIM_END
};

struct flux_sim_step {
    uint8_t op;
    bool first : 1; /* arm, repeat: the first test of the dispatch */
    bool write : 1; /* take, give */
    bool idle : 1;  /* await: where a request on a connection begins */
    uint16_t arm;   /* from 0 */
    uint32_t next, other, what;
};

struct flux_sim_node {
    const char *name;
    bool blocking, repeats;
    unsigned arms; /* of a dispatch; 0: none */
};

struct flux_sim_constraint {
    const char *name;
    bool session; /* one for each session */
};

struct flux_sim_source {
    const char *name;
    uint64_t period; /* ns, of a clock; 0: none */
    bool session;    /* its flows belong to sessions */
    const struct flux_sim_step *steps;
    unsigned step_count;
};

struct flux_sim_program {
    const char *name;
    const struct flux_sim_node *nodes;
    unsigned node_count;
    const struct flux_sim_constraint *constraints;
    unsigned constraint_count;
    const struct flux_sim_source *sources;
    unsigned source_count;
};

/* Defined by the emitted file; `main` is the library's. */
extern const struct flux_sim_program flux_sim_program;
extern const unsigned flux_sim_version;

#endif
