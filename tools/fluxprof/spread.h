/* spread.h - counts by size, as a profile has them: [from, to, count], ascending. What lies in a
 * part of one is taken to be spread evenly over it. */
#ifndef SPREAD_H
#define SPREAD_H

#include "arena.h"

struct part {
    double from, to, count;
};

struct spread {
    VECTOR(struct part) parts;
};

/* Adds another one, `times` over (-1: subtracts; what becomes negative is left out). */
void spread_add(struct arena *arena, struct spread *histogram, const struct spread *other,
                double times);

double spread_count(const struct spread *histogram);
/* Of an empty one: 0. */
double spread_mean(const struct spread *histogram);
/* The squared coefficient of variation: 1 for exponential times, 0 for constant ones. */
double spread_variation(const struct spread *histogram);
/* Below which lies this share (0 to 1). */
double spread_quantile(const struct spread *histogram, double share);

#endif
