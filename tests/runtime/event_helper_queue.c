/* A stop interrupts the `blocking` node of a source also where it gets its helper only afterwards:
 * there is one, and a flow has it when the signal comes. */
// runtimes: event
// args: --helpers 1 --loops 1 --grace 10min
#include "testing.h"

#include <semaphore.h>

static sem_t never;
static _Atomic int held, queued, interrupted;

PLACE(node, "Wait");

struct frame {
    struct flux_flow base;
};

/* Gives birth to the flow that has the helper until long after the signal. */
static enum flux_next run_Holder(struct flux_flow *base)
{
    static bool started;
    switch (base->at) {
    case 0:
        if (started)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        started = true;
        return flux_source_done(base, 1);
    case 1:
        if (!flux_block(base, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        held = 1;
        WAIT_UNTIL(queued);
        kill(getpid(), SIGTERM);
        WAIT_UNTIL(flux_stopping());
        for (int i = 0; i < 50; i++)
            wait_a_little();
        if (!flux_unblock(base, 3))
            return FLUX_PARKED;
        /* fall through */
    default:
        return FLUX_ENDED;
    }
}

static enum flux_next run_Source(struct flux_flow *base)
{
    switch (base->at) {
    case 0:
        WAIT_UNTIL(held);
        queued = 1;
        if (!flux_block(base, 1))
            return FLUX_PARKED;
        /* fall through */
    case 1:
        CHECK(sem_wait(&never) == -1 && errno == EINTR);
        interrupted++;
        if (!flux_unblock(base, 2))
            return FLUX_PARKED;
        /* fall through */
    default:
        return flux_source_fail(base, &node, EINTR, false);
    }
}

static int set_up(void)
{
    sem_init(&never, 0, 0);
    return 0;
}

static int check(void)
{
    CHECK(interrupted == 1);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Holder, frame)}, {SOURCE(Source, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("helper_queue"), .sources = sources,
                                          .source_count = 2, .initial = set_up, .final = check};
