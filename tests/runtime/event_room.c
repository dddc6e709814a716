/* A source whose flow has waited for room goes on on its own loop, where its timer is, and where
 * FLUX_STOP of another copy looks for it. */
// runtimes: event
// args: --loops 2 --max-flows 2
#include "runtime.h"
#include "testing.h"

#include <pthread.h>

#define COPIES 2
#define FLOWS  400 /* of each copy */

static pthread_t threads[COPIES];
static int born[COPIES];
static _Atomic int done, ended;

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Make(struct flux_flow *base)
{
    if (base->at == 0) {
        unsigned copy = base->origin->copy;
        if (born[copy] == 0)
            threads[copy] = pthread_self();
        CHECK(pthread_equal(threads[copy], pthread_self()));
        if (born[copy]++ < FLOWS)
            return flux_source_done(base, 1);
        if (++done < COPIES)
            CHECK(sleep(3600) > 0); /* until the other copy ends both */
        return flux_source_fail(base, NULL, FLUX_STOP, false);
    }
    if (base->id % 2 == 0) /* the others end while their source looks on */
        usleep(100);
    ended++;
    return FLUX_ENDED;
}

static int final(void)
{
    CHECK(done == COPIES && ended == COPIES * FLOWS);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Make, frame), .parallel = true}};
const struct flux_program flux_program = {TEST_PROGRAM("room"), .sources = sources,
                                          .source_count = 1, .final = final};
