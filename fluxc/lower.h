/* lower.h - a routine while lower.c writes it down and settle.c puts it in order. */
#ifndef LOWER_H
#define LOWER_H

#include "passes.h"

/* While lowering, next and other hold labels; FOLLOWING is the step behind. */
#define FOLLOWING (UINT32_MAX - 1)

struct label {
    unsigned step;
    bool used;
};

/* A `repeat` being lowered. */
struct loop {
    struct loop *outer;
    unsigned begin;                 /* first step of a turn */
    VECTOR(struct value *) through; /* made before it, read inside: alive until its end */
};

/* The cells in which values of one node's input or output stand, and the names they have there. */
struct storage {
    const char *name;
    unsigned cell;
};
struct storages {
    struct storage *at;
    unsigned count, capacity;
};

struct lowering {
    struct arena *arena;
    struct program *program;
    struct prog *prog;
    struct routine *routine;
    VECTOR(struct label) labels;
    VECTOR(const struct lock *) held; /* in the order of taking */
    bool *is_held;                    /* by rank */
    struct storages *storages;        /* see storages_of */
    struct loop *loop;
    VECTOR(unsigned) handlers; /* the STEP_FAIL of each handler around */
    bool in_source;            /* the source part */
    bool cold;
    unsigned depth;
    unsigned ended;   /* label: an ending handler is done */
    unsigned escaped; /* label: an error has left an ending handler */
    bool too_large;
};

/* Labels become steps; jumps and what nothing leads to go; suspension points are numbered. */
void settle_steps(struct lowering *l);

/* A value lives in the frame if its flow can be suspended while it is needed; values of one type
 * size that are never needed at the same time share a cell of it. */
void settle_values(struct lowering *l);

#endif
