/* R28, R29, R33: no update is lost under writers, readers overlap and never meet a writer, and two
 * constraints taken in order by all do not lock anybody out. Plain variables: a race is also what
 * ThreadSanitizer sees. */
#include "testing.h"

#define FLOWS 40000

static struct flux_constraint first = FLUX_CONSTRAINT("first", 0);
static struct flux_constraint second = FLUX_CONSTRAINT("second", 1);

static long both, one;               /* protected by first, and by second */
static _Atomic int readers, writers; /* of second */
static _Atomic long started, bad;

struct frame {
    struct flux_flow base;
    long number;
};

static void write_second(void)
{
    if (atomic_fetch_add(&writers, 1) != 0 || atomic_load(&readers) != 0)
        bad++;
    one++;
    atomic_fetch_sub(&writers, 1);
}

static void begin_reading(void)
{
    atomic_fetch_add(&readers, 1);
    if (atomic_load(&writers) != 0)
        bad++;
}

static void end_reading(void)
{
    if (atomic_load(&writers) != 0)
        bad++;
    atomic_fetch_sub(&readers, 1);
}

static enum flux_next run_Count(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        frame->number = atomic_fetch_add(&started, 1);
        if (frame->number >= FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        return flux_source_done(base, 1);
    case 1:
        if (!flux_take(base, &first, FLUX_WRITE, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        both++;
        if (!flux_take(base, &second, frame->number % 4 == 0 ? FLUX_WRITE : FLUX_READ, 3))
            return FLUX_PARKED;
        /* fall through */
    case 3:
        if (frame->number % 4 == 0) {
            write_second();
        } else {
            begin_reading();
            end_reading();
        }
        flux_give(base, &second, frame->number % 4 == 0 ? FLUX_WRITE : FLUX_READ);
        flux_give(base, &first, FLUX_WRITE);
        if (!flux_take(base, &second, FLUX_READ, 4))
            return FLUX_PARKED;
        /* fall through */
    case 4:
        begin_reading();
        if (frame->number % 256 == 1)
            wait_a_little(); /* a writer that came now would be seen */
        if (!flux_turn(base, 5))
            return FLUX_PARKED;
        /* fall through */
    case 5:
        end_reading();
        flux_give(base, &second, FLUX_READ);
    }
    return FLUX_ENDED;
}

static int check(void)
{
    CHECK(both == FLOWS);
    CHECK(one == FLOWS / 4);
    CHECK(bad == 0);
    CHECK(flux_load().flows == 0);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Count, frame), .parallel = true}};
static struct flux_constraint *const constraints[] = {&first, &second};
const struct flux_program flux_program = {TEST_PROGRAM("exclusion"), .sources = sources,
                                          .source_count = 1,         .constraints = constraints,
                                          .constraint_count = 2,     .final = check};
