// runtimes: thread
/* When the system gives no more threads their sources wait, which is said once, and every flow runs
 * in the end; so do they when --threads of them are there. A thousand idle flows, a thread each,
 * are all cancelled by one stop (R36). */
#include "testing.h"

#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define FLOWS 60
#define CROWD 1000

static int quiet[2];
static _Atomic int running, most, ended;

struct frame {
    struct flux_flow base;
};

PLACE(place, "Work");

/* Flows pile up until no more can be started: then the source is waiting, and they may end. */
static void work(void)
{
    int now = ++running;
    if (now > most)
        most = now;
    for (int i = 0; i < 50 && running <= now; i++)
        wait_a_little();
    running--;
    ended++;
}

static enum flux_next run_Work(struct flux_flow *base)
{
    static int next;
    switch (base->at) {
    case 0:
        if (scenario_is("crowd") ? next == CROWD : next == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        next++;
        return flux_source_done(base, 1);
    case 1:
        if (!scenario_is("crowd")) {
            work();
            return FLUX_ENDED;
        }
        if (++running == CROWD)
            flux_log(FLUX_INFO, "all there");
        if (!flux_await(base, quiet[0], FLUX_READABLE, -1, true, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        CHECK(base->error == ECANCELED);
        flux_unhandled(base, &place, base->error);
    }
    return FLUX_ENDED;
}

/* Room for a handful of stacks of 64 MiB. */
static void limit_memory(void)
{
    struct rlimit limit = {.rlim_cur = 500 << 20, .rlim_max = 500 << 20};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

static int initial(void)
{
    struct child child;
    int status;

    CHECK(pipe(quiet) == 0);
    if (scenario_is("no memory") && !SANITIZED)
        limit_memory();
    if (test_scenario() != NULL)
        return 0;

    child_start(&child, "no memory", ARGUMENTS((char *)"--stack-size=64M"));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, SANITIZED || child_count(&child, "no thread for a flow") == 1);
    child_free(&child);

    child_start(&child, "limit", ARGUMENTS((char *)"--threads", (char *)"5"));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    child_free(&child);

    child_start(&child, "crowd", ARGUMENTS((char *)"--stack-size=64K"));
    child_await(&child, "all there", 1);
    kill(child.pid, SIGTERM);
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "1000 idle flows ended by the stop") == 1);
    child_free(&child);
    _exit(0);
}

static int final(void)
{
    if (scenario_is("no memory"))
        CHECK(ended == FLOWS && (SANITIZED || most < FLOWS));
    if (scenario_is("limit"))
        CHECK(ended == FLOWS && most <= 5);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Work, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("no-more-threads"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};
