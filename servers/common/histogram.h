/* histogram.h - how long things took: counts in classes that are a thirty-second of their value
 * wide (as HdrHistogram's are: G. Tene), so that any quantile is right to 1.6 %, however many
 * values there were. Nothing here is locked.
 *
 * Values are nanoseconds up to two hours, or microseconds up to a hundred days; what is above is in
 * the last class. Packed, it is a pair of class and count for each class that is not empty, which
 * is how it is kept in a database.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_CLASSES 1248 /* 32 below 32, then 32 for each power of two up to 2^43 */

/* Empty when it is all zeros. */
struct histogram {
    uint64_t count, most, sum;
    uint32_t classes[HISTOGRAM_CLASSES];
};

void histogram_add(struct histogram *histogram, uint64_t value);
/* Adds all that `other` holds. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The value that a share of all, 0.5 or 0.99, is not above; 0 where there are none. The largest
 * itself is exact, and nothing is above it: with few values a high share is the largest. */
uint64_t histogram_at(const struct histogram *histogram, double share);

/* Only the classes: returns the length, which is at most HISTOGRAM_PACKED. */
#define HISTOGRAM_PACKED (6 * HISTOGRAM_CLASSES)
size_t histogram_pack(const struct histogram *histogram, unsigned char packed[HISTOGRAM_PACKED]);
/* Adds the classes that have been packed, and how many values that is; whoever has kept them adds
 * to `sum` and `most`. False where this is nothing that could have been packed. */
bool histogram_unpack(struct histogram *histogram, const unsigned char *packed, size_t length);

#endif
