/* pool.c - the runtime `pool`: workers run flows from a queue.
 *
 * A worker runs a flow until it parks or ends. A flow that waits for a constraint or a descriptor
 * holds no worker; workers that have nothing to run wait for all these descriptors together
 * (poller.c). A node that blocks in a call does hold its worker. Nodes that block are ordinary here
 * (sockets, disks), so there are more workers than CPUs unless --threads says otherwise.
 */
#include "pool.h"
#include "metrics.h"
#include "seat.h"
#include "source_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define WORKERS_PER_CPU 4u
#define WORKERS_MIN     8u

static uint64_t worker_count; /* 0: by the number of CPUs */
static uint64_t queue_bound = 1024;

const char flux_runtime_is_pool;
const char *const fluxi_runtime_name = "pool";
const char *const fluxi_runtime_summary = "workers that run flows from a queue";
const struct flux_option fluxi_runtime_options[] = {
    {"threads", "N", "workers; 0: four for each CPU, but eight at least", FLUX_NUMBER,
     &worker_count, 0, 65536, NULL},
    {"queue", "N", "sources wait while N flows wait for a worker", FLUX_NUMBER, &queue_bound, 1, 0,
     NULL},
};
const unsigned fluxi_runtime_option_count =
    sizeof fluxi_runtime_options / sizeof fluxi_runtime_options[0];

static pthread_t *workers;

static void *work(void *unused)
{
    struct flux_flow *flow;
    (void)unused;
    while ((flow = fluxi_queue_take()) != NULL) {
        if (fluxi_run(flow) == FLUX_ENDED) {
            fluxi_flow_ended(flow);
            fluxi_flow_left();
        }
    }
    fluxi_thread_done();
    return NULL;
}

static void workers_join(uint64_t count)
{
    fluxi_queue_close();
    for (uint64_t i = 0; i < count; i++)
        pthread_join(workers[i], NULL);
    free(workers);
    workers = NULL;
}

static int workers_start(void)
{
    workers = calloc(worker_count, sizeof *workers);
    if (workers == NULL)
        return ENOMEM;
    for (uint64_t i = 0; i < worker_count; i++) {
        int error = pthread_create(&workers[i], NULL, work, NULL);
        if (error != 0) {
            workers_join(i);
            return error;
        }
    }
    return 0;
}

/* ---- the contract with the core -------------------------------------------------------------- */

unsigned fluxi_runtime_copies(void)
{
    return fluxi_cpus();
}

int fluxi_runtime_start(void)
{
    if (worker_count == 0) {
        unsigned many = fluxi_cpus() * WORKERS_PER_CPU;
        worker_count = many > WORKERS_MIN ? many : WORKERS_MIN;
    }
    fluxi_queue_bound = queue_bound;
    fluxi_stop_again = fluxi_source_threads_stop;
    fluxi_queue_watch(&fluxi_poller, fluxi_cpus() + 1); /* a flow more than CPUs may block */
    int error = fluxi_poller_start();
    if (error != 0) {
        flux_log(FLUX_ERROR, "start: no poller: %s; are descriptors left (ulimit -n)?",
                 flux_strerror(error));
        return error;
    }
    error = workers_start();
    if (error != 0) {
        flux_log(FLUX_ERROR, "start: no %llu workers: %s; try fewer --threads, or raise ulimit -u",
                 (unsigned long long)worker_count, flux_strerror(error));
    } else if ((error = fluxi_source_threads_start(fluxi_queue_start)) != 0) {
        workers_join(worker_count);
    }
    if (error != 0)
        fluxi_poller_join();
    return error;
}

void fluxi_runtime_stop(void)
{
    fluxi_source_threads_stop();
    fluxi_poller_stop();
}

void fluxi_runtime_join(void)
{
    fluxi_source_threads_join();
    workers_join(worker_count);
    fluxi_poller_join();
}

void fluxi_runtime_ready(struct flux_flow *flow)
{
    fluxi_queue_resume(flow);
}

void fluxi_runtime_launch(struct flux_flow *flow)
{
    fluxi_sources_launch(flow);
}

struct flux_load fluxi_runtime_load(void)
{
    return (struct flux_load){.flows = fluxi_flows_alive(),
                              .queued = fluxi_queue_length(),
                              .limit = fluxi_max_flows,
                              .workers = (unsigned)worker_count};
}

void fluxi_runtime_metrics(FILE *out)
{
    fluxi_metric(out, "flux_workers", FLUXI_GAUGE, "Workers.", (double)worker_count);
    fluxi_metric(out, "flux_queue_limit", FLUXI_GAUGE,
                 "Sources wait while this many flows wait for a worker.", (double)queue_bound);
}

/* ---- suspension points ----------------------------------------------------------------------- */

bool flux_await(struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit, bool idle,
                uint32_t at)
{
    fluxi_order_seen(flow, at);
    if (flow->home == NULL)
        return !fluxi_poller_await(flow, fd, events, limit, idle, at);
    flow->error = fluxi_seat_await(flow, fd, events, limit, idle, fluxi_seat_poll);
    return true;
}

bool flux_turn(struct flux_flow *flow, uint32_t at)
{
    flow->error = 0;
    if (flow->home != NULL || (fluxi_queue_length() == 0 && fluxi_queue_watched()))
        return true;
    flow->at = at;
    fluxi_queue_turn(flow);
    return false;
}

bool flux_block(struct flux_flow *flow, uint32_t at)
{
    (void)at;
    fluxi_order_seen(flow, at);
    flow->error = 0;
    return true;
}

bool flux_unblock(struct flux_flow *flow, uint32_t at)
{
    (void)at;
    flow->error = 0;
    return true;
}

bool flux_step(struct flux_flow *flow, const struct flux_place *place, const char *what,
               const char *detail, uint32_t at)
{
    (void)flow, (void)place, (void)what, (void)detail, (void)at;
    return true;
}
