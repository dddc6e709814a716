/* pace.c - how many requests are watched: so many that watching takes a quarter of a percent of the
 * time of one core.
 *
 * Time fills a bucket with what may be spent, and watching empties it. The fuller it is, the more
 * requests are watched: all while it is full, one in 2^24 when it is empty, and between these each
 * twenty-fourth part less is half as many. So the share is kept however many requests come, a
 * change of load is followed within a second or so, and what a quiet time leaves is there for the
 * crowd that follows it. (Were a share kept from moment to moment, crowds would hardly be seen.)
 */
#include "watched.h"

#include "core.h"

#define SHARE    400u      /* one part in so many of the time */
#define CAPACITY 20000000u /* ns of core */
#define RANGE    24u       /* factors of two */
#define ALL      (UINT64_C(1) << 32)

_Atomic uint64_t fluxi_pace = ALL;

static atomic_ullong spent; /* and not taken from the bucket yet */
static atomic_ullong total;
static atomic_flag adjusting = ATOMIC_FLAG_INIT;

/* Of whoever adjusts. */
static uint64_t level;  /* ns of core */
static uint64_t filled; /* when */

/* 2^(32 - RANGE * (1 - level / CAPACITY)), linear between powers of two. */
static uint64_t pace_at(uint64_t ns)
{
    uint64_t exponent = ((32 - RANGE) << 16) + ns * (RANGE << 16) / CAPACITY;
    return ((UINT64_C(1) << 16) + exponent % (1u << 16)) << (exponent >> 16) >> 16;
}

static void adjust(void)
{
    uint64_t now = flux_now(), cost = atomic_exchange(&spent, 0);
    uint64_t gained = now > filled ? (now - filled) / SHARE : 0;
    filled = now > filled ? now - (now - filled) % SHARE : filled;
    level = level + gained < CAPACITY ? level + gained : CAPACITY;
    level = level > cost ? level - cost : 0;
    /* One in a whole number, as samples count whole times. */
    uint64_t pace = pace_at(level), number = (ALL + pace / 2) / pace;
    atomic_store_explicit(&fluxi_pace, ALL / number, memory_order_relaxed);
}

void fluxi_pace_spent(uint64_t cost)
{
    atomic_fetch_add_explicit(&total, cost, memory_order_relaxed);
    atomic_fetch_add_explicit(&spent, cost, memory_order_relaxed);
    if (atomic_flag_test_and_set_explicit(&adjusting, memory_order_acquire))
        return;
    adjust();
    atomic_flag_clear_explicit(&adjusting, memory_order_release);
}

uint64_t fluxi_pace_cost(void)
{
    return atomic_load_explicit(&total, memory_order_relaxed);
}

void fluxi_pace_start(void)
{
    level = CAPACITY;
    filled = flux_now();
}
