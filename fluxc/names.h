/* names.h - which names a program may not give to what (R6). */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>

/* Why no function of the program, that is node, predicate or session function, can be called so, as
 * the rest of a message; or NULL. */
const char *name_of_function_refused(const char *name);

/* The same for a field of a struct. */
const char *name_of_field_refused(const char *name);

/* The same for what never becomes a name in C: constraints, semantic types. */
const char *name_refused(const char *name);

/* Fine in C, but a keyword of C++. */
bool name_is_cpp_keyword(const char *name);

#endif
