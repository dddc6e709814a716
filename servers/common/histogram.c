#include "histogram.h"

#define STEPS 32u /* of each power of two */
#define SHIFT 5u  /* its logarithm */

static unsigned class_of(uint64_t value)
{
    if (value < STEPS)
        return (unsigned)value;
    const unsigned power = 63 - (unsigned)__builtin_clzll(value) - SHIFT;
    const unsigned number = (power + 1) * STEPS + (unsigned)(value >> power) - STEPS;
    return number < HISTOGRAM_CLASSES ? number : HISTOGRAM_CLASSES - 1;
}

/* The middle of a class. */
static uint64_t value_of(unsigned number)
{
    if (number < STEPS)
        return number;
    const unsigned power = number / STEPS - 1;
    const uint64_t low = (uint64_t)(STEPS + number % STEPS) << power;
    return low + ((UINT64_C(1) << power) >> 1);
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
    const double exact = (double)histogram->count * share;
    uint64_t rank = (uint64_t)exact, below = 0;
    if ((double)rank < exact || rank == 0)
        rank++;
    for (unsigned i = 0; i < HISTOGRAM_CLASSES && rank < histogram->count; i++) {
        below += histogram->classes[i];
        if (below >= rank)
            return value_of(i) < histogram->most ? value_of(i) : histogram->most;
    }
    return histogram->most;
}

/* Little endian: two bytes of class, four of count. */
size_t histogram_pack(const struct histogram *histogram, unsigned char packed[HISTOGRAM_PACKED])
{
    size_t at = 0;
    for (unsigned i = 0; i < HISTOGRAM_CLASSES; i++) {
        const uint32_t count = histogram->classes[i];
        if (count == 0)
            continue;
        packed[at++] = (unsigned char)i;
        packed[at++] = (unsigned char)(i >> 8);
        for (unsigned shift = 0; shift < 32; shift += 8)
            packed[at++] = (unsigned char)(count >> shift);
    }
    return at;
}

bool histogram_unpack(struct histogram *histogram, const unsigned char *packed, size_t length)
{
    if (length % 6 != 0)
        return false;
    for (size_t at = 0; at < length; at += 6) {
        const unsigned number = packed[at] | (unsigned)packed[at + 1] << 8;
        uint32_t count = 0;
        if (number >= HISTOGRAM_CLASSES)
            return false;
        for (unsigned i = 0; i < 4; i++)
            count |= (uint32_t)packed[at + 2 + i] << 8 * i;
        histogram->count += count;
        histogram->classes[number] += count;
    }
    return true;
}
