/* fair.h - turns among clients: a bound for each, and queues in which each has its turn.
 *
 * A client is an address (clients.h). Two things can be had of it, each by a struct fair of its
 * own:
 *
 *   - a bound: fair_claim counts something a client has, up to `bound` of them; from then on those
 *     that want one wait, and fair_release lets the oldest of that client in.
 *   - a queue: fair_wait puts somebody in the queue, and fair_next takes out who is next: clients
 * take turns, and within a client the one that came first. So of a scarce thing each client gets an
 *     equal share, however many of its connections wait (R. Jain, D. Chiu, W. Hawe, 1984; J. Nagle,
 *     RFC 970).
 *
 * Who waits has a ticket, whose descriptor an `await` can wait for: it is readable once the ticket
 * has been granted. Nothing here is locked: who calls these holds one constraint.
 */
#ifndef FAIR_H
#define FAIR_H

#include "clients.h"

#include <stdbool.h>

struct fair_client;

struct ticket {
    int fd;       /* an eventfd; -1: none */
    bool waiting; /* in a queue */
    bool granted;
    void *owner, *gift; /* of its user: who waits, and what is granted */
    struct fair_client *client;
    struct ticket *before, *after; /* of the same client */
};

struct fair;

/* bound 0: none. most: tickets that may wait at a time. NULL: no memory. */
struct fair *fair_new(uint64_t bound, uint64_t most);
void fair_free(struct fair *fair);

/* A ticket, of the flow that waits. Returns NULL with errno set. */
struct ticket *ticket_new(void);
void ticket_free(struct ticket *ticket);
/* Makes it readable. */
void ticket_grant(struct ticket *ticket, void *gift);

/* Counts one more. EAGAIN where the client has as many as it may: the ticket waits, if there is
 * one. ENOMEM, ENOBUFS where too many wait. */
int fair_claim(struct fair *fair, const struct peer *peer, struct ticket *ticket);
/* One less; grants the next, which is counted then. */
void fair_release(struct fair *fair, const struct peer *peer);

/* The ticket waits for its turn. ENOMEM, ENOBUFS. */
int fair_wait(struct fair *fair, const struct peer *peer, struct ticket *ticket);
/* Takes out the ticket whose turn it is; NULL: nobody waits. */
struct ticket *fair_next(struct fair *fair);
/* Takes out one that will not wait any more. */
void fair_forgo(struct fair *fair, struct ticket *ticket);

/* How many wait. */
uint64_t fair_waiting(const struct fair *fair);

#endif
