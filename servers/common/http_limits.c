#include "http_limits.h"

#include <limits.h>
#include <time.h>

#define SECONDS(n) ((n)*UINT64_C(1000000000))

struct http_limits http_limits = {
    .header_timeout = SECONDS(10),
    .body_timeout = SECONDS(30),
    .idle_timeout = SECONDS(60),
    .write_timeout = SECONDS(60),
    .max_header = 8 * 1024,
    .max_body = 64 * 1024,
    .log_format = "combined",
};

int http_limits_milliseconds(uint64_t nanoseconds)
{
    uint64_t milliseconds = nanoseconds / 1000000 + (nanoseconds % 1000000 != 0);
    return milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}

uint64_t http_limits_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

int http_limits_remaining(uint64_t deadline)
{
    uint64_t now = http_limits_now();
    return now < deadline ? http_limits_milliseconds(deadline - now) : 0;
}
