// runtimes: pool
// args: --threads 4
/* Nodes that block hold their worker and nothing else: what is ready at the same time, becomes
 * ready later, is started or is handed a constraint is run by another worker, as long as there is
 * one. In each part flows meet: each blocks its worker until all of them are there. */
#include "testing.h"

#define WORKERS 4
#define ROUNDS  30
#define PINGS   20

enum kind { SHARED, OWN, BLOCKED, PING, FRESH, HOLDER, WAITER, KINDS };

static const int flows_of[KINDS] = {WORKERS, WORKERS, WORKERS - 1, 1, 1, 1, 1};

static int shared[2], own[WORKERS][2], ping[2];
static struct flux_constraint constraint = FLUX_CONSTRAINT("constraint", 0);
static _Atomic int about_to_wait, met, pinged, ended;
static atomic_bool released, holds, served;

#define WAITING 2u /* in the word of a constraint: a flow waits for it */

static void say(int fd)
{
    CHECK(write(fd, "!", 1) == 1);
}

static void hear(int fd)
{
    char byte;
    CHECK(read(fd, &byte, 1) == 1);
}

struct frame {
    struct flux_flow base;
    enum kind kind;
    int number; /* of its kind, in this round */
    int pings;
};

/* ---- the flows ------------------------------------------------------------------------------- */

static int fd_of(const struct frame *frame)
{
    return frame->kind == SHARED ? shared[0] : frame->kind == OWN ? own[frame->number][0] : ping[0];
}

static enum flux_next run_waiting(struct frame *frame)
{
    struct flux_flow *base = &frame->base;
    for (;;) {
        if (base->at == 1) {
            about_to_wait++;
            if (!flux_await(base, fd_of(frame), FLUX_READABLE, -1, false, 2))
                return FLUX_PARKED;
            base->at = 2;
        }
        CHECK(base->error == 0);
        if (frame->kind != PING)
            break;
        hear(ping[0]);
        pinged++;
        if (++frame->pings == PINGS)
            return FLUX_ENDED;
        base->at = 1;
    }
    met++;
    WAIT_UNTIL(met == WORKERS);
    return FLUX_ENDED;
}

static enum flux_next run_holder(struct flux_flow *base)
{
    if (base->at == 1 && !flux_take(base, &constraint, FLUX_WRITE, 2))
        return FLUX_PARKED;
    holds = true;
    WAIT_UNTIL((atomic_load(&constraint.state) & WAITING) != 0);
    flux_give(base, &constraint, FLUX_WRITE);
    WAIT_UNTIL(served);
    return FLUX_ENDED;
}

static enum flux_next run_waiter(struct flux_flow *base)
{
    if (base->at == 1) {
        WAIT_UNTIL(holds);
        if (!flux_take(base, &constraint, FLUX_WRITE, 2))
            return FLUX_PARKED;
    }
    served = true;
    flux_give(base, &constraint, FLUX_WRITE);
    return FLUX_ENDED;
}

static enum flux_next run_flow(struct frame *frame)
{
    switch (frame->kind) {
    case SHARED:
    case OWN:
    case PING:
        return run_waiting(frame);
    case BLOCKED:
        met++;
        WAIT_UNTIL(released);
        return FLUX_ENDED;
    case HOLDER:
        return run_holder(&frame->base);
    case WAITER:
        return run_waiter(&frame->base);
    default:
        return FLUX_ENDED;
    }
}

/* ---- the source, which plays the world outside ----------------------------------------------- */

static void wait_for_all(int flows)
{
    WAIT_UNTIL(ended == flows);
    ended = met = about_to_wait = pinged = 0;
}

/* What happens once the flows of a kind have been made. */
static void act(enum kind kind)
{
    switch (kind) {
    case SHARED:
        WAIT_UNTIL(about_to_wait == WORKERS);
        say(shared[1]);
        wait_for_all(WORKERS);
        hear(shared[0]);
        break;
    case OWN:
        WAIT_UNTIL(about_to_wait == WORKERS);
        for (int i = 0; i < WORKERS; i++)
            say(own[i][1]);
        wait_for_all(WORKERS);
        for (int i = 0; i < WORKERS; i++)
            hear(own[i][0]);
        break;
    case BLOCKED:
        WAIT_UNTIL(met == WORKERS - 1);
        break;
    case PING: /* all workers but one are blocked */
        for (int i = 1; i <= PINGS; i++) {
            say(ping[1]);
            WAIT_UNTIL(pinged == i);
        }
        WAIT_UNTIL(ended == 1);
        break;
    case FRESH:
        WAIT_UNTIL(ended == 2);
        released = true;
        wait_for_all(2 + WORKERS - 1);
        released = false;
        break;
    case WAITER:
        wait_for_all(2);
        holds = served = false;
        break;
    default:
        break;
    }
}

static enum flux_next run_Make(struct flux_flow *base)
{
    static int round, made; /* of this kind */
    static enum kind kind;
    struct frame *frame = (struct frame *)base;

    if (base->at == 0) {
        if (made == flows_of[kind]) {
            act(kind);
            made = 0;
            kind = kind + 1 < KINDS ? kind + 1 : SHARED;
            round += kind == SHARED;
        }
        if (round == ROUNDS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->kind = kind;
        frame->number = made++;
        frame->pings = 0;
        return flux_source_done(base, 1);
    }
    enum flux_next next = run_flow(frame);
    ended += next == FLUX_ENDED;
    return next;
}

static int initial(void)
{
    CHECK(pipe(shared) == 0 && pipe(ping) == 0);
    for (int i = 0; i < WORKERS; i++)
        CHECK(pipe(own[i]) == 0);
    return 0;
}

static struct flux_constraint *const constraints[] = {&constraint};
static const struct flux_source sources[] = {{SOURCE(Make, frame)}};
const struct flux_program flux_program = {
    TEST_PROGRAM("pool-blocked"), .sources = sources,    .source_count = 1,
    .constraints = constraints,   .constraint_count = 1, .initial = initial};
