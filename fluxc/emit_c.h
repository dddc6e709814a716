/* emit_c.h - what the two halves of the C emitter share: emit_c.c the files' frame, tables and
 * routines, emit_step.c a step each. */
#ifndef EMIT_C_H
#define EMIT_C_H

#include "emit.h"
#include "paths.h"

struct emitter {
    const struct prog *prog;
    const struct program *program;
    const struct emit_options *options;
    struct text *out;

    struct paths *const *paths; /* by routine; NULL: no --profile */

    const struct routine *routine;
    const struct paths *ways;  /* its own; NULL likewise */
    const bool *labelled;      /* by step: something jumps to it */
    const unsigned *after;     /* by step: the one printed behind it; STEP_NONE */
    const struct place *shown; /* whose heading was printed last */
    const char *base, *flow, *now, *error, *in, *resume;
};

/* C for step `index` of e->routine. */
void emit_step(struct emitter *e, unsigned index);

const char *emit_label(struct emitter *e, unsigned step);

/* With --profile. Ways begin here, with a run of the source or a flow. */
void emit_beginning(struct emitter *e, enum path_start kind, unsigned step);

/* emit_paths.c: the tables of a profile. And: is the step an await between two requests? */
void emit_paths(struct emitter *e);
bool emit_idles(const struct routine *routine, unsigned step);

/* The answers of a dispatch, numbered from 1, are locals; in a runtime that announces every step
 * they have to outlive the steps between, and are in the frame. */
bool emit_memos_in_frame(const struct emitter *e);
const char *emit_memo(struct emitter *e, unsigned number);

#endif
