/* Flows that are handed constraints go first, but not for ever: six constraints that flows pass
 * on without a pause keep something for either loop at any time, and yet sources that sleep, one
 * on each loop, have their turn. The busy ones go on until they all have had it. */
// runtimes: event
// args: --loops 2
#include "runtime.h"
#include "testing.h"

#define GATES    6
#define FLOWS    (3 * GATES)
#define SLEEPERS 2

static struct flux_constraint gates[GATES] = {FLUX_CONSTRAINT("a", 0), FLUX_CONSTRAINT("b", 1),
                                              FLUX_CONSTRAINT("c", 2), FLUX_CONSTRAINT("d", 3),
                                              FLUX_CONSTRAINT("e", 4), FLUX_CONSTRAINT("f", 5)};
static struct flux_constraint *const constraints[GATES] = {&gates[0], &gates[1], &gates[2],
                                                           &gates[3], &gates[4], &gates[5]};
static _Atomic int begun, seen;
static _Atomic long turns;

struct frame {
    struct flux_flow base;
    struct flux_constraint *gate;
};

static enum flux_next run_Turns(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        if (begun == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->gate = &gates[begun++ % GATES];
        return flux_source_done(base, 1);
    case 1:
        while (seen < SLEEPERS) {
            if (!flux_take(base, frame->gate, FLUX_WRITE, 2))
                return FLUX_PARKED;
            if (!flux_turn(base, 2)) /* nobody was in the way; so that somebody will be */
                return FLUX_PARKED;
            /* fall through */
        case 2:
            turns++;
            flux_give(base, frame->gate, FLUX_WRITE);
        }
    }
    return FLUX_ENDED;
}

/* A copy on each loop. */
static enum flux_next run_Sleeps(struct flux_flow *base)
{
    while (turns < 10000)
        usleep(1000);
    for (int i = 0; i < 20; i++)
        usleep(1000);
    if (++seen < SLEEPERS)
        CHECK(sleep(3600) > 0); /* until the other copy ends both */
    return flux_source_fail(base, NULL, FLUX_STOP, false);
}

static int final(void)
{
    CHECK(begun == FLOWS && seen == SLEEPERS);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Turns, frame)},
                                             {SOURCE(Sleeps, frame), .parallel = true}};
const struct flux_program flux_program = {TEST_PROGRAM("handed"),    .sources = sources,
                                          .source_count = 2,         .constraints = constraints,
                                          .constraint_count = GATES, .final = final};
