/* constraint.pml - the constraints of the runtimes, for SPIN: runtimes/core/constraint.c with what
 * it stands on, guard.c and seat.c, at the granularity of their atomic operations.
 *
 * FLOWS flows, each of which takes some of CONSTRAINTS constraints in canonical order, as a reader
 * or a writer, gives them back and ends, on a runtime that keeps the contract of runtime.h. Which
 * ones is chosen at the beginning, in every possible way. docs/model.md says what is checked, what
 * is left out and why that may be, and what came out; run.py has the configurations:
 *
 *      FLOWS CONSTRAINTS   how many, up to 3 of each
 *      ROUNDS              how often each flow does it, 1 if not set
 *      POOL=n              flows run on n threads (core/queue.c); if not set, each has a thread of its
 *                          own, as source parts and clocks have (core/seat.c)
 *      SESSIONS            the first constraint is one of session scope, and there are two sessions
 *      WRITERS             all but the first are taken by writers only
 *      NESTED              a node inside a node, each with constraints of its own (R30, R31)
 *      COARSE              a loop around a compare-and-swap is one step, and so is what happens
 *                          under a guard
 *      NO_WEAK_FAILURE     no compare-and-swap fails without a cause
 *      SPURIOUS=n          a futex wakes up without a cause, n times in all
 *      BREAK_...           something is done wrong, which must be found
 *
 * A comment "follows NAME" stands where the text is that of a C function. run.py compares these
 * functions with what they were when the model was checked last.
 */

#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifdef SESSIONS
#define OBJECTS (CONSTRAINTS + 1)
#else
#define OBJECTS CONSTRAINTS
#endif
#ifdef NESTED
#define STEPS (2 * CONSTRAINTS)
#else
#define STEPS CONSTRAINTS
#endif
#ifdef POOL
#define THREADS POOL
#else
#define THREADS FLOWS
#endif
#ifdef COARSE
#define LOOP atomic
#define NO_WEAK_FAILURE
#else
#define LOOP
#endif

#define NONE   7 /* NULL, of flows */
#define BIT(i) (1 << (i))

/* ---- constraint.c: the state word ---- */

/* follows WRITER */
/* follows WAITING */
/* follows READER */
#define WRITER  1
#define WAITING 2
#define READER  4

#define READ  1 /* enum flux_mode; 0: not taken */
#define WRITE 2

/* follows is_open */
#ifdef BREAK_BARGE
#define is_open(word, mode) (mode == WRITE -> word == 0 : (word & WRITER) == 0)
#else
#define is_open(word, mode) (mode == WRITE -> word == 0 : (word & (WRITER | WAITING)) == 0)
#endif

/* follows share */
#define share(mode) (mode == WRITE -> WRITER : READER)

/* struct flux_constraint */
byte state[OBJECTS], guard[OBJECTS];
byte head[OBJECTS] = NONE, tail[OBJECTS] = NONE;

/* struct flux_flow; the constraint it is parked at is known by its place */
byte at[FLOWS], want[FLOWS], next[FLOWS] = NONE;

/* What a flow does: two bits for each step, the mode in which it takes a constraint then. */
short plan_of[FLOWS];
#define SECOND_SESSION      (1 << 12)
#define mode_at(plan, step) ((plan >> (2 * (step))) & 3)
#ifdef SESSIONS
#define object(plan, step)                                                                         \
    ((step) % CONSTRAINTS == 0 && (plan & SECOND_SESSION) -> CONSTRAINTS : (step) % CONSTRAINTS)
#define joins(plan) (mode_at(plan, 0) != 0)
#else
#define object(plan, step) ((step) % CONSTRAINTS)
#endif

byte ended; /* flows */

/* ---- what must hold: the model's own bookkeeping ---- */

byte readers[OBJECTS], writers[OBJECTS]; /* sets of flows that hold it */
byte waiting[OBJECTS];                   /* the set of flows that are queued */
byte earlier[FLOWS];                     /* of a queued flow: those that were queued before it */
byte running;                            /* the set of flows that a thread runs */
byte inside[OBJECTS];                    /* threads in the middle of taking or giving it */

/* Exclusion, at the moment in which `flow` comes to hold it. */
inline granted(c, flow, mode)
{
    assert(writers[c] == 0);
    if
    :: mode == WRITE -> assert(readers[c] == 0); writers[c] = BIT(flow)
    :: else -> assert((readers[c] & BIT(flow)) == 0); readers[c] = readers[c] | BIT(flow)
    fi
}

inline given(c, flow, mode)
{
    if
    :: mode == WRITE -> assert(writers[c] == BIT(flow)); writers[c] = 0
    :: else -> assert(readers[c] & BIT(flow)); readers[c] = readers[c] - BIT(flow)
    fi
}

#define count(set) ((set & 1) + ((set >> 1) & 1) + ((set >> 2) & 1))
#define word_is_right(c)                                                                           \
    ((state[c] & WRITER) == count(writers[c]) * WRITER &&                                          \
     state[c] / READER == count(readers[c]))

/* I1; and no reader stands at the head of the queue while readers hold it. */
#define queue_is_right(c)                                                                          \
    (((state[c] & WAITING) != 0) == (waiting[c] != 0) &&                                           \
     (waiting[c] != 0) == (head[c] != NONE) &&                                                     \
     (head[c] == NONE || want[head[c]] == WRITE || readers[c] == 0))

/* ---- guard.c: futexes and guards ---- */

#ifdef SPURIOUS
byte spurious = SPURIOUS;
#define or_without_cause(wake_up) :: d_step { spurious > 0 -> spurious--; wake_up }
#else
#define or_without_cause(wake_up)
#endif

byte guard_sleepers[OBJECTS]; /* the set of threads in FUTEX_WAIT */

/* follows fluxi_futex_wait */
inline guard_sleep(c)
{
    d_step {
        if
        :: guard[c] == 2 -> guard_sleepers[c] = guard_sleepers[c] | BIT(self)
        :: else
        fi
    }
    if
    :: (guard_sleepers[c] & BIT(self)) == 0
    or_without_cause(guard_sleepers[c] = guard_sleepers[c] & (255 - BIT(self)))
    fi
}

/* follows fluxi_guard_wake */
/* follows fluxi_futex_wake */
inline guard_wake(c)
{
    if
    :: d_step { guard_sleepers[c] & 1 -> guard_sleepers[c] = guard_sleepers[c] - 1 }
    :: d_step { guard_sleepers[c] & 2 -> guard_sleepers[c] = guard_sleepers[c] - 2 }
    :: d_step { guard_sleepers[c] & 4 -> guard_sleepers[c] = guard_sleepers[c] - 4 }
    :: guard_sleepers[c] == 0
    fi
}

/* follows fluxi_guard_lock: a thread that spins is one that has not come to this step yet */
/* follows fluxi_guard_wait */
inline guard_lock(c)
{
    if
    :: d_step { guard[c] == 0 -> guard[c] = 1 }
    :: guard[c] != 0 ->
        do
        :: d_step { guard[c] == 0 -> guard[c] = 2 }; break
        :: d_step { guard[c] != 0 -> guard[c] = 2 }; guard_sleep(c)
        od;
        skip
    fi
}

/* follows fluxi_guard_unlock: the exchange is the last that is done to the constraint, for waking
 * touches no memory */
inline guard_unlock(c)
{
    d_step {
        assert(queue_is_right(c) && word_is_right(c));
        seen = guard[c];
        guard[c] = 0;
        inside[c]--
    }
    if
#ifndef BREAK_GUARD
    :: seen == 2 -> seen = 0; guard_wake(c)
#endif
    :: else -> seen = 0
    fi
}

/* ---- the runtime ---- */

#ifdef POOL

/* What runs on the threads of core/queue.c, by its contract: a flow that is ready is run by one of
 * them, in no particular order. Idle threads are all alike, so the first of them is the one. */
byte ready = BIT(FLOWS) - 1;
byte idle = BIT(POOL) - 1;

/* follows fluxi_runtime_ready, of pool.c */
/* follows fluxi_queue_resume */
inline fluxi_runtime_ready(flow)
{
    d_step {
        assert((ready & BIT(flow)) == 0);
        ready = ready | BIT(flow)
    }
}

#define is_next(i) ((ready & BIT(i)) && (idle & (BIT(self) - 1)) == 0)
#define run_it(i)                                                                                  \
    ready = ready - BIT(i);                                                                        \
    idle = idle - BIT(self);                                                                       \
    flow = i

inline next_flow()
{
    if
    :: d_step { is_next(0) -> run_it(0) }
    :: d_step { is_next(1) -> run_it(1) }
    :: d_step { is_next(2) -> run_it(2) }
    :: ended == FLOWS -> goto done
    fi
}

inline leave_flow()
{
    d_step {
        flow = NONE;
        step = 0;
        plan = 0;
        idle = idle | BIT(self)
    }
}

#else

/* What has a thread of its own, with a seat. */
byte woken_word[THREADS];
byte seat_sleeps[THREADS];

/* follows fluxi_seat_wait */
inline fluxi_seat_wait()
{
    do
    :: d_step { woken_word[self] == 1 -> woken_word[self] = 0 }; break
    :: woken_word[self] == 0 ->
        d_step {
            if
            :: woken_word[self] == 0 -> seat_sleeps[self] = 1
            :: else
            fi
        }
        if
        :: seat_sleeps[self] == 0
        or_without_cause(seat_sleeps[self] = 0)
        fi
    od
}

inline next_flow()
{
    flow = self
}

/* follows fluxi_seat_run */
inline leave_flow()
{
    flow = NONE;
    fluxi_seat_wait()
}

/* follows fluxi_seat_wake */
inline fluxi_runtime_ready(flow)
{
#ifdef BREAK_SEAT
    seat_sleeps[flow] = 0;
    woken_word[flow] = 1
#else
    woken_word[flow] = 1;
    seat_sleeps[flow] = 0
#endif
}

#endif

/* ---- constraint.c: taking ---- */

/* follows park */
inline park(c, flow, mode)
{
    d_step {
        at[flow] = step + 1;
        want[flow] = mode;
        next[flow] = NONE;
        if
        :: head[c] == NONE -> head[c] = flow
        :: else -> next[tail[c]] = flow
        fi
        tail[c] = flow;
        earlier[flow] = waiting[c];
        waiting[c] = waiting[c] | BIT(flow);
        running = running - BIT(flow)
    }
}

/* I2: nobody takes while others wait. */
inline take_it(c, flow, mode)
{
    state[c] = state[c] + share(mode);
    taken = true;
    assert(waiting[c] == 0);
    granted(c, flow, mode);
    assert(word_is_right(c))
}

#ifdef NO_WEAK_FAILURE
#define fails(c) state[c] != seen
#else
#define fails(c) true
#endif

/* follows take_or_mark */
inline take_or_mark(c, flow, mode)
{
    seen = state[c];
    do
#ifdef BREAK_MARK
    :: d_step { state[c] == seen -> state[c] = seen | WAITING }; break
    :: fails(c) -> seen = state[c]
#else
    :: is_open(seen, mode) ->
        if
        :: d_step { state[c] == seen -> take_it(c, flow, mode) }; break
        :: fails(c) -> seen = state[c]
        fi
    :: !is_open(seen, mode) && (seen & WAITING) -> break
    :: !is_open(seen, mode) && !(seen & WAITING) ->
        if
        :: d_step { state[c] == seen -> state[c] = seen | WAITING }; break
        :: fails(c) -> seen = state[c]
        fi
#endif
    od;
    seen = 0
}

/* follows take_slowly */
inline take_slowly(c, flow, mode)
{
    guard_lock(c);
    take_or_mark(c, flow, mode);
    if
    :: taken
    :: else -> park(c, flow, mode)
    fi;
    guard_unlock(c)
}

/* follows take_shared: up to take_slowly, which comes next unless it is `taken` */
/* follows flux_take */
inline take_shared(c, flow, mode)
{
    d_step { seen = state[c]; inside[c]++ }
    do
    :: is_open(seen, mode) ->
        if
        :: d_step { state[c] == seen -> take_it(c, flow, mode); inside[c]-- }; break
        :: fails(c) -> seen = state[c]
        fi
    :: else -> break
    od;
    seen = 0
}

/* ---- constraint.c: giving ---- */

/* Arrival order: whoever was queued before it has got it before, or gets it with it. */
inline hand_to(c, flow)
{
    granted(c, flow, want[flow]);
    assert((earlier[flow] & waiting[c]) == 0);
    waiting[c] = waiting[c] - BIT(flow);
    earlier[flow] = 0
}

/* follows hand_over: by I2 the plain store at its end overwrites nobody's change */
inline hand_over(c)
{
    d_step {
        assert(state[c] == WAITING);
        list = head[c];
        last = list;
        seen = share(want[list]);
        hand_to(c, list);
        do
        :: want[list] == READ && next[last] != NONE && want[next[last]] == READ ->
            last = next[last];
            seen = seen + READER;
            hand_to(c, last)
        :: else -> break
        od;
        head[c] = next[last];
        next[last] = NONE;
        last = NONE;
        if
        :: head[c] == NONE -> tail[c] = NONE
        :: else -> seen = seen | WAITING
        fi;
#ifdef BREAK_HAND_OVER
        seen = seen & WAITING; /* nobody's yet: each that is woken shall take it */
#endif
        state[c] = seen;
        seen = 0
    }
}

/* follows wake */
inline wake()
{
    do
    :: list != NONE ->
        d_step { last = list; list = next[last]; next[last] = NONE }
        fluxi_runtime_ready(last);
        last = NONE
    :: else -> break
    od
}

/* follows give_shared: by I3 one giver leaves nothing but WAITING */
/* follows flux_give */
inline give_shared(c, flow, mode)
{
    d_step {
        state[c] = state[c] - share(mode);
        left = state[c];
        given(c, flow, mode);
        assert(word_is_right(c));
        inside[c] = inside[c] + (left == WAITING -> 1 : 0)
    }
#ifdef BREAK_LOOK
    d_step { left = state[c]; inside[c] = inside[c] + (left == WAITING -> 1 : 0) }
#endif
    if
#ifndef BREAK_GIVE
    :: left == WAITING ->
        LOOP {
            guard_lock(c);
            hand_over(c);
            guard_unlock(c)
        }
        wake()
#endif
    :: else
    fi;
    left = 0
}

/* ---- sessions ---- */

#ifdef SESSIONS
byte members[2]; /* flows that have joined */

#define session(plan)    (plan & SECOND_SESSION -> 1 : 0)
#define is_untouched(c)  (state[c] == 0 && guard[c] == 0 && head[c] == NONE && inside[c] == 0)
#endif

/* follows flux_session_join, of session.c: under the guard of its shard */
inline flux_session_join(plan)
{
#ifdef SESSIONS
    if
    :: joins(plan) -> d_step { members[session(plan)]++ }
    :: else
    fi
#else
    skip
#endif
}

/* follows fluxi_session_leave, of session.c: the last one frees the constraint, which then nobody
 * holds, waits for, or is in the middle of giving back */
inline fluxi_session_leave(plan)
{
#ifdef SESSIONS
    if
    :: joins(plan) ->
        d_step {
            members[session(plan)]--;
            assert(members[session(plan)] > 0 || is_untouched(object(plan, 0)))
        }
    :: else
    fi
#else
    skip
#endif
}

/* ---- flows ---- */

#if ROUNDS > 1
byte round[FLOWS];
#endif

/* Goes to the next step forward, or back, in which the flow takes something, if there is one. */
#define look(end, from, beyond)                                                                    \
    d_step {                                                                                       \
        do                                                                                         \
        :: step != end && mode_at(plan, from) == 0 -> step = beyond                                \
        :: else -> break                                                                           \
        od;                                                                                        \
        if                                                                                         \
        :: step != end -> c = object(plan, from); mode = mode_at(plan, from)                       \
        :: else                                                                                    \
        fi                                                                                         \
    }

/* A thread and the flows that it runs. */
proctype thread(byte self)
{
    byte flow = NONE, step, c, mode, seen, list = NONE, last = NONE;
    short plan;
    byte left;
    bool taken;

begin:
    next_flow();
    LOOP {
        d_step {
            assert((running & BIT(flow)) == 0);
            running = running | BIT(flow);
            plan = plan_of[flow];
            step = at[flow];
            /* A flow that is woken holds what it has waited for. */
            assert(step == 0 || (BIT(flow) & (readers[object(plan, step - 1)] |
                                              writers[object(plan, step - 1)])))
        }
        if
        :: step == 0 -> flux_session_join(plan)
        :: else
        fi
    }

take:
    LOOP {
        look(STEPS, step, step + 1);
        if
        :: step == STEPS -> goto give
        :: else
        fi;
        take_shared(c, flow, mode);
        if
        :: taken -> taken = false; step++; goto take
        :: else
        fi
    }
    LOOP {
        take_slowly(c, flow, mode);
        if
        :: taken -> taken = false; step++; goto take
        :: else
        fi
    }
    leave_flow();
    goto begin;

give:
    LOOP {
        look(0, step - 1, step - 1);
        if
        :: step == 0 -> goto end
        :: else
        fi;
        step--
    }
    give_shared(c, flow, mode);
    goto give;

end:
#if ROUNDS > 1
    if
    :: d_step { round[flow] < ROUNDS - 1 -> round[flow]++ }; goto take
    :: round[flow] == ROUNDS - 1
    fi;
#endif
    fluxi_session_leave(plan);
    d_step {
        running = running - BIT(flow);
        ended++;
        c = 0;
        mode = 0
    }
#ifdef POOL
    leave_flow();
    goto begin;
#endif

done:
    skip
}

/* ---- all programs ---- */

/* Any number below `many`. */
inline choose(number, many)
{
    number = 0;
    do
    :: number < many - 1 -> number++
    :: break
    od
}

/* R31, then R30: what a constraint of the inner node costs. Out of order, it is added to the outer
 * one; held already, it is not taken again, but the outer node holds it as a writer if either wants
 * to write. */
inline compile()
{
    d_step {
        k = CONSTRAINTS;
        do
        :: k > 0 ->
            k--;
            if
            :: inner[k] != 0 && outer[k] == 0 && later ->
#ifndef BREAK_ORDER
                outer[k] = inner[k]
#endif
            :: else
            fi;
            later = later || outer[k] != 0;
            if
            :: inner[k] != 0 && outer[k] != 0 ->
#ifndef BREAK_UPGRADE
                outer[k] = (inner[k] > outer[k] -> inner[k] : outer[k]);
#endif
#ifdef BREAK_UPGRADE
                inner[k] = (inner[k] > outer[k] -> inner[k] : 0)
#elif !defined BREAK_REENTRY
                inner[k] = 0
#endif
            :: else
            fi
        :: else -> break
        od;
        later = false
    }
}

byte outer[CONSTRAINTS], inner[CONSTRAINTS];

init {
    byte flow, k, digit;
    bool later;
#ifdef SESSIONS
    bool joined; /* a flow before has; the first one's session is the first */
#endif
    atomic {
        do
        :: flow < FLOWS ->
            k = 0;
            do
            :: k < CONSTRAINTS ->
                choose(digit, 3);
#ifdef WRITERS
                digit = (k > 0 && digit == READ -> WRITE : digit);
#endif
                outer[k] = digit;
#ifdef NESTED
                choose(digit, 3);
                inner[k] = digit;
#endif
                digit = 0;
                k++
            :: else -> break
            od;
            compile();
            d_step {
                k = 0;
                do
                :: k < CONSTRAINTS ->
                    plan_of[flow] = plan_of[flow] | (outer[k] << (2 * k));
#ifdef NESTED
                    plan_of[flow] = plan_of[flow] | (inner[k] << (2 * (k + CONSTRAINTS)));
#endif
                    outer[k] = 0;
                    inner[k] = 0;
                    k++
                :: else -> k = 0; break
                od
            }
#ifdef SESSIONS
            if
            :: true
            :: joins(plan_of[flow]) && joined -> plan_of[flow] = plan_of[flow] | SECOND_SESSION
            fi;
            joined = joined || joins(plan_of[flow]);
#endif
            /* Flows are all alike: of arrangements that differ in their order, one is enough. */
            if
            :: plan_of[flow] == 0 || (flow > 0 && plan_of[flow] > plan_of[flow - 1]) -> goto over
            :: else
            fi;
            flow++
        :: else -> break
        od;
        flow = 0;
        do
        :: flow < THREADS -> run thread(flow); flow++
        :: else -> break
        od
    }
    d_step {
        ended == FLOWS ->
        flow = 0
    }
    /* All has been given back. */
    k = 0;
    do
    :: k < OBJECTS ->
        assert(state[k] == 0 && head[k] == NONE && guard_sleepers[k] == 0 &&
               readers[k] == 0 && writers[k] == 0 && waiting[k] == 0);
        k++
    :: else -> break
    od;
over:
    skip
}
