// runtimes: thread pool event
/* R43: what `initial` has set up is torn down, too, where the system then gives no threads: the
 * program says so, runs `final` and exits 1. So it does where processes ended badly. */
#include "testing.h"

#include <pthread.h>

/* In place of the library's. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    (void)thread, (void)attributes, (void)start, (void)argument;
    return EAGAIN;
}

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Never(struct flux_flow *base)
{
    (void)base;
    CHECK(false);
}

static int initial(void)
{
    struct child child;
    int status;

    flux_log(FLUX_INFO, "initial");
    if (test_scenario() != NULL)
        return 0;

    child_start(&child, "alone", ARGUMENTS(NULL));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 1));
    CHECK_CHILD(&child, child_count(&child, "final") == 1);
    CHECK_CHILD(&child, child_count(&child, strerror(EAGAIN)) == 1);
    child_free(&child);

    child_start(&child, "family", ARGUMENTS((char *)"--processes=2"));
    child_await(&child, "another one starts", 2);
    kill(child.pid, SIGTERM);
    status = child_end(&child);
    CHECK_CHILD(&child, WIFEXITED(status));
    CHECK_CHILD(&child, child_count(&child, "final") == 1);
    child_free(&child);
    _exit(0);
}

static int final(void)
{
    flux_log(FLUX_INFO, "final");
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Never, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("start-fails"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};
