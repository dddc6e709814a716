/* pace.c - how many requests are watched: so many that watching takes half a percent of the time of
 * one core.
 *
 * Whoever is done with a request adds what it has cost. Where a period is over, or the costs of one
 * have been spent before, one in so many more or fewer is watched from then on. So a program that
 * starts under full load spends 100 us before it is known, and each time it gets busier likewise.
 */
#include "watched.h"

#include "core.h"

#define PERIOD    20000000u /* ns */
#define SHARE     200u      /* one part in so many of the time */
#define STEP      16u       /* at most so much more or less at once */
#define MOST_RARE (UINT64_C(1) << 22)
#define ALL       (UINT64_C(1) << 32)

_Atomic uint64_t fluxi_pace = ALL;

static atomic_ullong spent; /* in this period */
static atomic_ullong total;
static _Atomic uint64_t begun;
static atomic_flag adjusting = ATOMIC_FLAG_INIT;

static void adjust(uint64_t now)
{
    uint64_t elapsed = now - atomic_load(&begun), cost = atomic_exchange(&spent, 0);
    double rate = (double)cost * SHARE / (double)(elapsed > 0 ? elapsed : 1);
    if (rate > STEP)
        rate = STEP;
    if (rate < 1.0 / STEP)
        rate = 1.0 / STEP;
    double next = (double)atomic_load(&fluxi_pace) / rate;
    next = next > (double)ALL                 ? (double)ALL
           : next < (double)(ALL / MOST_RARE) ? (double)(ALL / MOST_RARE)
                                              : next;
    atomic_store(&begun, now);
    atomic_store(&fluxi_pace, (uint64_t)next);
}

void fluxi_pace_spent(uint64_t cost)
{
    uint64_t sum = atomic_fetch_add_explicit(&spent, cost, memory_order_relaxed) + cost;
    uint64_t now = flux_now();
    atomic_fetch_add_explicit(&total, cost, memory_order_relaxed);
    if (sum < PERIOD / SHARE && now - atomic_load_explicit(&begun, memory_order_relaxed) < PERIOD)
        return;
    if (atomic_flag_test_and_set(&adjusting))
        return;
    adjust(now);
    atomic_flag_clear(&adjusting);
}

uint64_t fluxi_pace_cost(void)
{
    return atomic_load_explicit(&total, memory_order_relaxed);
}

void fluxi_pace_start(void)
{
    atomic_store(&begun, flux_now());
}
