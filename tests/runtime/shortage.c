// runtimes: thread pool event
/* R14, R16: out of descriptors, all copies of a parallel source wait, which is said once. */
#include "testing.h"

#include <sched.h>

#define FAILURES 6 /* of each copy */

struct frame {
    struct flux_flow base;
};

PLACE(node, "Accept");

/* Ends when each of two copies has failed often enough. */
static enum flux_next run_Accept(struct flux_flow *base)
{
    static _Atomic int failures, copies;
    static _Thread_local bool seen;
    if (!seen)
        copies++;
    seen = true;
    int error = ++failures >= 2 * FAILURES && copies >= 2 ? FLUX_STOP : EMFILE;
    return flux_source_fail(base, &node, error, false);
}

static int initial(void)
{
    struct child child;
    cpu_set_t cpus;
    int status;

    if (test_scenario() != NULL)
        return 0;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0 || CPU_COUNT(&cpus) < 2) {
        puts("there is one CPU, and so one copy of a source");
        exit(77);
    }
    child_start(&child, "shortage", ARGUMENTS(NULL));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "source Accept waits: ") == 1);
    child_free(&child);
    _exit(0);
}

static const struct flux_source sources[] = {{SOURCE(Accept, frame), .parallel = true}};
const struct flux_program flux_program = {TEST_PROGRAM("shortage"), .sources = sources,
                                          .source_count = 1, .initial = initial};
