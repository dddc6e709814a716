/* diag.h - diagnostics: collected as values while passes run, sorted and printed at the end.
 *
 *      struct diag *d = diag_report(diags, DIAG_UNKNOWN_NODE, span, "no node is called '%s'",
 * name); diag_note(d, other, "did you mean '%s'?", near);
 *
 * Every diagnostic is a row of diag.def: DIAG(id, "name", severity, "what it is about"); the name
 * is what stands in brackets, what -W takes, and what its golden tests are called.
 */
#ifndef DIAG_H
#define DIAG_H

#include "arena.h"
#include "source.h"

#include <stdio.h>

enum diag_id {
#define DIAG(id, name, severity, about) DIAG_##id,
#include "diag.def"
#undef DIAG
    DIAG_COUNT
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diags;
struct diag;

struct diags *diags_new(struct arena *arena);

/* -WNAME, -Wno-NAME, -Werror, -Wno-error, -Werror=NAME, -Wno-error=NAME, -Wall, -w, as on the
 * command line; of several for one warning the last counts. NAME may be the first words of several
 * names: -Wno-unused. Returns false for an unknown name, and for that of an error. */
bool diags_option(struct diags *diags, const char *option);

/* Every row of the table, for --help-warnings. */
void diags_list(FILE *out);

/* Never NULL; a warning that is switched off is collected nowhere. The text has no full stop and
 * quotes names with ''. */
struct diag *diag_report(struct diags *diags, enum diag_id id, struct span span, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));

/* Another place that takes part, or, with a span without file, just a remark. In order. */
void diag_note(struct diag *diag, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A replacement that would mend it, shown under the caret. */
void diag_fix(struct diag *diag, const char *replacement);

bool diags_failed(const struct diags *diags);     /* an error, or a warning made one */
unsigned diags_errors(const struct diags *diags); /* not those made of warnings */

/* Sorted by place, duplicates dropped, then a line that counts them. */
void diags_print(const struct diags *diags, FILE *out, bool colour);

#endif
