/* connection.h - a client's connection, from accept to close, but for what it asks and is told.
 *
 * What a flow carries of it while it is idle. Its nodes are thin: they call these.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "clients.h"
#include "exchange.h"
#include "stream.h"

struct connection {
    struct stream stream;
    struct peer peer;
    bool admitted;
    bool keep;         /* another turn */
    bool lingering;    /* until the deadline */
    uint64_t deadline; /* of the handshake, if there is one (0: it has not begun); of lingering */
};

/* Waits for a client. EMFILE while so many are being served that the descriptors which are left are
 * for their files. */
int connection_accept(struct connection *connection);

/* Counts it, and forgets it again. EUSERS where it is one too many. */
int connection_admit(struct connection *connection, struct clients *clients);
void connection_leave(struct connection *connection, struct clients *clients);

/* It goes on after this response if the client wants it to, and if there is room for it: while
 * connections wait to be accepted, or the program stops, those that are open end. */
bool connection_may_go_on(const struct exchange *exchange);

/* The milliseconds for which to wait while nothing of a request has come: those that the handshake
 * has left, which may take as long as a head; else it is idle. */
int connection_patience(struct connection *connection);

/* exchange_send. more: that is not all of the response yet. */
int connection_send(struct connection *connection, struct exchange *exchange, bool more,
                    int *patience);

/* A turn has ended. Returns whether something of the next request is there already. */
bool connection_turn(struct connection *connection, struct exchange *exchange);

/* To one that is not admitted. */
int connection_refuse(struct connection *connection);

/* Nothing more is sent; what the client is still sending is read for a while. Otherwise the kernel
 * would answer it with a reset, and that can overtake the response (RFC 9112, section 9.6). Hush
 * returns the milliseconds for which to wait for more; drain reads it. */
void connection_linger(struct connection *connection);
int connection_hush(struct connection *connection);
void connection_drain(struct connection *connection);

/* A line in the access log, if there is a response and a log. */
void connection_log(const struct connection *connection, const struct exchange *exchange);

#endif
