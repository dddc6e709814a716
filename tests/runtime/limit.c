// args: --max-flows 3
/* R33: sources wait while --max-flows flows are alive; flows that are alive never do. */
#include "testing.h"

#define FLOWS 300

static struct flux_constraint gate = FLUX_CONSTRAINT("gate", 0);
static _Atomic int alive, most, ended;

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Make(struct flux_flow *base)
{
    static _Atomic int next;
    switch (base->at) {
    case 0:
        if (next++ >= FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        return flux_source_done(base, 1);
    case 1: {
        int now = ++alive;
        if (now > most)
            most = now;
        CHECK(flux_load().flows <= 3 && flux_load().flows >= 1 && flux_load().limit == 3);
        if (!flux_take(base, &gate, FLUX_WRITE, 2))
            return FLUX_PARKED;
    }
        /* fall through */
    case 2:
        if (!flux_turn(base, 3))
            return FLUX_PARKED;
        /* fall through */
    case 3:
        flux_give(base, &gate, FLUX_WRITE);
        alive--;
        ended++;
    }
    return FLUX_ENDED;
}

static int final(void)
{
    CHECK(ended == FLOWS && most <= 3);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Make, frame), .parallel = true},
                                             {SOURCE(Make, frame)}};
static struct flux_constraint *const constraints[] = {&gate};
const struct flux_program flux_program = {TEST_PROGRAM("limit"), .sources = sources,
                                          .source_count = 2,     .constraints = constraints,
                                          .constraint_count = 1, .final = final};
