/* R36: limits of more than half a second, which under `thread` no timer of their own ends: they end
 * in time while others last longer, and not before it, whatever else ends on that thread; a stop
 * cancels those that are idle and no others. */
#include "testing.h"

#define CROWD 200 /* flows with limits of all lengths; their threads come and go meanwhile */

enum { FAR = CROWD, FLOWS };

static int silent[2], far[2], ready[2];
static _Atomic int far_begun, ended, cancelled, expired;

struct frame {
    struct flux_flow base;
    int number;
    int64_t limit; /* ms */
    uint64_t began;
};

static bool wait_for(struct frame *frame, int fd, int64_t limit, bool idle, uint32_t at)
{
    frame->limit = limit;
    frame->began = flux_now();
    return flux_await(&frame->base, fd, FLUX_READABLE, limit, idle, at);
}

static void check_expired(const struct frame *frame)
{
    CHECK(frame->base.error == ETIMEDOUT);
    CHECK(flux_now() - frame->began >= (uint64_t)frame->limit * 1000000);
}

/* One waits for ten minutes, until all others are done. They wait for what is there; then in vain,
 * and some of them with ever shorter limits; then for what is there again. A source waits, too. */
static enum flux_next run_Crowd(struct flux_flow *base)
{
    static int next;
    struct frame *frame = (struct frame *)base;

    switch (base->at) {
    case 0:
        if (test_scenario() != NULL || next == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->number = FAR - next;
        if (next == 1) {
            WAIT_UNTIL(far_begun);
            if (!wait_for(frame, silent[0], 700, false, 1))
                return FLUX_PARKED;
        }
        /* fall through */
    case 1:
        if (next == 1)
            check_expired(frame);
        next++;
        return flux_source_done(base, 2);
    case 2:
        far_begun = far_begun || frame->number == FAR;
        if (!wait_for(frame, frame->number == FAR ? far[0] : ready[0], 600000, false, 3))
            return FLUX_PARKED;
        /* fall through */
    case 3:
        CHECK(base->error == 0);
        if (frame->number == FAR) {
            CHECK(ended == CROWD);
            break;
        }
        if (!wait_for(frame, silent[0], frame->number * 37 % 1500, false, 4))
            return FLUX_PARKED;
        /* fall through */
    case 4:
        check_expired(frame);
        if (frame->number % 8 == 0 && !wait_for(frame, silent[0], frame->limit / 2 + 100, false, 5))
            return FLUX_PARKED;
        /* fall through */
    case 5:
        check_expired(frame);
        if (!wait_for(frame, ready[0], frame->number % 2 == 0 ? -1 : 5000, false, 6))
            return FLUX_PARKED;
        /* fall through */
    case 6:
        CHECK(base->error == 0);
        if (++ended == CROWD)
            CHECK(write(far[1], "!", 1) == 1);
    }
    return FLUX_ENDED;
}

/* In the scenario: four flows, of which two are idle. */
static enum flux_next run_Stopped(struct flux_flow *base)
{
    static int next;
    struct frame *frame = (struct frame *)base;
    bool idle;

    switch (base->at) {
    case 0:
        if (test_scenario() == NULL || next == 4)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->number = next++;
        return flux_source_done(base, 1);
    case 1:
        idle = frame->number < 2;
        flux_log(FLUX_INFO, "waits");
        if (!wait_for(frame, silent[0], idle ? 600000 : 1000, idle, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        if (base->error == ECANCELED) {
            cancelled++;
        } else {
            check_expired(frame);
            expired++;
        }
    }
    return FLUX_ENDED;
}

static int initial(void)
{
    struct child child;

    CHECK(pipe(silent) == 0 && pipe(far) == 0 && pipe(ready) == 0);
    CHECK(write(ready[1], "!", 1) == 1);
    if (test_scenario() != NULL)
        return 0;

    child_start(&child, "stop", ARGUMENTS(NULL));
    child_await(&child, "waits", 4);
    kill(child.pid, SIGTERM);
    int status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "cancelled 2 expired 2") == 1);
    child_free(&child);
    return 0;
}

static int final(void)
{
    if (test_scenario() == NULL)
        CHECK(ended == CROWD);
    flux_log(FLUX_INFO, "cancelled %d expired %d", cancelled, expired);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Crowd, frame)}, {SOURCE(Stopped, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("deadlines"), .sources = sources,
                                          .source_count = 2, .initial = initial, .final = final};
