/* options.h - the command line of fluxc. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "arena.h"
#include "diag.h"
#include "passes.h"

#include <stdbool.h>

/* R41 */
enum status { STATUS_OK = 0, STATUS_ERRORS = 1, STATUS_USAGE = 2, STATUS_DEFECT = 70 };

enum emit {
    EMIT_C,
    EMIT_H,
    EMIT_STUBS,
    EMIT_DOT,
    EMIT_SVG,
    EMIT_JSON,
    EMIT_PROG,
    EMIT_LOCKS,
    EMIT_SIM,
    EMIT_PROFILE
};

typedef VECTOR(const char *) strings;

struct options {
    struct arena *arena;
    struct diags *diags; /* told of -W */

    const char *input;  /* x.flux */
    const char *output; /* -o; NULL: where the kind of output says */
    const struct runtime_row *runtime;
    enum emit emit;
    bool emit_given;
    bool no_lines;
    bool profile;         /* --profile */
    strings include_dirs; /* -I */
    strings includes;     /* --include */
    const char *dumps;    /* -d; NULL: none */
    bool colour;          /* of what is written on standard error */

    bool depfile; /* -MD */
    const char *depfile_name;
    strings targets; /* -MT */

    /* fluxc build */
    bool build;
    bool verbose;      /* -v */
    bool no_link;      /* -c, -S, -E: what comes out is for the C compiler to say */
    strings arguments; /* for the C compiler, in order; sources among them */
};

/* Returns false when there is nothing more to do: *status is what to exit with, and help or an
 * error has been printed. */
bool options_read(struct options *options, int argc, char **argv, enum status *status);

/* Whether a C compiler takes the next word as the value of this option. */
bool option_takes_next(const char *word);

#endif
