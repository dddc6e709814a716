// runtimes: pool
// args: --threads 1
/* The only worker always has a flow that can run, one that goes round without waiting. Another
 * whose descriptor is ready has its turn all the same, and so has one that is just born. */
#include "testing.h"

#define ROUNDS 20

static int ends[2];
static _Atomic int rounds, waits, made;

struct frame {
    struct flux_flow base;
    int number;
};

/* Goes round until the others are through. */
static enum flux_next run_busy(struct flux_flow *base)
{
    while (rounds < ROUNDS) {
        if (!flux_turn(base, 1))
            return FLUX_PARKED;
    }
    return FLUX_ENDED;
}

static enum flux_next run_waiting(struct flux_flow *base)
{
    char byte;
    if (base->at == 1) {
        waits++;
        if (!flux_await(base, ends[0], FLUX_READABLE, -1, false, 2))
            return FLUX_PARKED;
    }
    CHECK(base->error == 0 && read(ends[0], &byte, 1) == 1);
    rounds++;
    return FLUX_ENDED;
}

static enum flux_next run_Make(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        if (made > 1) {
            WAIT_UNTIL(waits == made - 1);
            CHECK(write(ends[1], "!", 1) == 1);
            WAIT_UNTIL(rounds == made - 1);
        }
        if (made == ROUNDS + 1)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->number = made++;
        return flux_source_done(base, 1);
    default:
        return frame->number == 0 ? run_busy(base) : run_waiting(base);
    }
}

static int initial(void)
{
    CHECK(pipe(ends) == 0);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Make, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("pool-busy"), .sources = sources,
                                          .source_count = 1, .initial = initial};
