/* prog.h - PROG: the program lowered to flat lists of steps, one list per source.
 *
 * A routine is what becomes one resumable C function: the source part, then the flow part. Nodes
 * are expanded at each place where they stand, so that every step knows statically what is held
 * there, who handles its error, and which values it reads. Steps stand in an order in which control
 * only ever goes forward, except from `turn` back to the beginning of its `repeat`; a handler
 * stands behind what it handles. Hence a value is alive from the step that makes it to the last
 * one that reads it, and lives in the frame exactly if a step that can suspend lies between.
 *
 *      0  call    Listen                -> Listen                    error 9
 *      1  born
 *      2  call    ReadRequest (Listen) -> ReadRequest                error 7
 *      3  take    cache write
 *      ...
 *
 * `fluxc --emit=prog` prints it; the golden tests, the checker of the lock analysis and (later) the
 * simulator read it. No pass after locks decides anything about order.
 */
#ifndef PROG_H
#define PROG_H

#include "program.h"

/* A tuple that flows from step to step: the struct NODE_in or NODE_out of one occurrence. */
struct value {
    struct node *node;
    bool input;              /* NODE_in (the turning value of a `repeat`), else NODE_out */
    const struct fields *fields;
    unsigned made, read;     /* first step that writes it, last one that reads it */
    bool in_frame;
    const char *name;        /* of the C variable or of the frame's member, unique among these or
                                those while it is alive */
    unsigned index;          /* in routine->values */
    unsigned cell;           /* values with the same cell share memory, never at the same time */
};

/* An occurrence of a node; becomes struct flux_place. */
struct place {
    struct node *node;
    struct place *up;
    unsigned index;
};

enum step_op {
    STEP_CALL,    /* value = node(input [, code]); error: other */
    STEP_TEST,    /* predicate(input.field): true next, false other; memo: see below */
    STEP_TAKE,    /* lock */
    STEP_GIVE,    /* lock */
    STEP_AWAIT,   /* node's await on input; error: other */
    STEP_BLOCK,   /* to a helper thread */
    STEP_UNBLOCK, /* and back */
    STEP_COPY,    /* value = input: joins of arms, turns, recoveries */
    STEP_TURN,    /* repeat: let others run, go on at next (backwards) */
    STEP_JOIN,    /* the flow joins its session; error: other */
    STEP_BORN,    /* end of the source part */
    STEP_NOMATCH, /* no arm: error = FLUX_ENOMATCH, go to next */
    STEP_MEMO,    /* forget the answers memo .. memo + field - 1: a dispatch begins */
    STEP_FAIL,    /* a handler begins. Calls, awaits and joins have left place and code of their
                     failure in the flow; kept as failure `field` if `write`, so that a recovery
                     below this handler can bring them back */
    STEP_STOPPED, /* source part: if the error is FLUX_STOP go to other (no handler sees it) */
    STEP_RECOVER, /* a recovering handler is done; within another: failure `field` - 1 again */
    STEP_UNHANDLED, /* count and log */
    STEP_LEAVE,   /* source part: the run failed */
    STEP_END,     /* the flow is over */
    STEP_STEP,    /* the following step is announced: a scheduling point (trace) */
    STEP_GOTO     /* only while lowering: to next */
};

#define STEP_NONE    UINT32_MAX
#define STEP_REPEATS UINT32_MAX /* a test that is of a `repeat` and of no arm */

struct step {
    enum step_op op;
    unsigned next, other;  /* steps; STEP_NONE: none */
    struct place *place;   /* whose step this is */
    struct span span;      /* in the .flux file */

    struct value *input;   /* what is read; NULL: nothing */
    struct value *value;   /* what is made; NULL: nothing */
    const struct predicate *predicate; /* test */
    unsigned field;        /* test: index in input; see also memo, fail, recover */
    unsigned memo;         /* test: 0, or number of the memo that keeps its answer: a predicate that
                              several arms ask about one field is called once (R19) */
    unsigned arm;          /* test: of which arm it is, from 0; or STEP_REPEATS */
    bool first;            /* test: the first of its dispatch or `repeat` */
    const struct lock *lock;
    bool write;            /* take, give: the mode */
    bool takes_error;      /* call, copy: the code follows the fields of input (handlers, R24) */
    bool idle;             /* await: stands first in a `repeat` turn */
    bool handled;          /* leave: an ending handler has run */
    bool cold;             /* on an error path: emitted after the rest */
    unsigned at;           /* suspension points: number, from 1; else 0 */
};

struct routine {
    struct source *source;
    VECTOR(struct step) steps;
    VECTOR(struct value *) values;
    unsigned memo_count;
    unsigned failure_count; /* failures kept at once, see STEP_FAIL */
    unsigned at_count;     /* suspension points, numbered 1..at_count */
};

struct prog {
    struct program *program;
    VECTOR(struct routine *) routines; /* one per source */
    VECTOR(struct place *) places;
    bool steps;            /* compiled for a runtime that wants flux_step before every step */
};

#endif
