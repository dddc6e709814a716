/* upstream.h - connections to a server behind this one, kept and used again.
 *
 * A connection belongs to a flow from upstream_take to upstream_give. In between nothing is shared:
 * it has a socket that does not block, memory of its user's that goes along with it, and, where the
 * flow has to wait for several things at once, one descriptor that an `await` can wait for.
 *
 *      upstream_take, upstream_dial, [await writable, upstream_dialled],
 *      upstream_send, upstream_receive ..., upstream_give
 *
 * A server that serves one connection per process, as php-fpm does, is occupied by an idle
 * connection, and others wait to be accepted until that is closed. So a connection is kept for a
 * short life only, and not at all while what has been sent on another one waits to be read.
 *
 * Functions return 0 or an error number: EBUSY where the limit is reached here or there,
 * EHOSTUNREACH where no connection can be made, EREMOTEIO where one breaks; or ENOMEM, EMFILE,
 * ENFILE. Those that are given a struct upstream are called with one constraint held, the others by
 * the flow that has the connection.
 */
#ifndef UPSTREAM_H
#define UPSTREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct upstream;

struct upstream_connection {
    int socket;    /* -1: none yet, or no longer */
    int events;    /* -1, or what upstream_watch has set up */
    bool kept;     /* from a request before this one */
    bool dialling; /* the socket is being connected */
    void *memory;  /* of the user: so many bytes as upstream_new was told, not cleared */

    /* What follows is for upstream.c. */
    const struct upstream *upstream;
    bool answered;      /* something has been received: the server has accepted it */
    atomic_int waiting; /* the socket, from the first that is sent until then; otherwise -1 */
    uint64_t dialled;   /* when its life began, ns of the monotonic clock */
    uint64_t taken;     /* when this use of it did */
    uint32_t watched;   /* events of the socket, in `events` */
    int client;         /* -1, or the client's socket in `events` */
    uint32_t client_watched;
    struct upstream_connection *before, *after; /* in the list it is in */
};

/* address: "/PATH" or "unix:/PATH", or ADDR:PORT, whose name is looked up now. At most `most`
 * connections at a time, each kept for `life` nanoseconds after it was made (0: for one use), with
 * `memory` bytes for its user. Returns 0 or an error number, with a line logged. */
int upstream_new(struct upstream **made, const char *address, size_t most, uint64_t life,
                 size_t memory);
/* After the last flow. */
void upstream_free(struct upstream *upstream);

/* A connection to use, the one that was given back last or one without a socket. EBUSY, ENOMEM. */
int upstream_take(struct upstream *upstream, struct upstream_connection **taken);

/* The end of its use. reusable: whatever was sent has been answered, and nothing else is to come;
 * otherwise it is closed. */
void upstream_give(struct upstream *upstream, struct upstream_connection *connection,
                   bool reusable);

/* Closes idle connections whose life is over, or that others wait for. */
void upstream_tend(struct upstream *upstream);

/* Connects it, unless it is: a kept one that the server has closed meanwhile is made anew. Where it
 * is `dialling` then, upstream_dialled has to be asked once the socket is writable. */
int upstream_dial(struct upstream_connection *connection);
int upstream_dialled(struct upstream_connection *connection);

/* Closes the socket: the next upstream_dial makes another one. */
void upstream_hang_up(struct upstream_connection *connection);

/* As much as goes at once, *sent or *got bytes, perhaps 0. EREMOTEIO where the connection has
 * broken or, receiving, has ended. */
int upstream_send(struct upstream_connection *connection, const void *data, size_t length,
                  size_t *sent);
int upstream_receive(struct upstream_connection *connection, void *buffer, size_t room,
                     size_t *got);

/* Makes `events` readable when the socket is ready for `wanted` (EPOLLIN, EPOLLOUT), or the socket
 * of the client for `client_wanted`; there is none where that is 0. Only what changes from one call
 * to the next costs a system call. A client is let go with 0 before its socket is closed. */
int upstream_watch(struct upstream_connection *connection, uint32_t wanted, int client,
                   uint32_t client_wanted);

#endif
