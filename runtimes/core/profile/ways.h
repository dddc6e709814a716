/* ways.h - the ways that flows have taken, and how often (ways.c); what is in a way (tally.c). */
#ifndef FLUXI_WAYS_H
#define FLUXI_WAYS_H

#include "flux_profile.h"

/* A way of one shard. Counters only grow; all are relaxed. */
struct fluxi_way {
    struct fluxi_way *next; /* in its bucket */
    uint64_t number;
    unsigned source; /* in flux_program.sources */
    atomic_ullong count;
    atomic_ullong sampled;              /* weighted */
    atomic_ullong cpu, blocked, waited; /* ns in all of these */
};

/* The way of that number in the calling thread's shard; NULL: no memory. */
struct fluxi_way *fluxi_way_find(unsigned source, uint64_t number);

/* A way, counted over all shards. */
struct fluxi_way_sum {
    unsigned source;
    uint64_t number, count, sampled, cpu, blocked, waited;
};

/* All, in order of source and number, to be freed. Returns 0 or ENOMEM. */
int fluxi_ways_sum(struct fluxi_way_sum **sums, size_t *count);

/* Of a source: ways that ended for which there was no memory. */
uint64_t fluxi_ways_unknown(unsigned source);

int fluxi_ways_start(void); /* before any flow; 0 or ENOMEM */
void fluxi_ways_free(void);

/* The shard of the calling thread, from 0. */
#define FLUXI_SHARDS 16u
unsigned fluxi_shard(void);

/* ---- what is in them ------------------------------------------------------------------------- */

/* Calls `step` for each step of a way, with whether it was left by its edge `other`. Returns where
 * it began. */
const struct flux_profile_begin *
fluxi_way_walk(const struct flux_profile_source *source, uint64_t number,
               void (*step)(void *context, uint32_t index, bool other), void *context);

struct fluxi_place_tally {
    uint64_t calls, errors, awaits, in_vain;
};

struct fluxi_node_tally {
    uint64_t again, no_other; /* turns of its `repeat` */
    uint64_t *arms;           /* one for each, and one for none */
};

struct fluxi_source_tally {
    uint64_t begun[4];            /* ways, by enum flux_profile_start */
    uint64_t born, failed, ended; /* ways that ended so */
    uint64_t requests;            /* that idle awaits have brought */
};

/* What follows from all ways. */
struct fluxi_tally {
    struct fluxi_way_sum *ways;
    size_t way_count;
    struct fluxi_place_tally *places;
    struct fluxi_node_tally *nodes;
    struct fluxi_source_tally *sources;
    uint64_t *taken; /* by rank of constraint */
    uint64_t *arms;  /* memory of all nodes' */
};

/* Returns 0 or ENOMEM, and then there is nothing to be freed. */
int fluxi_tally_make(struct fluxi_tally *tally);
void fluxi_tally_free(struct fluxi_tally *tally);

#endif
