// runtimes: thread pool event
/* R43: what `initial` has set up is torn down, too, where the system then gives no threads: the
 * program says so, runs `final` and exits 1. So it does where processes ended badly. Where all
 * threads but the last are there, no source has run: what it had accepted would be lost. */
#include "testing.h"

#include <dlfcn.h>
#include <pthread.h>

#define SOURCES 3

/* How many threads a start creates: with --threads=2 workers, --loops=3; `thread` has one that
 * watches deadlines. */
static int threads_of_a_start(void)
{
    return is_runtime("pool") ? 2 + SOURCES : is_runtime("event") ? 3 : 1 + SOURCES;
}

/* In place of the library's. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    static int created;
    if (scenario_is("half-way") && ++created < threads_of_a_start()) {
        int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
        *(void **)(void *)&create = dlsym(RTLD_NEXT, "pthread_create");
        return create(thread, attributes, start, argument);
    }
    for (int i = 0; scenario_is("half-way") && i < 30; i++)
        wait_a_little(); /* for a source that should not run */
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
    char *option = (char *)(is_runtime("pool") ? "--threads=2" : "--loops=3");
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

    child_start(&child, "half-way", ARGUMENTS(is_runtime("thread") ? NULL : option));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 1));
    CHECK_CHILD(&child, child_count(&child, "final") == 1);
    CHECK_CHILD(&child, child_count(&child, strerror(EAGAIN)) == 1);
    CHECK_CHILD(&child, child_count(&child, "does not hold") == 0);
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

static const struct flux_source sources[SOURCES] = {
    {SOURCE(Never, frame)}, {SOURCE(Never, frame)}, {SOURCE(Never, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("start-fails"), .sources = sources,
                                          .source_count = SOURCES, .initial = initial,
                                          .final = final};
