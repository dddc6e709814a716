#include "histogram.h"

#include <string.h>

#define CLASSES (1u << HISTOGRAM_FINE) /* in each power of two */

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

/* Small values have a class each; of others the highest bits count. */
static unsigned class_of(uint64_t value)
{
    if (value < CLASSES)
        return (unsigned)value;
    const unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_FINE;
    return ((shift + 1) << HISTOGRAM_FINE) + (unsigned)(value >> shift) - CLASSES;
}

/* The largest value of a class. */
static uint64_t top_of(unsigned number)
{
    if (number < CLASSES)
        return number;
    const unsigned shift = (number >> HISTOGRAM_FINE) - 1;
    return (((uint64_t)(number & (CLASSES - 1)) + CLASSES + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->classes[class_of(value)]++;
    histogram->count++;
    histogram->sum += value;
    if (value > histogram->most)
        histogram->most = value;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
    for (unsigned i = 0; i < HISTOGRAM_CLASSES; i++)
        histogram->classes[i] += other->classes[i];
    histogram->count += other->count;
    histogram->sum += other->sum;
    if (other->most > histogram->most)
        histogram->most = other->most;
}

uint64_t histogram_at(const struct histogram *histogram, double share)
{
    uint64_t rank = (uint64_t)(share * (double)histogram->count), below = 0;
    if ((double)rank < share * (double)histogram->count || rank == 0)
        rank++;
    for (unsigned i = 0; i < HISTOGRAM_CLASSES; i++) {
        below += histogram->classes[i];
        if (below >= rank && below > 0)
            return top_of(i) < histogram->most ? top_of(i) : histogram->most;
    }
    return histogram->most;
}
