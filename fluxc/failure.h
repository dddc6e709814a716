/* failure.h - how a run ends that does not end well for reasons outside the program being compiled:
 * wrong usage, files, interruption, defects of fluxc. It says why, and leaves nothing behind.
 */
#ifndef FAILURE_H
#define FAILURE_H

#include <stdbool.h>

/* "fluxc: error: ..." on standard error, harmless for a terminal. */
void failure_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From here on: SIGINT, SIGTERM and SIGHUP remove what failure_remove has been told, then end the
 * process as they always do; a crash or a failed assertion says that it is a defect of fluxc and
 * exits 70 (R41); files that are still to be removed at exit are. SIGPIPE and SIGXFSZ are ignored,
 * so that a closed pipe and a limit on file sizes are errors like any other. Once, at the beginning
 * of main. */
void failure_catch(void);

/* A file or an empty folder that is to be gone when the run ends, however it ends; to be called
 * before it is made. The newest goes first. False: no memory. */
bool failure_remove(const char *path);

/* Removes it now, or leaves it to its fate (it has been renamed). */
void failure_remove_now(const char *path);
void failure_forget(const char *path);

#endif
