/* R17, R28, R32: a session constraint excludes the flows of one session and no others; sessions are
 * made on demand and given back with their last flow, so that any number of them may come. */
// args: --max-flows 4000
#include "testing.h"

#include <malloc.h>

#define SESSIONS 20
#define FLOWS    60000 /* of which the last two thirds each have a session of their own */

static long counts[SESSIONS]; /* each protected by the constraint of its session */
static _Atomic int in_two;    /* two flows of different sessions have been seen at once */
static _Atomic int inside;
static size_t before;

struct frame {
    struct flux_flow base;
    int number;
};

static enum flux_next run_Visit(struct flux_flow *base)
{
    static int next;
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        if (next == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->number = next++;
        return flux_source_done(base, 1);
    case 1:
        base->session_id = frame->number < FLOWS / 3
                               ? (uint64_t)(frame->number % SESSIONS)
                               : UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)frame->number;
        CHECK(flux_session_join(base) == 0);
        CHECK(flux_session_id() == base->session_id);
        if (!flux_take_session(base, 0, FLUX_READ, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        if (!flux_take_session(base, 1, FLUX_WRITE, 3))
            return FLUX_PARKED;
        /* fall through */
    case 3:
        inside++;
        if (frame->number < FLOWS / 3)
            counts[frame->number % SESSIONS]++;
        if (!flux_turn(base, 4))
            return FLUX_PARKED;
        /* fall through */
    case 4:
        inside--;
        flux_give_session(base, 1, FLUX_WRITE);
        flux_give_session(base, 0, FLUX_READ);
    }
    return FLUX_ENDED;
}

/* Two flows meet, each holding the same constraint of its own session. */
static enum flux_next run_Meet(struct flux_flow *base)
{
    static int next;
    static _Atomic int met;
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        if (next == 2)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->number = next++;
        return flux_source_done(base, 1);
    case 1:
        base->session_id = UINT64_MAX - (uint64_t)frame->number;
        CHECK(flux_session_join(base) == 0);
        if (!flux_take_session(base, 1, FLUX_WRITE, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        met++;
        WAIT_UNTIL(met == 2);
        in_two = 1;
        flux_give_session(base, 1, FLUX_WRITE);
    }
    return FLUX_ENDED;
}

static int initial(void)
{
    before = mallinfo2().uordblks;
    return 0;
}

static int final(void)
{
    for (int i = 0; i < SESSIONS; i++)
        CHECK(counts[i] == FLOWS / 3 / SESSIONS);
    CHECK(in_two == 1 && inside == 0);
    CHECK(mallinfo2().uordblks < before + (size_t)FLOWS * 16);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Visit, frame), .sessions = true},
                                             {SOURCE(Meet, frame), .sessions = true}};
static const char *const names[] = {"basket", "user"};
const struct flux_program flux_program = {TEST_PROGRAM("session"),
                                          .sources = sources,
                                          .source_count = 2,
                                          .session_constraints = names,
                                          .session_constraint_count = 2,
                                          .initial = initial,
                                          .final = final};
