#include "statistics.h"

#include <math.h>

static double bucket_begin(uint64_t index)
{
    uint64_t bits = (index + ((uint64_t)SIM_FIRST_EXP << SIM_OCTAVE_BITS))
                    << (52 - SIM_OCTAVE_BITS);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double sim_histogram_quantile(const struct sim_histogram *histogram, double share)
{
    double wanted = share * (double)histogram->count, seen = (double)histogram->zeros;
    if (wanted <= seen)
        return 0;
    for (uint64_t i = 0; i < SIM_BUCKETS; i++) {
        double here = histogram->buckets[i];
        if (here > 0 && seen + here >= wanted) {
            double low = bucket_begin(i), high = bucket_begin(i + 1);
            double value = low + (high - low) * (wanted - seen) / here;
            return value < histogram->most ? value : histogram->most;
        }
        seen += here;
    }
    return histogram->most;
}

double sim_histogram_below(const struct sim_histogram *histogram, double value)
{
    double seen = (double)histogram->zeros;
    for (uint64_t i = 0; i < SIM_BUCKETS; i++) {
        double low = bucket_begin(i), high = bucket_begin(i + 1);
        if (high > value)
            return value > low ? seen + histogram->buckets[i] * (value - low) / (high - low) : seen;
        seen += histogram->buckets[i];
    }
    return seen;
}

uint32_t sim_mser5(const double *values, uint32_t count)
{
    uint32_t batches = count / 5, best = 0;
    double sum = 0, squares = 0, least = INFINITY;
    for (uint32_t left = batches; left-- > 0;) { /* from the end: sums of what remains */
        double mean = 0;
        for (uint32_t k = 0; k < 5; k++)
            mean += values[5 * left + k] / 5;
        sum += mean;
        squares += mean * mean;
        double n = batches - left;
        double error = (squares - sum * sum / n) / (n * n);
        if (left <= batches / 2 && error <= least) {
            least = error;
            best = left;
        }
    }
    return 5 * best;
}

/* ---- Student's distribution ------------------------------------------------------------------ */

/* The regularised incomplete beta function by its continued fraction (Lentz; Press et al.,
 * "Numerical Recipes", section 6.4, has the derivation). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double result = d;
    for (int m = 1; m < 300; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double steps[] = {even, odd}, factor = 1;
        for (int k = 0; k < 2; k++) {
            d = 1 + steps[k] * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + steps[k] / c;
            c = fabs(c) < tiny ? tiny : c;
            factor = c * d;
            result *= factor;
        }
        if (fabs(factor - 1) < 1e-14)
            break;
    }
    return result;
}

static double beta(double a, double b, double x)
{
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* Where Student's distribution has `outside` beyond it on both sides together. */
static double student(double degrees, double outside)
{
    double low = 0, high = 1e4;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        if (beta(degrees / 2, 0.5, degrees / (degrees + middle * middle)) > outside)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

struct sim_estimate sim_estimate(const double *values, unsigned count, double confidence)
{
    double mean = 0, squares = 0;
    for (unsigned i = 0; i < count; i++)
        mean += values[i] / count;
    for (unsigned i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    if (count < 2)
        return (struct sim_estimate){mean, NAN};
    double error = sqrt(squares / (count - 1.0) / count);
    return (struct sim_estimate){mean,
                                 error > 0 ? error * student(count - 1.0, 1 - confidence) : 0};
}
