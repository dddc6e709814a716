/* http_limits.h - the options that every server of HTTP has: where it listens, how long it waits
 * for a client, how much it takes from one. Read-only once the program runs.
 */
#ifndef HTTP_LIMITS_H
#define HTTP_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct http_limits {
    uint64_t header_timeout; /* nanoseconds, like the next three: for the whole head */
    uint64_t body_timeout;   /* for the whole body */
    uint64_t idle_timeout;   /* from a response to the next request */
    uint64_t write_timeout;  /* for the whole response */
    uint64_t max_header, max_body;
    uint64_t max_connections, max_per_client; /* 0: no limit */
    const char *access_log, *log_format;
    uint64_t most_flows; /* that descriptors suffice for; set by http_limits_set_flows */
};

extern struct http_limits http_limits;

/* Finds out how many flows may hold a connection before accept has to pause, so that those that are
 * served still find descriptors for the files they need; `kept` are for what the server keeps open.
 * Called once, by `initial` of a server that has these options (http_options.c). */
void http_limits_set_flows(uint64_t kept);

/* The clock that deadlines are of: nanoseconds, monotonic, cheap, and late by some milliseconds. */
uint64_t http_limits_now(void);

/* Milliseconds until the deadline, rounded up: what an `await` takes. At least 0. */
int http_limits_remaining(uint64_t deadline);
/* A time span in the same unit. */
int http_limits_milliseconds(uint64_t nanoseconds);

#endif
