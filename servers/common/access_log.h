/* access_log.h - one line for each request, in a file or on standard output.
 *
 * A line is one write to a file opened for appending, so lines of flows that run side by side do
 * not mix and no constraint is needed. Opened by `initial`, closed by `final`.
 */
#ifndef ACCESS_LOG_H
#define ACCESS_LOG_H

#include "clients.h"
#include "http.h"

struct access {
    const struct peer *peer;
    const struct http_request *request;
    unsigned status;
    uint64_t bytes;       /* of the body that were sent */
    uint64_t nanoseconds; /* from the first byte of the request on */
};

/* file: a name, "-" for standard output, NULL for no log. format: "combined" (as Apache's) or
 * "json". Returns 0 or an error number, with a line logged. */
int access_log_open(const char *file, const char *format);
void access_log_close(void);

/* Goes on in a new file of the same name: the old one has been renamed. Where there can be none it
 * goes on in the old one, with a line logged. May be called while others write. */
int access_log_reopen(void);

/* Whether there is a log at all. */
bool access_log_wanted(void);
void access_log_write(const struct access *access);

/* The line, its line feed included, for a request that was served at `seconds` (of the epoch);
 * returns its length. What does not fit is cut off inside the texts. */
#define ACCESS_LOG_LINE_SIZE 4096
size_t access_log_line(char line[ACCESS_LOG_LINE_SIZE], const struct access *access, bool json,
                       int64_t seconds);

#endif
