// build: debug
/* The same in a debug build, which finds nothing to report: constraints are handed over under its
 * eyes, too. */
#include "exclusion.c"
