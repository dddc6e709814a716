/* Sources on threads of their own, where there is no memory for a frame, no room for a flow, or no
 * thread for each. */
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
static atomic_bool stops_at_rest; /* while the source waits to run again */
static unsigned births;           /* then the source ends */

static enum flux_next run_Once(struct flux_flow *flow)
{
    runs++;
    if (stops_at_rest)
        return flux_source_fail(flow, NULL, EMFILE, true);
    return runs <= births ? flux_source_done(flow, 1)
                          : flux_source_fail(flow, NULL, FLUX_STOP, true);
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
static atomic_int frames;

/* The first frame of each source is refused. */
struct flux_flow *fluxi_frame_new(struct fluxi_source *source)
{
    if (!atomic_exchange(&refused[source->index], true))
        return NULL;
    struct flux_flow *flow = calloc(1, sizeof *flow);
    flow->origin = source;
    fluxi_frame_renew(flow);
    frames++;
    return flow;
}

void fluxi_frame_put(struct flux_flow *flow)
{
    free(flow);
    frames--;
}

void fluxi_seat_rest(uint64_t until)
{
    (void)until;
    if (stops_at_rest && runs > 0)
        fluxi_sources_forbid(NULL);
    poll(NULL, 0, 1);
}

void fluxi_finished(void)
{
    finished = true;
}

/* A source that waits for room is woken for nothing, then because a flow has ended. */
static unsigned waits;

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    (void)condition;
    if (++waits == 2) {
        pthread_mutex_unlock(mutex);
        fluxi_flow_left();
        pthread_mutex_lock(mutex);
    }
    return 0;
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
    if (started == births)
        fluxi_flow_left(); /* those before stay until a source waits for their room */
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
    births = 1;
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

/* One flow is alive when the source has the next. */
static void admit__no_room__waits_for_it(void **state)
{
    (void)state;
    fluxi_max_flows = 1;
    births = 2;
    threads_left = 2;
    start();
    while (!finished)
        poll(NULL, 0, 1);
    fluxi_source_threads_join();
    assert_int_equal(waits, 2);
    assert_int_equal(started, 2);
    assert_int_equal(fluxi_flows_alive(), 0);
}

static void stop__waits_to_run_again__ends_and_keeps_no_frame(void **state)
{
    (void)state;
    stops_at_rest = true;
    threads_left = 2;
    start();
    while (!finished)
        poll(NULL, 0, 1);
    fluxi_source_threads_join();
    stops_at_rest = false;
    assert_int_equal(runs, 1);
    assert_int_equal(frames, 0);
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
        TEST(admit__no_room__waits_for_it),
        TEST(stop__waits_to_run_again__ends_and_keeps_no_frame),
        TEST(start__no_memory__says_so),
        TEST(start__a_thread_is_missing__no_source_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
