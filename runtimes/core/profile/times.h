/* times.h - how long things took: log-linear histograms of nanoseconds, 64 parts to a factor of
 * two, so that no value is off by more than 0.8 %. Counts are weights of samples. */
#ifndef FLUXI_TIMES_H
#define FLUXI_TIMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FLUXI_PARTS   64u
#define FLUXI_OCTAVES 59u /* values below 64 have a part each, in the first one */

/* Zero when empty. Parts of a factor of two are made when a value first comes there. */
struct fluxi_times {
    _Atomic(atomic_ullong *) octaves[FLUXI_OCTAVES];
};

/* The part of a value, counted from 0, where a factor of two has `parts` (a power of two). */
unsigned fluxi_part_of(uint64_t value, unsigned parts);
/* The smallest value of a part; part + 1: one more than its largest. */
uint64_t fluxi_part_begin(unsigned part, unsigned parts);

/* False: no memory, and not counted. */
bool fluxi_times_add(struct fluxi_times *times, uint64_t value, uint64_t weight);

/* Calls `each` for every part with a count, ascending. times: NULL is an empty one. */
void fluxi_times_each(struct fluxi_times *times,
                      void (*each)(void *context, unsigned part, uint64_t count), void *context);
void fluxi_times_free(struct fluxi_times *times);

#endif
