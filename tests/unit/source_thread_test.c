/* Sources on threads of their own, where there is no memory for a frame, or no thread for each. */
#include "allocation.h"
#include "capture.h"
#include "core.h"
#include "source_thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static atomic_uint runs, ticks, started;
static atomic_bool finished;

static enum flux_next run_Once(struct flux_flow *flow)
{
    runs++;
    return runs == 1 ? flux_source_done(flow, 1) : flux_source_fail(flow, NULL, FLUX_STOP, true);
}

static enum flux_next run_tick(struct flux_flow *flow)
{
    ticks++;
    fluxi_sources_forbid(flow->source);
    return FLUX_ENDED;
}

static const struct flux_source tables[] = {
    {.name = "Once", .run = run_Once, .frame_size = sizeof(struct flux_flow)},
    {.name = "every", .run = run_tick, .frame_size = sizeof(struct flux_flow), .period = 1000000},
};
const struct flux_program flux_program = {.name = "test", .sources = tables, .source_count = 2};

/* ---- in place of the core's and the library's ------------------------------------------------ */

static atomic_bool refused[2];

/* The first frame of each source is refused. */
struct flux_flow *fluxi_frame_new(struct fluxi_source *source)
{
    if (!atomic_exchange(&refused[source->index], true))
        return NULL;
    struct flux_flow *flow = calloc(1, sizeof *flow);
    flow->origin = source;
    fluxi_frame_renew(flow);
    return flow;
}

void fluxi_frame_put(struct flux_flow *flow)
{
    free(flow);
}

void fluxi_finished(void)
{
    finished = true;
}

static unsigned threads_left;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (threads_left == 0)
        return EAGAIN;
    threads_left--;
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, attributes, run, argument);
}

/* ---------------------------------------------------------------------------------------------- */

static int status;

static void start_flow(struct flux_flow *flow)
{
    started++;
    fluxi_frame_free(flow);
    fluxi_flow_left();
}

static void start(void)
{
    status = fluxi_source_threads_start(start_flow);
}

static int begin(void **state)
{
    (void)state;
    runs = ticks = started = 0;
    finished = false;
    return fluxi_sources_make();
}

static int end(void **state)
{
    (void)state;
    fluxi_sources_free();
    return 0;
}

static void run__no_memory_at_first__tries_again(void **state)
{
    (void)state;
    threads_left = 2;
    start();
    assert_int_equal(status, 0);
    while (!finished)
        poll(NULL, 0, 1);
    fluxi_source_threads_join();
    assert_true(refused[0] && refused[1]);
    assert_int_equal(started, 1);
    assert_int_equal(runs, 2);
    assert_int_equal(ticks, 1);
    assert_true(fluxi_sources[1].missed >= 1);
    assert_int_equal(fluxi_flows_alive(), 0);
}

static void start__no_memory__says_so(void **state)
{
    (void)state;
    allocations_left = 0;
    assert_non_null(strstr(capture(start), "start: no memory for 2 sources"));
    allocations_left = -1;
    assert_int_equal(status, ENOMEM);
}

static void start__a_thread_is_missing__no_source_runs(void **state)
{
    (void)state;
    threads_left = 1;
    assert_non_null(strstr(capture(start), "start: no thread for source every: "));
    assert_int_equal(status, EAGAIN);
    assert_int_equal(runs, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(run__no_memory_at_first__tries_again),
        TEST(start__no_memory__says_so),
        TEST(start__a_thread_is_missing__no_source_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
