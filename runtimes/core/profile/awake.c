/* awake.c - whether a request finds the server asleep.
 *
 * That its thread has slept says little: threads that take turns on a core sleep in between. Nobody
 * may be awake, and the last one must have fallen asleep a while ago.
 */
#include "core.h"
#include "profile.h"
#include "watched.h"

#define SLEEP 15000u /* ns: for less than that nobody slept, threads changed places */

static struct {
    _Alignas(64) atomic_uint awake; /* threads */
    _Atomic uint64_t fell_asleep;   /* when one last did */
} server;

/* Of the calling thread. */
static _Thread_local struct {
    bool awake;     /* it is counted above */
    bool alone;     /* nobody else was awake when it woke up, */
    uint64_t since; /* since then */
} own;

/* Returns whether another thread is awake. */
static bool wake_up(void)
{
    own.awake = true;
    return atomic_fetch_add_explicit(&server.awake, 1, memory_order_relaxed) > 0;
}

void fluxi_profile_sleeps(uint64_t now)
{
    if (!own.awake)
        return;
    own.awake = false;
    atomic_store_explicit(&server.fell_asleep, now, memory_order_relaxed);
    atomic_fetch_sub_explicit(&server.awake, 1, memory_order_relaxed);
}

void fluxi_profile_slept(void)
{
    own.since = atomic_load_explicit(&server.fell_asleep, memory_order_relaxed);
    own.alone = !wake_up();
}

void fluxi_profile_thread_ends(void)
{
    if (own.awake)
        atomic_fetch_sub_explicit(&server.awake, 1, memory_order_relaxed);
    own.awake = false;
}

void fluxi_thread_runs(void)
{
    if (!own.awake)
        wake_up();
}

bool fluxi_found_asleep(void)
{
    return own.alone && flux_now() > own.since + SLEEP;
}

void fluxi_found(void)
{
    own.alone = false;
}
