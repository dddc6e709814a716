/* Memory of frames: used again by the thread that freed it, exchanged through the depot, and given
 * back where it exceeds what is kept. */
#include "core.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define CROWD 5000

static struct flux_source small = {.name = "small", .frame_size = 200};
static struct flux_source large = {.name = "large", .frame_size = 100000};

static struct flux_flow *get(const struct flux_source *source)
{
    struct flux_flow *flow = fluxi_frame_get(source->frame_size);
    assert_non_null(flow);
    memset(flow, 0, source->frame_size);
    flow->source = source;
    return flow;
}

static void put__small__next_one_is_the_same(void **state)
{
    (void)state;
    if (!FLUXI_KEEP_FRAMES)
        skip();
    struct flux_flow *flow = get(&small);
    fluxi_frame_put(flow);
    assert_ptr_equal(get(&small), flow);
    fluxi_frame_put(flow);
    fluxi_frames_free();
}

static void put__large__memory_comes_back_at_once(void **state)
{
    (void)state;
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    fluxi_frame_put(get(&large));
    assert_int_equal(mallinfo2().uordblks + mallinfo2().hblkhd, before);
}

static size_t still_running; /* bytes in use when the thread that freed all had not ended yet */

static void *put_all(void *argument)
{
    struct flux_flow **flows = argument;
    for (unsigned i = 0; i < CROWD; i++)
        fluxi_frame_put(flows[i]);
    still_running = mallinfo2().uordblks;
    fluxi_thread_done();
    return NULL;
}

/* Frames made here and freed there come back through the depot; a crowd's do not all stay. */
static void put__by_another_thread__comes_back(void **state)
{
    static struct flux_flow *flows[CROWD];
    pthread_t thread;
    (void)state;
    if (!FLUXI_KEEP_FRAMES)
        skip();
    for (unsigned i = 0; i < CROWD; i++)
        flows[i] = get(&small);
    size_t before = mallinfo2().uordblks;
    assert_int_equal(pthread_create(&thread, NULL, put_all, flows), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    size_t kept = mallinfo2().uordblks;
    assert_true(still_running < before - (CROWD - 3000) * small.frame_size);
    assert_true(kept < before - (CROWD - 3000) * small.frame_size);
    struct flux_flow *flow = get(&small);
    assert_true(mallinfo2().uordblks <= kept); /* not from malloc */
    fluxi_frame_put(flow);
    fluxi_frames_free();
    assert_true(mallinfo2().uordblks < kept - 1000 * small.frame_size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put__small__next_one_is_the_same),
        cmocka_unit_test(put__large__memory_comes_back_at_once),
        cmocka_unit_test(put__by_another_thread__comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
