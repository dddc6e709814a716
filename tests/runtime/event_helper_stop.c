/* A source whose `blocking` node blocks on a helper is interrupted by a stop; a flow's is not. */
// runtimes: event
#include "peers.h"

#include <semaphore.h>

static sem_t never, later;
static _Atomic int blocked, interrupted, finished;

PLACE(node, "Wait");

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Source(struct flux_flow *base)
{
    switch (base->at) {
    case 0:
        if (!flux_block(base, 1))
            return FLUX_PARKED;
        /* fall through */
    case 1:
        blocked++;
        CHECK(sem_wait(&never) == -1 && errno == EINTR);
        interrupted++;
        base->error = EINTR;
        if (!flux_unblock(base, 2))
            return FLUX_PARKED;
        /* fall through */
    default:
        return flux_source_fail(base, &node, EINTR, false);
    }
}

static enum flux_next run_Flow(struct flux_flow *base)
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
        blocked++;
        CHECK(sem_wait(&later) == 0);
        finished++;
        if (!flux_unblock(base, 3))
            return FLUX_PARKED;
        /* fall through */
    default:
        return FLUX_ENDED;
    }
}

static enum flux_next run_Stopper(struct flux_flow *base)
{
    (void)base;
    while (blocked < 2)
        usleep(1000);
    kill(getpid(), SIGTERM);
    while (!interrupted)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    sem_post(&later);
    return flux_source_fail(base, NULL, FLUX_STOP, false);
}

static int set_up(void)
{
    sem_init(&never, 0, 0);
    sem_init(&later, 0, 0);
    return 0;
}

static int check(void)
{
    CHECK(interrupted == 1 && finished == 1);
    return 0;
}

static const struct flux_source sources[] = {
    {SOURCE(Source, frame)}, {SOURCE(Flow, frame)}, {SOURCE(Stopper, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("helper_stop"), .sources = sources,
                                          .source_count = 3, .initial = set_up, .final = check};
