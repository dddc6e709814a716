/* A stop interrupts sources wherever they block, cancels idle awaits and those of sources, parked
 * before it or after, and lets everybody else finish. FLUX_STOP from one copy of a parallel source
 * interrupts the others. */
// runtimes: event trace
#include "peers.h"

static int quiet[2]; /* nothing ever comes */
static struct sockaddr_in address;
static int listener;
static _Atomic int blocked, interrupted, cancelled, finished, copies, copies_ended;

PLACE(node, "Node");

struct frame {
    struct flux_flow base;
};

/* What a source does until it is interrupted. */
static int block_in(int kind)
{
    char byte;
    blocked++;
    switch (kind) {
    case 0:
        return accept(listener, NULL, NULL) < 0 ? errno : 0;
    case 1:
        return read(quiet[0], &byte, 1) < 0 ? errno : 0;
    case 2:
        return sleep(3600) > 0 ? EINTR : 0;
    case 3:
        return poll(&(struct pollfd){.fd = quiet[0], .events = POLLIN}, 1, -1) < 0 ? errno : 0;
    default:
        return nanosleep(&(struct timespec){.tv_sec = 3600}, NULL) < 0 ? errno : 0;
    }
}

#define BLOCKING_SOURCE(number)                                                                    \
    static enum flux_next run_Blocks##number(struct flux_flow *base)                               \
    {                                                                                              \
        int error = block_in(number);                                                              \
        CHECK(error == EINTR && flux_stopping());                                                  \
        interrupted++;                                                                             \
        return flux_source_fail(base, &node, error, false);                                        \
    }
BLOCKING_SOURCE(0)
BLOCKING_SOURCE(1)
BLOCKING_SOURCE(2)
BLOCKING_SOURCE(3)
BLOCKING_SOURCE(4)

/* A source that awaits. */
static enum flux_next run_Awaits(struct flux_flow *base)
{
    if (base->at == 0) {
        blocked++;
        if (!flux_await(base, quiet[0], FLUX_READABLE, -1, false, 1))
            return FLUX_PARKED;
    }
    CHECK(base->error == ECANCELED && flux_stopping());
    cancelled++;
    return flux_source_fail(base, &node, base->error, false);
}

/* A source that fails and waits to run again is over at once. */
static enum flux_next run_Fails(struct flux_flow *base)
{
    return flux_source_fail(base, &node, EIO, true);
}

/* Copies of a source: the last to come ends them all. */
static enum flux_next run_Copies(struct flux_flow *base)
{
    if (++copies == (int)flux_load().workers) {
        copies_ended++;
        return flux_source_fail(base, &node, FLUX_STOP, false);
    }
    CHECK(usleep(3600000000u) == -1 && errno == EINTR);
    CHECK(copies_ended > 0 && flux_stopping());
    copies_ended++;
    return flux_source_fail(base, &node, EINTR, false);
}

/* Flows: one is idle when the stop comes, one becomes idle afterwards, one is in the middle of an
 * await that is not idle, one in a call; these last two finish. */
static int busy[2];
static _Atomic int flows;

static enum flux_next run_Flows(struct flux_flow *base)
{
    char byte;
    switch (base->at) {
    case 0:
        if (flows == 4)
            return flux_source_fail(base, &node, FLUX_STOP, false);
        return flux_source_done(base, (uint32_t)++flows);
    case 1:
        blocked++;
        if (!flux_await(base, quiet[0], FLUX_READABLE, 3600000, true, 11))
            return FLUX_PARKED;
        /* fall through */
    case 11:
        CHECK(base->error == ECANCELED && flux_stopping());
        cancelled++;
        return FLUX_ENDED;
    case 2:
        blocked++;
        while (!flux_stopping())
            usleep(1000);
        CHECK(usleep(1000) == 0);
        CHECK(flux_await(base, busy[0], FLUX_READABLE, -1, true, 12));
        CHECK(base->error == ECANCELED);
        cancelled++;
        CHECK(write(busy[1], "ab", 2) == 2);
        return FLUX_ENDED;
    case 3:
        blocked++;
        if (!flux_await(base, busy[0], FLUX_READABLE, -1, false, 13))
            return FLUX_PARKED;
        /* fall through */
    case 13:
        CHECK(base->error == 0 && flux_stopping());
        CHECK(read(busy[0], &byte, 1) == 1);
        finished++;
        return FLUX_ENDED;
    default:
        blocked++;
        CHECK(read(busy[0], &byte, 1) == 1);
        CHECK(flux_stopping());
        finished++;
        return FLUX_ENDED;
    }
}

static enum flux_next run_Stopper(struct flux_flow *base)
{
    if (base->at == 0) {
        static bool started;
        if (started)
            return flux_source_fail(base, &node, FLUX_STOP, false);
        started = true;
        return flux_source_done(base, 1);
    }
    while (blocked < 10 || copies_ended < (int)flux_load().workers)
        usleep(1000);
    usleep(1000);
    kill(getpid(), SIGTERM);
    return FLUX_ENDED;
}

static int set_up(void)
{
    pair_new(SOCK_STREAM, quiet);
    pair_new(SOCK_STREAM, busy);
    listener = listener_new(&address);
    return 0;
}

static int check(void)
{
    CHECK(interrupted == 5);
    CHECK(cancelled == 3);
    CHECK(finished == 2);
    return 0;
}

static const struct flux_source sources[] = {
    {SOURCE(Blocks0, frame)}, {SOURCE(Blocks1, frame)}, {SOURCE(Blocks2, frame)},
    {SOURCE(Blocks3, frame)}, {SOURCE(Blocks4, frame)}, {SOURCE(Awaits, frame)},
    {SOURCE(Fails, frame)},   {SOURCE(Flows, frame)},   {SOURCE(Copies, frame), .parallel = true},
    {SOURCE(Stopper, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("stop"), .sources = sources,
                                          .source_count = sizeof sources / sizeof *sources,
                                          .initial = set_up, .final = check};
