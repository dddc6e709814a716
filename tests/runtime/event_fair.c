/* Nobody starves: a flow that never waits between its turns, and a source whose flows never wait,
 * leave time for a flow that wakes from a call, one from an await, and a clock's. Each of the busy
 * ones goes on until all of these have had their turn. */
// runtimes: event trace
#include "peers.h"

#include <sys/eventfd.h>

static int event;
static _Atomic int seen; /* bits of those that had their turn */
static _Atomic long turns, flows;

struct frame {
    struct flux_flow base;
};

static bool all_seen(void)
{
    return seen == 7;
}

static enum flux_next run_Turns(struct flux_flow *base)
{
    static bool started;
    switch (base->at) {
    case 0:
        if (started)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        started = true;
        return flux_source_done(base, 1);
    case 1:
        break;
    }
    while (!all_seen()) {
        turns++;
        if (!flux_turn(base, 1))
            return FLUX_PARKED;
    }
    return FLUX_ENDED;
}

static enum flux_next run_Births(struct flux_flow *base)
{
    if (base->at == 1)
        return FLUX_ENDED;
    if (all_seen())
        return flux_source_fail(base, NULL, FLUX_STOP, false);
    flows++;
    return flux_source_done(base, 1);
}

static enum flux_next run_Call(struct flux_flow *base)
{
    while (turns == 0 || flows == 0)
        usleep(2000);
    seen |= 1;
    return flux_source_fail(base, NULL, FLUX_STOP, false);
}

static enum flux_next run_Await(struct flux_flow *base)
{
    if (base->at == 0) {
        if (!flux_await(base, event, FLUX_READABLE, -1, false, 1))
            return FLUX_PARKED;
    }
    seen |= 2;
    return flux_source_fail(base, NULL, FLUX_STOP, false);
}

static enum flux_next run_Tick(struct flux_flow *base)
{
    static bool stopped;
    (void)base;
    seen |= 4;
    if (all_seen() && !stopped) {
        stopped = true; /* a second signal would be another matter */
        kill(getpid(), SIGTERM);
    }
    return FLUX_ENDED;
}

static void *write_event(void *argument)
{
    (void)argument;
    usleep(2000);
    CHECK(eventfd_write(event, 1) == 0);
    return NULL;
}

static pthread_t writer;

static int initial(void)
{
    event = eventfd(0, EFD_CLOEXEC);
    writer = thread_run(write_event, NULL);
    return 0;
}

static int final(void)
{
    CHECK(pthread_join(writer, NULL) == 0);
    CHECK(all_seen());
    close(event);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Turns, frame)},
                                             {SOURCE(Births, frame)},
                                             {SOURCE(Call, frame)},
                                             {SOURCE(Await, frame)},
                                             {SOURCE(Tick, frame), .period = 1000000}};
const struct flux_program flux_program = {TEST_PROGRAM("fair"), .sources = sources,
                                          .source_count = 5, .initial = initial, .final = final};
