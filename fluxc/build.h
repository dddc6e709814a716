/* build.h - fluxc build: from a program and its nodes to an executable, in one command.
 *
 * What fluxc emits goes to a private folder that is gone afterwards. The C compiler is $CC, the C++
 * compiler $CXX; their messages and their exit status are passed on untouched. An executable
 * replaces an older one only when it is complete.
 */
#ifndef BUILD_H
#define BUILD_H

#include "options.h"

/* compile: what makes x_flux.c and x_flux.h as the options say. Returns what to exit with. */
int build(const struct options *options, enum status (*compile)(const struct options *options));

#endif
