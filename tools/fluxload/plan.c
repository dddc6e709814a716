#include "plan.h"

#include "flux.h"
#include "fluxload.h"
#include "requests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define TEN_SECONDS (10 * SECOND)
#define DAY         (86400 * SECOND)

struct plan plan = {
    .load = "closed:10,0",
    .warm_up = SECOND,
    .seed = 1,
    .connections = 1024,
    .timeout = TEN_SECONDS,
    .connect_timeout = TEN_SECONDS,
    .max_lag = SECOND / 5000,
    .method = "GET",
    .label = "measured",
};

static const char *format_name = "table";

/* clang-format off */
static const struct flux_option options[] = {
    {"load", "SPEC", "open:poisson:R open:const:R closed:N,Z partly:R,P,Z trace:FILE[,xSPEED]",
     FLUX_STRING, &plan.load, 0, 0, NULL},
    {"duration", "TIME", "how long is measured; 0: 10s, or as long as --requests or the trace take",
     FLUX_TIME, &plan.duration, 0, DAY, NULL},
    {"requests", "N", "how many are measured; 0: all of the time",
     FLUX_NUMBER, &plan.requests, 0, 0, NULL},
    {"warmup", "TIME", "what comes before is not measured; a trace has none",
     FLUX_TIME, &plan.warm_up, 0, DAY, NULL},
    {"seed", "N", "the same seed, the same arrivals, as in the simulator",
     FLUX_NUMBER, &plan.seed, 0, 0, NULL},
    {"connections", "N", "at most; a closed load has one for each client",
     FLUX_NUMBER, &plan.connections, 1, UINT32_MAX, NULL},
    {"no-keep-alive", NULL, "a connection for each request",
     FLUX_FLAG, &plan.no_keep_alive, 0, 0, NULL},
    {"method", "NAME", "of requests",
     FLUX_STRING, &plan.method, 0, 0, NULL},
    {"header", "NAME: VALUE", "a header field more; may be given several times",
     FLUX_CALL, NULL, 0, 0, requests_add_field},
    {"body", "TEXT|@FILE", "of requests",
     FLUX_STRING, &plan.body, 0, 0, NULL},
    {"zipf", "N,S", "%u in the URL is a number from 1 to N, k with a weight of 1 / k^S",
     FLUX_STRING, &plan.zipf, 0, 0, NULL},
    {"timeout", "TIME", "an answer that takes longer, from the sending on, is an error",
     FLUX_TIME, &plan.timeout, SECOND / 1000, DAY, NULL},
    {"connect-timeout", "TIME", "the same of connecting, TLS included",
     FLUX_TIME, &plan.connect_timeout, SECOND / 1000, DAY, NULL},
    {"format", "table|csv|json", "what is printed; csv and json are the simulator's",
     FLUX_STRING, &format_name, 0, 0, NULL},
    {"label", "NAME[,CORES]", "the server's runtime and cores, for plots beside predictions",
     FLUX_STRING, &plan.label, 0, 0, NULL},
    {"max-lag", "TIME", "the generator may be so late that it does not matter",
     FLUX_TIME, &plan.max_lag, 0, 0, NULL},
    {"force", NULL, "print what was measured even if the generator disturbed it",
     FLUX_FLAG, &plan.force, 0, 0, NULL},
    {"quiet", NULL, "no progress on a terminal",
     FLUX_FLAG, &plan.quiet, 0, 0, NULL},
    {"arrivals", "N", "no load, but the times of its first N arrivals",
     FLUX_NUMBER, &plan.arrivals, 0, 1000000000, NULL},
};
/* clang-format on */
FLUX_OPTIONS(options);
FLUX_ABOUT(
    "asks a web server for pages, as a workload says, and measures how it does; exits 3 where\n"
    "the generator itself was the bottleneck. It runs on one CPU unless --loops says otherwise:\n"
    "  fluxload --load=open:poisson:1000 http://localhost:8080/index.html",
    "[WEIGHT*]URL...", "1.0");

/* The server may need the other CPUs. */
__attribute__((constructor)) static void prefer_one_loop(void)
{
    setenv("FLUX_LOOPS", "1", 0);
}

/* ---- what was given -------------------------------------------------------------------------- */

static int refuse(const char *option, const char *value, const char *why)
{
    flux_log(FLUX_ERROR, "%s%s: %s", option, value, why);
    return EINVAL;
}

static int settle_format(void)
{
    static const char *const names[] = {"table", "csv", "json"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(format_name, names[i]) == 0) {
            plan.format = (enum format)i;
            return 0;
        }
    }
    return refuse("--format=", format_name, "table, csv or json is expected");
}

static int settle_label(void)
{
    const char *comma = strchr(plan.label, ',');
    plan.label_cores = "null";
    if (comma == NULL)
        return 0;
    if (comma[1] == '\0' || strlen(comma + 1) > 6 ||
        strspn(comma + 1, "0123456789") != strlen(comma + 1))
        return refuse("--label=", plan.label, "a number of cores is expected behind the comma");
    plan.label_cores = comma + 1;
    plan.label = strndup(plan.label, (size_t)(comma - plan.label)); /* for as long as we run */
    return plan.label != NULL ? 0 : ENOMEM;
}

static int settle_load(void)
{
    const char *error = workload_parse(&plan.workload, plan.load);
    if (error != NULL)
        return refuse("--load=", plan.load, error);
    if (plan.workload.kind == WORKLOAD_TRACE) { /* it has an end, and counts as a whole */
        plan.warm_up = 0;
        if (plan.requests == 0 || plan.requests > plan.workload.time_count)
            plan.requests = plan.duration == 0 ? plan.workload.time_count : 0;
    }
    if (plan.requests > 0)
        plan.duration = 0;
    else if (plan.duration == 0)
        plan.duration = TEN_SECONDS;
    return 0;
}

static int settle_urls(void)
{
    int count;
    char *const *urls = flux_operands(&count);
    if (count == 0)
        return refuse("", "no URL", "http://HOST:PORT/PATH is expected, see --help");
    for (int i = 0; i < count; i++) {
        const char *error = requests_add(urls[i]);
        if (error != NULL)
            return refuse("", urls[i], error);
    }
    return 0;
}

/* ---- the server ------------------------------------------------------------------------------ */

static bool can_connect(const struct addrinfo *address)
{
    int socket_ = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool can = socket_ >= 0 && connect(socket_, address->ai_addr, address->ai_addrlen) == 0;
    if (socket_ >= 0)
        close(socket_);
    return can;
}

/* Of several addresses, the first that answers. */
static int find_server(void)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found;
    int error = getaddrinfo(plan.host, plan.port, &hints, &found);
    if (error != 0) {
        flux_log(FLUX_ERROR, "%s: %s", plan.host, gai_strerror(error));
        return EHOSTUNREACH;
    }
    while (found->ai_next != NULL && !can_connect(found)) {
        struct addrinfo *next = found->ai_next;
        found->ai_next = NULL;
        freeaddrinfo(found);
        found = next;
    }
    plan.address = found;
    return 0;
}

/* A descriptor for each connection: as many as the system lets us have. */
static void raise_descriptors(void)
{
    const uint64_t own = 32;
    struct rlimit limit;
    uint64_t wanted =
        plan.workload.kind == WORKLOAD_CLOSED ? (uint64_t)plan.workload.clients : plan.connections;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (wanted + own > limit.rlim_max)
        flux_log(FLUX_WARNING,
                 "%llu connections may be needed, but only %llu descriptors can be "
                 "open, see ulimit -Hn",
                 (unsigned long long)wanted, (unsigned long long)limit.rlim_max);
}

int plan_settle(void)
{
    int error = settle_format();
    if (error == 0)
        error = settle_label();
    if (error == 0)
        error = settle_load();
    if (error == 0 && plan.arrivals == 0)
        error = settle_urls();
    if (error == 0 && plan.arrivals == 0)
        error = requests_prepare();
    if (error == 0 && plan.arrivals == 0)
        error = find_server();
    if (error == 0)
        raise_descriptors();
    return error;
}

void plan_free(void)
{
    requests_free();
    workload_free(&plan.workload);
    if (plan.address != NULL)
        freeaddrinfo(plan.address);
}
