/* figures.h - what the books say, once all is over. */
#ifndef FIGURES_H
#define FIGURES_H

#include "sim/statistics.h"

#include <stddef.h>

#define FIGURES_CONFIDENCE 0.95

enum { SHARES = 4 };
extern const double figures_shares[SHARES];
extern const char *const figures_names[SHARES]; /* in CSV and JSON, as the simulator has them */

struct figures {
    double load; /* a second, or clients */
    double time; /* seconds that were measured */
    /* Over all; the half-widths from the differences of batches, NAN where these are too few. */
    struct sim_estimate throughput, mean, quantiles[SHARES];
    double requests; /* that were under way, on average */
    double lost;     /* share of what was planned */
    double cpu;      /* of the generator, share of what its loops could have used */
    uint64_t failed; /* no answer, or one of 4xx or 5xx */
    bool saturated;
};

void figures_make(struct figures *to);

/* NULL, or how the generator has disturbed what it measured; in static storage. */
const char *figures_disturbed(const struct figures *figures);

#endif
