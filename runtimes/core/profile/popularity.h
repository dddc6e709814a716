/* popularity.h - which sessions have how many flows, of each source that has sessions (R17). */
#ifndef FLUXI_POPULARITY_H
#define FLUXI_POPULARITY_H

#include <stdint.h>

void fluxi_popular(unsigned source, uint64_t session);

#define FLUXI_POPULAR_MOST 1024u

/* The flows of the most popular sessions, at most FLUXI_POPULAR_MOST, descending; returns of how
 * many. flows: all. sessions: about how many there have been; exact up to FLUXI_POPULAR_MOST. */
unsigned fluxi_popular_most(unsigned source, uint64_t *most, uint64_t *flows, uint64_t *sessions);

/* The exponent of Zipf's law by which the first `count` of all sessions have that share. */
double fluxi_popular_exponent(uint64_t sessions, unsigned count, double share);

int fluxi_popular_start(void); /* 0 or ENOMEM */
void fluxi_popular_free(void);

#endif
