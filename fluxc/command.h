/* command.h - runs another program and waits for it. */
#ifndef COMMAND_H
#define COMMAND_H

#include "arena.h"
#include "options.h"

/* words: the program, looked for along $PATH, and its arguments. Standard streams are those of
 * fluxc; output: NULL, or what gets its standard output instead, NUL-terminated. While it runs, a
 * signal that asks fluxc to end is passed on to it, and obeyed when it has ended. Returns its exit
 * status, 128 and the signal's number when one ended it, or -1 with errno when it cannot be run. */
int command_run(struct arena *arena, const strings *words, char **output);

/* The words as one would type them into a shell. */
void command_print(const strings *words, FILE *out);

/* Appends the words of a text, separated by blanks, as of $CC. */
void command_split(struct arena *arena, const char *text, strings *words);

#endif
