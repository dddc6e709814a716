/* statistics.h - what replications have measured, and how sure one can be of it. */
#ifndef SIM_STATISTICS_H
#define SIM_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ---- a histogram of times -------------------------------------------------------------------- */

/* Log-linear: 128 buckets for each power of two, from 2^-40 s (a picosecond) to 2^23 s (97 days),
 * so that a bucket is at most 0.8 % wide; within one, values are taken to be spread evenly. */
#define SIM_OCTAVE_BITS 7
#define SIM_OCTAVES     63
#define SIM_BUCKETS     (SIM_OCTAVES << SIM_OCTAVE_BITS)
#define SIM_FIRST_EXP   (1023 - 40)

struct sim_histogram {
    uint64_t count, zeros;
    double sum, most;
    uint32_t buckets[SIM_BUCKETS];
};

static inline void sim_histogram_add(struct sim_histogram *histogram, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t index =
        (bits >> (52 - SIM_OCTAVE_BITS)) - ((uint64_t)SIM_FIRST_EXP << SIM_OCTAVE_BITS);
    histogram->count++;
    histogram->sum += value;
    if (value > histogram->most)
        histogram->most = value;
    if (__builtin_expect(index < SIM_BUCKETS, 1))
        histogram->buckets[index]++;
    else if (value < 1)
        histogram->zeros++;
    else
        histogram->buckets[SIM_BUCKETS - 1]++;
}

/* The value below which the share of them is. */
double sim_histogram_quantile(const struct sim_histogram *histogram, double share);

/* How many of them are below. */
double sim_histogram_below(const struct sim_histogram *histogram, double value);

/* ---- warm-up --------------------------------------------------------------------------------- */

/* How many values at the beginning are better left out: MSER-5 (White, Cobb, Spratt, "A comparison
 * of five steady-state truncation heuristics for simulation", WSC 2000): of all cuts of batches of
 * five in the first half, the one after which the mean's standard error is least. Values are to be
 * means over several replications: of a single one it would rather leave out what is large by
 * chance, and bias the rest. */
uint32_t sim_mser5(const double *values, uint32_t count);

/* ---- intervals ------------------------------------------------------------------------------- */

struct sim_estimate {
    double mean, half_width; /* half_width: NaN with fewer than two values */
};

/* Of independent values, by Student's distribution. confidence: 0.95. */
struct sim_estimate sim_estimate(const double *values, unsigned count, double confidence);

#endif
