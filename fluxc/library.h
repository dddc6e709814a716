/* library.h - where a runtime's header and library are, as flags for a C compiler.
 *
 * They are looked for as they stand beside this very fluxc, in a build folder or in an installation
 * (PREFIX/bin/fluxc, PREFIX/lib/pkgconfig/flux-NAME.pc), then with pkg-config.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "options.h"

/* Adds to both. False: it is nowhere, which has been said. */
bool library_flags(struct arena *arena, const char *runtime, strings *compiling, strings *linking);

#endif
