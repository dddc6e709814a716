/* depfile.h - the files that a program was read from, as a rule for make (-MD). */
#ifndef DEPFILE_H
#define DEPFILE_H

#include "options.h"
#include "text.h"

/* written: the files of the run, the rule's targets unless -MT names others. Each included file is
 * also a target without prerequisites, so that make goes on when it has been deleted. */
void depfile_print(struct text *out, const struct program *program, const strings *targets,
                   const strings *written);

/* A name as it stands in a rule. */
void depfile_escape(struct text *out, const char *name);

#endif
