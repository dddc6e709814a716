/* hangup.h - SIGHUP, which tells a server to look at its files again, as an event for a source.
 */
#ifndef HANGUP_H
#define HANGUP_H

/* Keeps the signal from ending the program. By `initial`, before there are threads. Returns 0 or an
 * error number. */
int hangup_open(void);
void hangup_close(void);

/* Waits for the next one, or returns EINTR when the source is interrupted. */
int hangup_wait(void);

#endif
