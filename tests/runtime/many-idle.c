// runtimes: pool event
/* Flows in await hold nothing but a frame and a record: below 400 bytes of user memory each,
 * whether each has a descriptor of its own or all share one, and all are resumed. */
#include "testing.h"

#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEASURED false
#else
#define MEASURED true
#endif

#define OWN_MAX  8000
#define SHARED   (MEASURED ? 100000 : 5000)
#define PER_FLOW 400

static int own[OWN_MAX], own_count, shared;
static _Atomic int waiting, resumed, done;
static size_t before;

struct frame {
    struct flux_flow base;
    int number;
};

static enum flux_next run_Idle(struct flux_flow *base)
{
    static int next;
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        if (next == own_count + SHARED)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        if (next == own_count) /* those with their own descriptor are measured first */
            WAIT_UNTIL(done == 1);
        frame->number = next++;
        return flux_source_done(base, 1);
    case 1:
        waiting++;
        if (!flux_await(base, frame->number < own_count ? own[frame->number] : shared,
                        FLUX_READABLE, frame->number % 2 == 0 ? -1 : 600000, false, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        CHECK(base->error == 0);
        resumed++;
    }
    return FLUX_ENDED;
}

static void check_memory(int flows)
{
    WAIT_UNTIL(waiting == flows && flux_load().queued == 0);
    size_t each = (mallinfo2().uordblks - before) / (size_t)flows;
    if (each >= PER_FLOW)
        fprintf(stderr, "%zu bytes for each of %d flows\n", each, flows);
    CHECK(!MEASURED || each < PER_FLOW);
}

static enum flux_next run_Watch(struct flux_flow *base)
{
    static bool made;
    if (base->at == 0 && made)
        return flux_source_fail(base, NULL, FLUX_STOP, false);
    if (base->at == 0) {
        made = true;
        return flux_source_done(base, 1);
    }
    check_memory(own_count);
    done = 1;
    check_memory(own_count + SHARED);
    for (int i = 0; i < own_count; i++)
        CHECK(eventfd_write(own[i], 1) == 0);
    WAIT_UNTIL(resumed == own_count);
    CHECK(eventfd_write(shared, 1) == 0);
    return FLUX_ENDED;
}

static int initial(void)
{
    struct rlimit files;
    CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
    shared = eventfd(0, 0);
    while (own_count < OWN_MAX && (rlim_t)own_count + 100 < files.rlim_cur) {
        own[own_count] = eventfd(0, 0);
        CHECK(own[own_count] >= 0);
        own_count++;
    }
    before = mallinfo2().uordblks;
    return 0;
}

static int final(void)
{
    CHECK(resumed == own_count + SHARED);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Idle, frame)}, {SOURCE(Watch, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("many-idle"), .sources = sources,
                                          .source_count = 2, .initial = initial, .final = final};
