/* histogram.h - counts by size, as a profile has them: [from, to, count], ascending. What lies in a
 * part of one is taken to be spread evenly over it. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include "arena.h"

struct part {
    double from, to, count;
};

struct histogram {
    VECTOR(struct part) parts;
};

/* Adds another one, `times` over (-1: subtracts; what becomes negative is left out). */
void histogram_add(struct arena *arena, struct histogram *histogram, const struct histogram *other,
                   double times);

double histogram_count(const struct histogram *histogram);
/* Of an empty one: 0. */
double histogram_mean(const struct histogram *histogram);
/* The squared coefficient of variation: 1 for exponential times, 0 for constant ones. */
double histogram_variation(const struct histogram *histogram);
/* Below which lies this share (0 to 1). */
double histogram_quantile(const struct histogram *histogram, double share);

#endif
