/* R14: a source that fails is run again, from the tenth failure in a row after a wait that grows;
 * one that is out of descriptors waits from the first and says so once. */
#include "testing.h"

static uint64_t began, ended;
static int runs;

struct frame {
    struct flux_flow base;
};

PLACE(place, "Fail");

/* 18 failures: those from the tenth on wait 1 + 2 + 4 + 8 + 16 + 32 + 64 + 100 + 100 ms. */
static int fail(void)
{
    if (runs == 0)
        began = flux_now();
    runs++;
    if (runs <= 18)
        return scenario_is("descriptors") ? EMFILE : EAGAIN;
    if (runs == 19)
        ended = flux_now();
    return runs < 25 ? 0 : runs < 30 ? EAGAIN : FLUX_STOP;
}

static enum flux_next run_Fail(struct flux_flow *base)
{
    if (base->at == 0) {
        int error = fail();
        return error == 0 ? flux_source_done(base, 1)
                          : flux_source_fail(base, &place, error, false);
    }
    return FLUX_ENDED;
}

static int final(void)
{
    uint64_t least = scenario_is("descriptors") ? 1227 : 327;
    struct timespec cpu;
    CHECK(runs == 30);
    CHECK(ended - began >= least * 1000000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    CHECK(cpu.tv_sec == 0); /* it has not been spinning */
    return 0;
}

static int initial(void)
{
    struct child child;
    int status;
    if (test_scenario() != NULL)
        return 0;
    child_start(&child, "nothing to do", ARGUMENTS(NULL));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "Fail has failed 10 times in a row") == 1);
    CHECK_CHILD(&child, child_count(&child, " warning") == 1);
    child_free(&child);
    child_start(&child, "descriptors", ARGUMENTS(NULL));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "source Fail waits: Fail: Too many open files") == 1);
    CHECK_CHILD(&child, child_count(&child, " warning") == 1);
    child_free(&child);
    _exit(0);
}

static const struct flux_source sources[] = {{SOURCE(Fail, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("failing-source"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};
