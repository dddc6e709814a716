/* http_options.c - the options that servers of HTTP have. They come with http_limits_set_flows,
 * which such a server calls; one that speaks HTTP on the side has the limits without them. */
#include "flux.h"
#include "http_limits.h"
#include "listen.h"
#include "pages.h"

#include <sys/resource.h>

#define SECONDS(n) ((n)*UINT64_C(1000000000))

#define LONGEST SECONDS(24 * 60 * 60)

/* clang-format off */
static const struct flux_option options[] = {
    {"listen", "ADDR:PORT", "accept connections there; may be repeated, port 0 takes a free one",
     FLUX_CALL, NULL, 0, 0, listen_option},
    {"header-timeout", "S", "time for the whole head of a request",
     FLUX_TIME, &http_limits.header_timeout, 1, LONGEST, NULL},
    {"body-timeout", "S", "time for the whole body of a request",
     FLUX_TIME, &http_limits.body_timeout, 1, LONGEST, NULL},
    {"idle-timeout", "S", "time from one response to the next request",
     FLUX_TIME, &http_limits.idle_timeout, 1, LONGEST, NULL},
    {"write-timeout", "S", "time in which a client has to take a whole response",
     FLUX_TIME, &http_limits.write_timeout, 1, LONGEST, NULL},
    {"max-header", "B", "longest head of a request",
     FLUX_SIZE, &http_limits.max_header, 64, 64 * 1024, NULL},
    {"max-body", "B", "longest body of a request",
     FLUX_SIZE, &http_limits.max_body, 0, 0, NULL},
    {"max-connections", "N", "answer 503 to connections beyond; 0: no limit",
     FLUX_NUMBER, &http_limits.max_connections, 0, 0, NULL},
    {"max-per-client", "N", "answer 503 to connections of one client beyond; 0: no limit",
     FLUX_NUMBER, &http_limits.max_per_client, 0, 0, NULL},
    {"access-log", "FILE|-", "a line for each request; - is standard output",
     FLUX_STRING, &http_limits.access_log, 0, 0, NULL},
    {"log-format", "combined|json", "what these lines look like",
     FLUX_STRING, &http_limits.log_format, 0, 0, NULL},
    {"error-pages", "DIR", "say what DIR/404.html and so on say, of errors; read at the start",
     FLUX_STRING, &pages_folder, 0, 0, NULL},
};
/* clang-format on */
FLUX_OPTIONS(options);

void http_limits_set_flows(uint64_t kept)
{
    /* The runtime and the log take about 16; a flow that is served needs a second descriptor, for a
     * file or to wait for another flow, but only for a moment. */
    const uint64_t fixed = 16 + kept, most_files = 512;
    struct rlimit limit;
    http_limits.most_flows = UINT64_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return;
    uint64_t rest = limit.rlim_cur > fixed + 2 ? limit.rlim_cur - fixed : 2;
    http_limits.most_flows = rest - (rest / 2 < most_files ? rest / 2 : most_files);
}
