/* listen.h - the sockets that a server listens on.
 *
 * listen_option serves `--listen ADDR:PORT`, which may be given several times; `initial` opens the
 * sockets, a source accepts or receives from them, `final` closes them. Between the two nothing
 * changes, so parallel copies of the source need no constraint.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "clients.h"

/* For FLUX_CALL: keeps ADDR:PORT, [ADDR]:PORT or :PORT (every address). Returns EINVAL where it is
 * none, ENOSPC where there are too many. */
int listen_option(const char *address);

/* When a connection is accepted. Deferred, where clients speak first: the kernel keeps it until its
 * first bytes are there (TCP_DEFER_ACCEPT), which can be read without waiting. A client that is
 * silent is accepted after a second; one that is while the socket is closed is not told. Datagrams
 * are not accepted but received, by datagrams.h. */
enum listen_mode { LISTEN_AT_ONCE, LISTEN_DEFERRED, LISTEN_DATAGRAMS };

/* Opens a socket for each address given, or for `otherwise` if none was, and prints
 * 'listening on ADDR:PORT' on standard output for each, with the port that was chosen for 0.
 * Returns 0, or an error number, with a line logged that names the address; then none is open. */
int listen_open(const char *otherwise, enum listen_mode mode);
void listen_close(void);
/* The port of the first of them, 0: none is open. */
uint16_t listen_port(void);

/* Waits for a connection on any of them. Returns 0 or an error number: EINTR when the program is
 * stopping, EMFILE when there are no descriptors; both leave the connection where it is. */
int listen_accept(int *socket, struct peer *peer);

/* The same, or until the descriptor `other` is readable: then *socket is -1. */
int listen_accept_or(int other, int *socket, struct peer *peer);

/* Those that are open, from 0 on. */
unsigned listen_count(void);
int listen_socket(unsigned number);

/* A socket of its own beside these, for another purpose: prints '`what` on ADDR:PORT'. Who has
 * opened it closes it. */
int listen_open_for(const char *what, const char *address, int *listener);
int listen_accept_for(int listener, int *socket, struct peer *peer);

#endif
