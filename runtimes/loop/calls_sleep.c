/* calls_sleep.c - sleeping. A sleep never ends early, but when its source is to stop. */
#undef _FORTIFY_SOURCE
#include "loop/calls.h"

#define SECOND 1000000000u

/* Returns the nanoseconds that are left: 0, or more when the sleep was interrupted. */
static uint64_t sleep_until(uint64_t until)
{
    int outcome;
    do
        outcome = fluxi_block(NULL, 0, until);
    while (outcome == 0); /* the loop had to block, and blocks by and by */
    uint64_t now = flux_now();
    return outcome == EINTR && until > now ? until - now : 0;
}

/* No sleep lasts longer than 292 years. */
static uint64_t after(uint64_t seconds, uint64_t nanoseconds)
{
    uint64_t most = (uint64_t)INT64_MAX / SECOND - 1;
    return flux_now() + (seconds < most ? seconds : most) * SECOND + nanoseconds;
}

unsigned fluxi_call_sleep(unsigned seconds)
{
    if (!fluxi_calls_act())
        return REAL(sleep)(seconds);
    return (unsigned)((sleep_until(after(seconds, 0)) + SECOND / 2) / SECOND);
}

int fluxi_call_usleep(useconds_t microseconds)
{
    if (!fluxi_calls_act())
        return REAL(usleep)(microseconds);
    uint64_t left = sleep_until(after(microseconds / 1000000, microseconds % 1000000 * 1000));
    return left > 0 ? fluxi_fail(EINTR) : 0;
}

static bool is_time(const struct timespec *time)
{
    return time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < (long)SECOND;
}

static int sleep_for(const struct timespec *wanted, struct timespec *left)
{
    uint64_t rest = sleep_until(after((uint64_t)wanted->tv_sec, (uint64_t)wanted->tv_nsec));
    if (rest == 0)
        return 0;
    if (left)
        *left = (struct timespec){(time_t)(rest / SECOND), (long)(rest % SECOND)};
    return EINTR;
}

int fluxi_call_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (!fluxi_calls_act())
        return REAL(nanosleep)(wanted, left);
    if (!is_time(wanted))
        return fluxi_fail(EINVAL);
    int error = sleep_for(wanted, left);
    return error ? fluxi_fail(error) : 0;
}

/* Until a moment of `clock`, which may be set meanwhile: a clock that is not monotonic is looked at
 * at least once a second. */
static int sleep_to(clockid_t clock, const struct timespec *moment)
{
    for (;;) {
        struct timespec now;
        if (clock_gettime(clock, &now) != 0)
            return errno;
        if (now.tv_sec > moment->tv_sec ||
            (now.tv_sec == moment->tv_sec && now.tv_nsec >= moment->tv_nsec))
            return 0;
        struct timespec rest = {moment->tv_sec - now.tv_sec, moment->tv_nsec - now.tv_nsec};
        if (rest.tv_nsec < 0) {
            rest.tv_sec--;
            rest.tv_nsec += SECOND;
        }
        if (clock != CLOCK_MONOTONIC && rest.tv_sec >= 1)
            rest = (struct timespec){1, 0};
        int error = sleep_for(&rest, NULL);
        if (error)
            return error;
    }
}

int fluxi_call_clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
                               struct timespec *left)
{
    bool known = clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME;
    if (!fluxi_calls_act() || !known)
        return REAL(clock_nanosleep)(clock, flags, wanted, left);
    if (!is_time(wanted))
        return EINVAL;
    return flags & TIMER_ABSTIME ? sleep_to(clock, wanted) : sleep_for(wanted, left);
}
