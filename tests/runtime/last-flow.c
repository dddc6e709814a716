// args: --max-flows 1
// runtimes: thread pool
/* A program ends after its last flow: also when that flow is admitted, and its source ends, in the
 * moment in which the flow before it is leaving. Here that moment is long: the thread that has made
 * room, and has said so, is held up until the source has stopped. */
#include "testing.h"

#include <dlfcn.h>
#include <pthread.h>

#define FLOWS   2
#define LIMIT   200 /* ms; the last flow waits for so long, and under `pool` holds no thread */
#define HELD_UP 20  /* ms, for the source's thread to end after its last run */

static int nothing[2];
static _Atomic int made, ended;
static atomic_bool stopped;
static _Thread_local bool made_room;

/* ---- in place of the library's --------------------------------------------------------------- */

int pthread_cond_signal(pthread_cond_t *condition)
{
    int (*signal)(pthread_cond_t *);
    *(void **)(void *)&signal = dlsym(RTLD_NEXT, "pthread_cond_signal");
    made_room = true;
    return signal(condition);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    int (*unlock)(pthread_mutex_t *);
    *(void **)(void *)&unlock = dlsym(RTLD_NEXT, "pthread_mutex_unlock");
    int error = unlock(mutex);
    if (made_room) {
        made_room = false;
        WAIT_UNTIL(stopped);
        for (int i = 0; i < HELD_UP; i++)
            wait_a_little();
    }
    return error;
}

/* ---- the program ----------------------------------------------------------------------------- */

struct frame {
    struct flux_flow base;
    int number;
};

static enum flux_next run_Make(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        stopped = made == FLOWS;
        if (stopped)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->number = made++;
        return flux_source_done(base, 1);
    case 1:
        if (frame->number < FLOWS - 1) {
            WAIT_UNTIL(flux_load().flows == 1 && made == FLOWS); /* the source waits for room */
        } else if (!flux_await(base, nothing[0], FLUX_READABLE, LIMIT, false, 2)) {
            return FLUX_PARKED;
        }
        /* fall through */
    case 2:
        ended++;
    }
    return FLUX_ENDED;
}

static int initial(void)
{
    CHECK(pipe(nothing) == 0);
    return 0;
}

static int final(void)
{
    CHECK(ended == FLOWS);
    close(nothing[0]);
    close(nothing[1]);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Make, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("last-flow"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};
