/* capture.h - what a function writes. */
#ifndef CAPTURE_H
#define CAPTURE_H

/* Calls a function and returns what it has written to standard output and standard error, which
 * stays until the next call. */
const char *capture(void (*function)(void));

#endif
