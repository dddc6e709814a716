/* drawing.h - the flow graph with the figures of a profile in it. */
#ifndef DRAWING_H
#define DRAWING_H

#include "profile.h"

#include <stdio.h>

/* Draws the program of the file `flux`, which is compiled for that as fluxc does. Returns 0, or 1
 * after the compiler's messages, or others, on standard error. */
int profile_draw(struct profile *profile, const char *flux, const char *const *folders,
                 unsigned folder_count, FILE *out);

#endif
