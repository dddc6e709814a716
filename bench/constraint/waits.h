/* waits.h - how long the users of a constraint, or of a lock, have waited for it. */
#ifndef WAITS_H
#define WAITS_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds of the monotonic clock. */
uint64_t waits_now(void);

/* Somebody has it who came at that time; from any thread. */
void waits_note(bool writer, uint64_t came);

/* What one does with it: some computing, that other readers can do meanwhile. */
void waits_use(void);

/* Prints the longest waits of readers and of writers, in nanoseconds. */
void waits_report(void);

#endif
