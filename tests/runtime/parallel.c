/* R16, R14: the copies of a parallel source run at once, and FLUX_STOP from one of them ends the
 * others, which block, and leaves other sources alone. */
#include "runtime.h"
#include "testing.h"

static int silent[2];
static _Atomic unsigned blocked, stopped;
static _Atomic int other;

struct frame {
    struct flux_flow base;
};

/* All copies but one block in read; the last one to come ends the source. */
static int accept_node(void)
{
    char byte;
    if (++blocked == fluxi_runtime_copies())
        return FLUX_STOP;
    CHECK(read(silent[0], &byte, 1) < 0);
    CHECK(errno == EINTR);
    CHECK(flux_stopping());
    stopped++;
    return EINTR;
}

static enum flux_next run_Accept(struct flux_flow *base)
{
    if (base->at != 0)
        return FLUX_ENDED;
    int error = accept_node();
    return error != 0 ? flux_source_fail(base, NULL, error, false) : flux_source_done(base, 1);
}

/* Goes on until all others have stopped. */
static enum flux_next run_Other(struct flux_flow *base)
{
    if (base->at != 0)
        return FLUX_ENDED;
    CHECK(!flux_stopping());
    if (other > 0 && stopped == fluxi_runtime_copies() - 1)
        return flux_source_fail(base, NULL, FLUX_STOP, false);
    other++;
    wait_a_little();
    return flux_source_done(base, 1);
}

static int initial(void)
{
    CHECK(pipe(silent) == 0);
    return 0;
}

static int final(void)
{
    CHECK(stopped == fluxi_runtime_copies() - 1);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Accept, frame), .parallel = true},
                                             {SOURCE(Other, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("parallel"), .sources = sources,
                                          .source_count = 2, .initial = initial, .final = final};
