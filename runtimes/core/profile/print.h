/* print.h - what print.c and print_ways.c share: one profile on its way to a stream. */
#ifndef FLUXI_PRINT_H
#define FLUXI_PRINT_H

#include "json.h"
#include "ways.h"

struct printing {
    struct fluxi_json json;
    struct fluxi_tally tally;
    uint64_t *parts; /* of a histogram that is added up */
    double node_ns;  /* what all nodes have taken of cores */
    struct whereabouts {
        unsigned source;
        bool before;   /* in its source part, which waits for what is to come */
        unsigned next; /* place of the same node; NOWHERE: none */
    } * whereabouts;   /* by place */
    unsigned *first;   /* by node: its first place */
};

/* The node at a place, or "-". */
static inline const char *fluxi_place_name(uint32_t place)
{
    return place != FLUX_PROFILE_NONE ? flux_program.profile->places[place].node->name : "-";
}

static inline double fluxi_share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

void fluxi_print_ways(struct printing *printing);

#endif
