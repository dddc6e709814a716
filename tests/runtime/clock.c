/* R15: a clock's flows begin a period apart at least, do not overlap, and make one of the ticks
 * that fall while one runs; a slow flow does not move the ticks that follow. */
#include "testing.h"

#define PERIOD UINT64_C(20000000)
#define FLOWS  8

static _Atomic int running, flows;
static uint64_t began;
static _Atomic uint64_t slow; /* when flow 2 began */

struct frame {
    struct flux_flow base;
};

static void work(void)
{
    int number = flows++;
    uint64_t now = flux_now();
    CHECK(running++ == 0);
    CHECK(now - began >= (uint64_t)(number + 1) * PERIOD);
    /* Three ticks or four fall while flow 2 runs and become flow 3. If each had a flow, or even two
     * of them, flow 6 would start half a period earlier. */
    if (number == 2)
        slow = now;
    if (number == 6)
        CHECK(now - slow >= 9 * PERIOD / 2);
    if (number == 2)
        WAIT_UNTIL(flux_now() >= slow + 7 * PERIOD / 2);
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
    CHECK(flows >= FLOWS);
    CHECK(running == 0);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Tick, frame), .period = PERIOD}};
const struct flux_program flux_program = {TEST_PROGRAM("clock"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};
