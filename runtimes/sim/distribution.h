/* distribution.h - how long something takes, as a text and as samples.
 *
 *      10us  0.5  2s                   always that; a number alone is seconds
 *      exp:10us                        exponential, of that mean
 *      uniform:1ms,2ms
 *      erlang:4,10ms                   the sum of 4 exponentials, of mean 10 ms in all
 *      hyper:0.95*1ms,0.05*20ms        exponential, of one of these means with its probability
 *      lognormal:10ms,2                of that mean and that coefficient of variation
 *      pareto:1ms,2.5                  from 1 ms on, with that exponent
 *      histogram:0.9*1ms,0.1*5ms       one of these values
 *      histogram:0.9*1ms..2ms,...      or between two, uniformly
 *
 * Units: ns us ms s min.
 */
#ifndef SIM_DISTRIBUTION_H
#define SIM_DISTRIBUTION_H

#include "random.h"

#include <stdbool.h>
#include <stddef.h>

enum sim_shape {
    SIM_CONSTANT,
    SIM_EXPONENTIAL,
    SIM_UNIFORM,
    SIM_ERLANG,
    SIM_HYPER,
    SIM_LOGNORMAL,
    SIM_PARETO,
    SIM_HISTOGRAM
};

/* An entry of an alias table (Walker 1977; Vose 1991): equally likely, and then itself with
 * `keep`, else another. */
struct sim_part {
    double low, high; /* seconds; hyper: low is the mean */
    double weight, keep;
    unsigned other;
};

struct sim_distribution {
    enum sim_shape shape;
    double a, b;  /* seconds, or what the shape has */
    double scale; /* what-if factor */
    struct sim_part *parts;
    unsigned part_count;
};

/* Returns NULL, or what is wrong with the text, in static storage. sim_distribution_free it. */
const char *sim_distribution_parse(struct sim_distribution *to, const char *text);

/* Histogram of `count` parts whose low, high and weight are set; takes them over. False: no memory,
 * or no weight. */
bool sim_distribution_histogram(struct sim_distribution *to, struct sim_part *parts,
                                unsigned count);
void sim_distribution_free(struct sim_distribution *distribution);

double sim_distribution_mean(const struct sim_distribution *distribution); /* seconds */
bool sim_distribution_is_zero(const struct sim_distribution *distribution);

double sim_distribution_other(const struct sim_distribution *distribution,
                              struct sim_random *random);

static inline double sim_distribution_draw(const struct sim_distribution *distribution,
                                           struct sim_random *random)
{
    if (distribution->shape == SIM_EXPONENTIAL)
        return distribution->a * sim_random_exponential(random) * distribution->scale;
    if (distribution->shape == SIM_CONSTANT)
        return distribution->a * distribution->scale;
    return sim_distribution_other(distribution, random) * distribution->scale;
}

/* strtod, but for "1..2", of which the number is 1. */
double sim_number(const char *text, char **end);

/* "10us" to seconds; *rest: what follows. False: not a time. */
#define SIM_TIME_MOST 1e9 /* seconds: beyond, sums of times lose their fractions */

bool sim_time_parse(const char *text, double *seconds, const char **rest);

/* "1.23 ms", of four digits, in `to`; 24 bytes are enough. */
const char *sim_time_text(double seconds, char *to, size_t room);

#endif
