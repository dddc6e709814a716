/* setup.c - options, and what lives as long as the program. */
#include "balance_flux.h"

#include "flux.h"
#include "listen.h"
#include "strategy.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#define SECONDS(n) ((n)*UINT64_C(1000000000))
#define LONGEST    SECONDS(7 * 24 * 60 * 60)
#define BACKENDS   4096

struct settings settings = {
    .replicas = {.failures = 3, .retry = SECONDS(10)},
    .connect_timeout = SECONDS(5),
    .idle_timeout = SECONDS(600),
    .queue_timeout = SECONDS(10),
    .probe_timeout = SECONDS(2),
    .retries = 3,
    .queue_length = 1024,
};

struct replicas *replicas;
struct fair *queue;
struct fair *clients;

struct ledger *ledger;

static const char *strategy = "rr", *database;
static uint64_t keep = SECONDS(7 * 24 * 60 * 60);
static const char *backends[BACKENDS];
static size_t backend_count;

static int backend_option(const char *address)
{
    if (backend_count == BACKENDS)
        return ENOSPC;
    backends[backend_count++] = address;
    return 0;
}

/* clang-format off */
static const struct flux_option options[] = {
    {"listen", "ADDR:PORT", "accept connections there; may be repeated, port 0 takes a free one",
     FLUX_CALL, NULL, 0, 0, listen_option},
    {"backend", "ADDR:PORT", "a replica to hand them to; may be repeated",
     FLUX_CALL, NULL, 0, 0, backend_option},
    {"strategy", "NAME", "which replica a connection goes to: " STRATEGY_NAMES,
     FLUX_STRING, &strategy, 0, 0, NULL},
    {"backend-maxconn", "N", "connections to one replica at a time, others wait; 0: no limit",
     FLUX_NUMBER, &settings.replicas.maxconn, 0, UINT32_MAX, NULL},
    {"queue-length", "N", "connections that may wait for a replica; those beyond are closed",
     FLUX_NUMBER, &settings.queue_length, 0, UINT32_MAX, NULL},
    {"queue-timeout", "S", "how long they wait",
     FLUX_TIME, &settings.queue_timeout, 1, LONGEST, NULL},
    {"client-requests", "N", "unfinished requests of one client, others wait; 0: no limit",
     FLUX_NUMBER, &settings.client_requests, 0, UINT32_MAX, NULL},
    {"connect-timeout", "S", "time in which a replica has to be reached",
     FLUX_TIME, &settings.connect_timeout, 1, LONGEST, NULL},
    {"retries", "N", "other replicas to try for a connection where one cannot be reached",
     FLUX_NUMBER, &settings.retries, 0, 200, NULL},
    {"failures", "N", "a replica is down that could not be reached so many times in a row",
     FLUX_NUMBER, &settings.replicas.failures, 1, UINT32_MAX, NULL},
    {"down-time", "S", "and is left alone so long, unless a probe reaches it",
     FLUX_TIME, &settings.replicas.retry, 1, LONGEST, NULL},
    {"probe", "S", "connect to each replica so often to see how it is; 0: do not",
     FLUX_TIME, &settings.probe, 0, LONGEST, NULL},
    {"probe-timeout", "S", "time in which it has to be reached then",
     FLUX_TIME, &settings.probe_timeout, 1, LONGEST, NULL},
    {"idle-timeout", "S", "close a connection on which nothing moves for so long; 0: do not",
     FLUX_TIME, &settings.idle_timeout, 0, LONGEST, NULL},
    {"db", "FILE", "record connections and requests there, in an SQLite database",
     FLUX_STRING, &database, 0, 0, NULL},
    {"keep", "S", "and delete what is older",
     FLUX_TIME, &keep, SECONDS(1), 0, NULL},
    {"proxy-protocol", NULL, "tell replicas who the client is, by the PROXY protocol, version 2",
     FLUX_FLAG, &settings.proxy_protocol, 0, 0, NULL},
    {"no-splice", NULL, "copy long streams, too",
     FLUX_FLAG, &settings.no_splice, 0, 0, NULL},
};
/* clang-format on */
FLUX_OPTIONS(options);
FLUX_ABOUT("balances TCP connections among replicas", "", "1.0");

/* A connection takes two flows and two descriptors, and a third while it waits. The rest is for
 * pipes, the page, the database and the runtime. */
static void bound_connections(void)
{
    struct rlimit limit;
    uint64_t descriptors = UINT64_MAX, pipes = 256, flows = flux_load().limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        descriptors = limit.rlim_cur;
    if (pipes > descriptors / 16)
        pipes = descriptors / 16;
    loads_start((unsigned)pipes);
    uint64_t kept = 64 + 2 * pipes;
    settings.most_wires = descriptors > kept + 4 ? (descriptors - kept) / 2 : 2;
    /* A way back is not to wait for room behind ways there that wait for theirs. */
    if (settings.most_wires > flows / 2)
        settings.most_wires = flows > 3 ? flows / 2 : 1;
}

static int add_backends(void)
{
    if (backend_count == 0) {
        flux_log(FLUX_ERROR, "no replica: give at least one --backend ADDR:PORT");
        return EINVAL;
    }
    for (size_t i = 0; i < backend_count; i++) {
        int error = replicas_add(replicas, backends[i], false);
        if (error != 0) {
            flux_log(FLUX_ERROR, "--backend %s: %s", backends[i], strerror(error));
            return error;
        }
    }
    return 0;
}

/* Without a file the sums of the last quarter of an hour are kept, for the page. */
static int open_ledger(void)
{
    const uint64_t short_while = SECONDS(15 * 60);
    if (database == NULL && !control_wanted())
        return 0;
    int error = ledger_open(&ledger, database, database != NULL ? keep : short_while);
    for (size_t i = 0; i < replicas_count(replicas) && error == 0; i++)
        error =
            ledger_name(ledger, replicas_at(replicas, i)->number, replicas_at(replicas, i)->name);
    return error;
}

int Prepare(void)
{
    settings.replicas.strategy = strategy_named(strategy);
    if (settings.replicas.strategy == NULL) {
        flux_log(FLUX_ERROR, "--strategy %s: there are " STRATEGY_NAMES, strategy);
        return EINVAL;
    }
    bound_connections();
    replicas = replicas_new(&settings.replicas);
    queue = fair_new(0, settings.queue_length);
    clients = fair_new(settings.client_requests, settings.queue_length);
    if (replicas == NULL || queue == NULL || clients == NULL)
        return ENOMEM;
    int error = add_backends();
    if (error == 0)
        error = open_ledger();
    settings.accounts =
        settings.replicas.maxconn > 0 || settings.client_requests > 0 || ledger != NULL;
    if (error == 0)
        error = control_open();
    return error != 0 ? error : listen_open("127.0.0.1:8080", LISTEN_AT_ONCE);
}

int Finish(void)
{
    listen_close();
    control_close();
    ledger_close(ledger);
    docks_clear();
    loads_end();
    fair_free(queue);
    fair_free(clients);
    replicas_free(replicas);
    return 0;
}
