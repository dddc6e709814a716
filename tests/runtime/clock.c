/* R15: a clock's flows begin a period apart at least, do not overlap, and make one of the ticks
 * that fall while one runs; a slow flow does not move the ticks that follow. */
#include "testing.h"

#define PERIOD UINT64_C(20000000)
#define FLOWS  8

static _Atomic int running, flows;
static _Atomic uint64_t began;

struct frame {
    struct flux_flow base;
};

static void work(void)
{
    int number = flows++;
    uint64_t now = flux_now();
    CHECK(running++ == 0);
    /* Flow 2 lasts from tick 3 to after tick 6: 4, 5 and 6 become flow 3, tick 7 is flow 4's. */
    CHECK(now - began >= (uint64_t)(number < 4 ? number + 1 : number + 3) * PERIOD);
    if (number == 2)
        WAIT_UNTIL(flux_now() >= began + 13 * PERIOD / 2);
    if (number == FLOWS - 1)
        kill(getpid(), SIGTERM);
    CHECK(running-- == 1);
}

static enum flux_next run_Tick(struct flux_flow *base)
{
    switch (base->at) {
    case 0:
        if (!flux_turn(base, 1))
            return FLUX_PARKED;
        /* fall through */
    case 1:
        work();
    }
    return FLUX_ENDED;
}

static int initial(void)
{
    began = flux_now();
    return 0;
}

static int final(void)
{
    CHECK(flows == FLOWS || flows == FLOWS + 1);
    CHECK(running == 0);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Tick, frame), .period = PERIOD}};
const struct flux_program flux_program = {TEST_PROGRAM("clock"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};
