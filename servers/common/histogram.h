/* histogram.h - how long things took: counts in classes that are a thirty-second of their value
 * wide, so that any percentile is known to 3 %, however many values there were (as HdrHistogram
 * does). Nothing here is locked.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_FINE    5 /* bits of a value that count, below its highest */
#define HISTOGRAM_CLASSES ((64 - HISTOGRAM_FINE + 1) << HISTOGRAM_FINE)

struct histogram {
    uint64_t count, most, sum;
    uint32_t classes[HISTOGRAM_CLASSES];
};

void histogram_clear(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t value);
/* Adds all that `other` holds. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The value that `share` of all values do not exceed, 0.5: the median; at least one value does not,
 * so with few values a high share is the largest. Rounded up within its class, 0 when there are
 * none. */
uint64_t histogram_at(const struct histogram *histogram, double share);

#endif
