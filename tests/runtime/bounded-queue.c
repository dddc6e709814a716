// runtimes: pool
// args: --threads 2 --queue 4
/* A source is never further ahead of the workers than the queue is long; a flow that goes on after
 * it has waited needs no room in it (R33): both workers' flows wait for one constraint while the
 * queue is full, and their source, with the next flow in its hand, waits for them. */
#include "testing.h"

#define FLOWS 2000

static struct flux_constraint slow = FLUX_CONSTRAINT("slow", 0);
static _Atomic int begun, inside;
static int ended; /* protected by slow */

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Make(struct flux_flow *base)
{
    static int born;
    switch (base->at) {
    case 0:
        /* All but four queued, and one that each worker has just taken, have begun. */
        CHECK(born - begun <= 4 + 2);
        if (born == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        born++;
        return flux_source_done(base, 1);
    case 1:
        begun++;
        if (!flux_take(base, &slow, FLUX_WRITE, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        CHECK(inside++ == 0);
        if (ended % 100 == 0)
            wait_a_little();
        if (!flux_turn(base, 3))
            return FLUX_PARKED;
        /* fall through */
    case 3:
        inside--;
        ended++;
        flux_give(base, &slow, FLUX_WRITE);
    }
    return FLUX_ENDED;
}

static int final(void)
{
    CHECK(ended == FLOWS);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Make, frame)}};
static struct flux_constraint *const constraints[] = {&slow};
const struct flux_program flux_program = {
    TEST_PROGRAM("bounded-queue"), .sources = sources,    .source_count = 1,
    .constraints = constraints,    .constraint_count = 1, .final = final};
