/* constraint.c - taking and giving constraints: readers and writers, fair, owned by flows.
 *
 * The state of a constraint is one word:
 *
 *      bit 0      WRITER   a writer holds it
 *      bit 1      WAITING  flows wait in the queue
 *      bits 2..   READER   times the number of readers that hold it
 *
 * A flow takes it with one compare-and-swap while nobody is in the way, and gives it back with one
 * subtraction. Everything else happens under the guard, which protects the queue:
 *
 *      I1  WAITING is set if and only if the queue is not empty; both change under the guard.
 *      I2  While WAITING is set, nobody takes: takers queue up behind those who wait. Outside the
 *          guard the word then only changes by holders that give back.
 *      I3  Whoever gives back and leaves nothing but WAITING hands the constraint over, under the
 *          guard, to the writer at the head of the queue or to all readers that stand there side
 *          by side, which hold it before they run. By I2 there is one such giver, and until it has
 *          the guard nothing happens but that more flows queue up.
 *
 * By I2 arrival order is kept, and by I3 no flow runs only to find the constraint taken again
 * (R33). A waiting flow is its place in the queue, linked through flow->next: taking allocates
 * nothing and occupies no thread.
 *
 * Memory order: the release of giving and the acquire of taking order what flows do while they hold
 * it; readers that give back one after another continue each other's release. A flow writes its
 * frame, then queues under the guard; whoever hands the constraint over has taken the guard after
 * that, so the frame is visible to it and, through fluxi_runtime_ready, to whoever resumes the
 * flow.
 *
 * While one thread runs all flows (fluxi_single_threaded) the same word is read and written plainly
 * and the guard is left alone.
 */
#include "core.h"
#include "guard.h"
#include "session.h"

#include <stdio.h>

#define WRITER  1u
#define WAITING 2u
#define READER  4u

bool fluxi_single_threaded;

/* May a flow that wants `mode` take a constraint in this state? What is added then is its share. */
static inline bool is_open(unsigned state, enum flux_mode mode)
{
    return mode == FLUX_WRITE ? state == 0 : (state & (WRITER | WAITING)) == 0;
}

static inline unsigned share(enum flux_mode mode)
{
    return mode == FLUX_WRITE ? WRITER : READER;
}

static inline unsigned peek(struct flux_constraint *constraint)
{
    return atomic_load_explicit(&constraint->state, memory_order_relaxed);
}

static inline void put(struct flux_constraint *constraint, unsigned state)
{
    atomic_store_explicit(&constraint->state, state, memory_order_release);
}

/* ---- the queue ------------------------------------------------------------------------------- */

static void park(struct flux_flow *flow, struct flux_constraint *constraint, enum flux_mode mode,
                 uint32_t at)
{
    flow->at = at;
    flow->error = 0;
    flow->want = (uint8_t)mode;
    flow->next = NULL;
    fluxi_order_waits(flow);
    if (fluxi_profile_there())
        fluxi_profile_waits(flow);
    if (constraint->head == NULL)
        constraint->head = flow;
    else
        constraint->tail->next = flow;
    constraint->tail = flow;
}

/* Hands a constraint that nobody holds any more to those whose turn it is. Returns them as a list;
 * they hold it already and are to be woken outside the guard. */
static struct flux_flow *hand_over(struct flux_constraint *constraint)
{
    struct flux_flow *first = constraint->head, *last = first;
    unsigned state = share((enum flux_mode)first->want);
    if (first->want == FLUX_READ) {
        for (; last->next != NULL && last->next->want == FLUX_READ; last = last->next)
            state += READER;
    }
    constraint->head = last->next;
    last->next = NULL;
    if (constraint->head == NULL)
        constraint->tail = NULL;
    else
        state |= WAITING;
    put(constraint, state);
    return first;
}

static void wake(struct flux_flow *flow, unsigned rank)
{
    while (flow != NULL) {
        struct flux_flow *next = flow->next; /* ready queues the flow anew, or runs it */
        fluxi_order_taken(flow);
        if (fluxi_profile_there())
            fluxi_profile_waited(flow, rank);
        fluxi_runtime_ready(flow);
        flow = next;
    }
}

/* ---- many threads ---------------------------------------------------------------------------- */

/* Takes it, unless it is closed: then marks it, so that whoever gives it back comes to the queue.
 * Under the guard. */
static bool take_or_mark(struct flux_constraint *constraint, enum flux_mode mode)
{
    unsigned state = peek(constraint);
    for (;;) {
        bool open = is_open(state, mode);
        unsigned next = open ? state + share(mode) : state | WAITING;
        if (next == state || /* marked already */
            /* raced: it fails when a reader gives back between look and exchange */
            atomic_compare_exchange_weak_explicit(&constraint->state, &state, next,
                                                  memory_order_acquire, memory_order_relaxed))
            return open;
    }
}

static bool take_slowly(struct flux_flow *flow, struct flux_constraint *constraint,
                        enum flux_mode mode, uint32_t at)
{
    fluxi_guard_lock(&constraint->guard);
    bool taken = take_or_mark(constraint, mode);
    if (!taken)
        park(flow, constraint, mode, at);
    fluxi_guard_unlock(&constraint->guard);
    return taken;
}

static bool take_shared(struct flux_flow *flow, struct flux_constraint *constraint,
                        enum flux_mode mode, uint32_t at)
{
    unsigned state = peek(constraint);
    while (is_open(state, mode)) {
        /* raced: it fails when another flow takes or gives between look and exchange */
        if (atomic_compare_exchange_weak_explicit(&constraint->state, &state, state + share(mode),
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    }
    return take_slowly(flow, constraint, mode, at);
}

static void give_shared(struct flux_constraint *constraint, enum flux_mode mode)
{
    unsigned before =
        atomic_fetch_sub_explicit(&constraint->state, share(mode), memory_order_acq_rel);
    if (before - share(mode) != WAITING)
        return;
    fluxi_guard_lock(&constraint->guard);
    struct flux_flow *woken = hand_over(constraint);
    fluxi_guard_unlock(&constraint->guard);
    wake(woken, constraint->rank);
}

/* ---- one thread ------------------------------------------------------------------------------ */

static bool take_alone(struct flux_flow *flow, struct flux_constraint *constraint,
                       enum flux_mode mode, uint32_t at)
{
    unsigned state = peek(constraint);
    if (is_open(state, mode)) {
        put(constraint, state + share(mode));
        return true;
    }
    put(constraint, state | WAITING);
    park(flow, constraint, mode, at);
    return false;
}

static void give_alone(struct flux_constraint *constraint, enum flux_mode mode)
{
    unsigned left = peek(constraint) - share(mode);
    put(constraint, left);
    if (left == WAITING)
        wake(hand_over(constraint), constraint->rank);
}

/* ---- what emitted code calls ----------------------------------------------------------------- */

bool flux_take(struct flux_flow *flow, struct flux_constraint *constraint, enum flux_mode mode,
               uint32_t at)
{
    fluxi_order_wants(flow, constraint, mode, at);
    flow->error = 0;
    bool taken = fluxi_single_threaded ? take_alone(flow, constraint, mode, at)
                                       : take_shared(flow, constraint, mode, at);
    if (taken)
        fluxi_order_taken(flow);
    return taken;
}

void flux_give(struct flux_flow *flow, struct flux_constraint *constraint, enum flux_mode mode)
{
    (void)flow; /* who gives, debug builds alone ask */
    fluxi_order_given(flow, constraint, mode);
    if (fluxi_single_threaded)
        give_alone(constraint, mode);
    else
        give_shared(constraint, mode);
}

bool flux_take_session(struct flux_flow *flow, unsigned index, enum flux_mode mode, uint32_t at)
{
    return flux_take(flow, &flow->session->constraints[index], mode, at);
}

void flux_give_session(struct flux_flow *flow, unsigned index, enum flux_mode mode)
{
    flux_give(flow, &flow->session->constraints[index], mode);
}

/* ---- when flows do not end ------------------------------------------------------------------- */

static unsigned queue_length(struct flux_constraint *constraint)
{
    unsigned length = 0;
    fluxi_guard_lock(&constraint->guard);
    for (const struct flux_flow *flow = constraint->head; flow != NULL; flow = flow->next)
        length++;
    fluxi_guard_unlock(&constraint->guard);
    return length;
}

/* While one thread runs all flows the queues have no guard, and cannot be counted by another. */
void fluxi_constraints_summary(void)
{
    for (unsigned i = 0; i < flux_program.constraint_count; i++) {
        struct flux_constraint *constraint = flux_program.constraints[i];
        unsigned state = peek(constraint), readers = state / READER;
        char waiting[24] = "some", holders[32] = "nobody";
        if ((state & WAITING) == 0)
            continue;
        if (!fluxi_single_threaded)
            snprintf(waiting, sizeof waiting, "%u", queue_length(constraint));
        if ((state & WRITER) != 0)
            strcpy(holders, "a writer");
        else if (readers > 0)
            snprintf(holders, sizeof holders, "%u reader%s", readers, readers == 1 ? "" : "s");
        flux_log(FLUX_WARNING, "constraint %s: held by %s, %s waiting", constraint->name, holders,
                 waiting);
    }
}
