#include "times.h"

#include <stdlib.h>

unsigned fluxi_part_of(uint64_t value, unsigned parts)
{
    if (value < parts)
        return (unsigned)value;
    /* value = 1.mantissa * 2^shift * parts */
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - (unsigned)__builtin_ctz(parts);
    return (shift + 1) * parts + (unsigned)((value >> shift) - parts);
}

uint64_t fluxi_part_begin(unsigned part, unsigned parts)
{
    unsigned octave = part / parts;
    if (octave == 0)
        return part;
    return (uint64_t)(part % parts + parts) << (octave - 1);
}

static atomic_ullong *octave_at(struct fluxi_times *times, unsigned octave)
{
    atomic_ullong *counts = atomic_load_explicit(&times->octaves[octave], memory_order_acquire);
    atomic_ullong *none = NULL;
    if (counts != NULL)
        return counts;
    counts = calloc(FLUXI_PARTS, sizeof *counts);
    if (counts != NULL && !atomic_compare_exchange_strong(&times->octaves[octave], &none, counts)) {
        free(counts);
        counts = none;
    }
    return counts;
}

bool fluxi_times_add(struct fluxi_times *times, uint64_t value, uint64_t weight)
{
    unsigned part = fluxi_part_of(value, FLUXI_PARTS);
    atomic_ullong *counts = octave_at(times, part / FLUXI_PARTS);
    if (counts != NULL)
        atomic_fetch_add_explicit(&counts[part % FLUXI_PARTS], weight, memory_order_relaxed);
    return counts != NULL;
}

void fluxi_times_each(struct fluxi_times *times,
                      void (*each)(void *context, unsigned part, uint64_t count), void *context)
{
    for (unsigned o = 0; times != NULL && o < FLUXI_OCTAVES; o++) {
        atomic_ullong *counts = atomic_load_explicit(&times->octaves[o], memory_order_acquire);
        for (unsigned i = 0; counts != NULL && i < FLUXI_PARTS; i++) {
            uint64_t count = atomic_load_explicit(&counts[i], memory_order_relaxed);
            if (count > 0)
                each(context, o * FLUXI_PARTS + i, count);
        }
    }
}

void fluxi_times_free(struct fluxi_times *times)
{
    for (unsigned o = 0; times != NULL && o < FLUXI_OCTAVES; o++)
        free(atomic_exchange(&times->octaves[o], NULL));
}
