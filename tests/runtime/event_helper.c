/* R35 and section 11: with one helper, Hold keeps c while it waits for the helper, and others wait
 * for c; nobody may occupy the helper while waiting for c, and no loop stands still meanwhile. */
// runtimes: event
// args: --helpers 1
#include "peers.h"

#define FLOWS 200

static struct flux_constraint c = FLUX_CONSTRAINT("c", 0);
static long updates; /* by c */
static int begun_holds, begun_outers, ticks;
static _Atomic int crunching, crunched, ended;
static _Atomic bool overlapped;

struct frame {
    struct flux_flow base;
    void *kept;
};

/* The node that keeps a CPU busy: on a helper, so neither errno nor memory of its flow is lost. */
static void crunch(struct frame *frame)
{
    CHECK(crunching++ == 0); /* there is one helper */
    frame->kept = flux_alloc(8);
    CHECK(frame->kept != NULL);
    struct timespec pause = {.tv_nsec = 200000};
    nanosleep(&pause, NULL);
    crunched++;
    crunching--;
}

/* Hold = Crunch;  atomic Hold:{c};  blocking Crunch; */
static enum flux_next run_Hold(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        if (begun_holds == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        begun_holds++;
        return flux_source_done(base, 1);
    case 1:
        if (!flux_take(base, &c, FLUX_WRITE, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        if (!flux_block(base, 3))
            return FLUX_PARKED;
        /* fall through */
    case 3:
        crunch(frame);
        base->error = 4711;
        if (!flux_unblock(base, 4))
            return FLUX_PARKED;
        /* fall through */
    case 4:
        CHECK(base->error == 4711);
        updates++;
        flux_give(base, &c, FLUX_WRITE);
        ended++;
    }
    return FLUX_ENDED;
}

/* Outer = P -> Q;  atomic Q:{c};  blocking P; */
static enum flux_next run_Outer(struct flux_flow *base)
{
    switch (base->at) {
    case 0:
        if (begun_outers == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        begun_outers++;
        return flux_source_done(base, 1);
    case 1:
        if (!flux_block(base, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        crunch((struct frame *)base);
        if (!flux_unblock(base, 3))
            return FLUX_PARKED;
        /* fall through */
    case 3:
        if (!flux_take(base, &c, FLUX_WRITE, 4))
            return FLUX_PARKED;
        /* fall through */
    case 4:
        updates++;
        flux_give(base, &c, FLUX_WRITE);
        ended++;
    }
    return FLUX_ENDED;
}

/* A clock whose flows see a helper at work: the loop is free. */
static enum flux_next run_Tick(struct flux_flow *base)
{
    (void)base;
    ticks++;
    if (crunching > 0)
        overlapped = true;
    return FLUX_ENDED;
}

/* Ends when all have. */
static enum flux_next run_Last(struct flux_flow *base)
{
    if (base->at == 1)
        return FLUX_ENDED;
    while (ended < 2 * FLOWS)
        usleep(500);
    kill(getpid(), SIGTERM); /* for the clock's sake */
    return flux_source_fail(base, NULL, FLUX_STOP, false);
}

static int check(void)
{
    CHECK(updates == 2 * FLOWS);
    CHECK(crunched == 2 * FLOWS);
    CHECK(ticks > 0 && overlapped);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Hold, frame)},
                                             {SOURCE(Outer, frame)},
                                             {SOURCE(Tick, frame), .period = 500000},
                                             {SOURCE(Last, frame)}};
static struct flux_constraint *const constraints[] = {&c};
const struct flux_program flux_program = {TEST_PROGRAM("helper"), .sources = sources,
                                          .source_count = 4,      .constraints = constraints,
                                          .constraint_count = 1,  .final = check};
