/* fetch.h - the text of a profile, from a file or from the admin port of a program that runs. */
#ifndef FETCH_H
#define FETCH_H

#include "arena.h"

#include <stddef.h>

/* from: a file's name, "-" for standard input, or ADDR:PORT, where there is no file of that name. NULL:
 * *error says why. */
const char *fetch(struct arena *arena, const char *from, size_t *size, const char **error);

#endif
