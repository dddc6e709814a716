/* output.h - writes the files of a run: all of them, or none (R41).
 *
 * Each text goes to a temporary file in the folder of its target, and only when all are written do
 * they take their names. A file that fluxc has not generated is never overwritten. Symbolic links
 * are followed; standard output ("-"), devices and pipes are written to as they are.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "diag.h"
#include "text.h"

enum output_kind {
    OUTPUT_REPLACE, /* may take the place of what fluxc has generated before */
    OUTPUT_KEEP,    /* likewise; a file that has this very text is not touched: what depends on a
                       header is not stale when only the flow has changed */
    OUTPUT_NEW      /* takes the place of nothing: people will write into it */
};

struct output {
    const char *name;
    struct text text;
    enum output_kind kind;
    const char *mark; /* what the first line of the file now there has to contain to be ours */
};

/* Reports what goes wrong; then no file has been created or changed. inputs: the files read, which
 * no output may replace. */
bool outputs_write(struct diags *diags, struct arena *arena, const struct output *outputs,
                   unsigned count, const struct source_file *const *inputs, unsigned input_count);

/* Whether an output of that name would be written to as it is: "-", a device, a pipe. */
bool output_is_stream(const char *name);

#endif
