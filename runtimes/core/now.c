/* now.c - the clock that all waits go by. */
#include "runtime.h"

#include <time.h>

uint64_t flux_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t fluxi_deadline(uint64_t now, int64_t limit)
{
    uint64_t most = (UINT64_MAX - now) / 1000000;
    return limit < 0 || (uint64_t)limit >= most ? UINT64_MAX : now + (uint64_t)limit * 1000000;
}
