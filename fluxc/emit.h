/* emit.h - what the emitters share. */
#ifndef EMIT_H
#define EMIT_H

#include "passes.h"

/* What flux_abi.h calls FLUX_ABI_VERSION. */
#define EMIT_ABI_VERSION 3

/* The text as it stands between the quotes of a C string. */
const char *emit_c_string(struct arena *arena, const char *text);

/* The text as it can stand in a C comment. */
const char *emit_comment(struct arena *arena, const char *text);

/* "call", "take" ... */
const char *prog_op_name(enum step_op op);

#endif
