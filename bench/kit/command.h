/* command.h - programs that are told on standard input what to do, a line at a time. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* The next line, without its end; cut off if it is longer than `size` - 1. False at the end of the
 * input. Waits by read(2), so that under an event loop only the flow that asks waits. */
bool command_read(char *line, size_t size);

#endif
