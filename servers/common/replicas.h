/* replicas.h - the servers that a balancer stands in front of: which there are, how each is doing,
 * and which one the next connection goes to.
 *
 * A replica is chosen for a connection (replicas_take), is told how connecting went
 * (replica_reached, replicas_failed), counts the requests that are under way on it (replica_asked,
 * replica_answered), and is given back (replicas_give). One that has failed several times in a row
 * is down: it is left out until it has been reached again, by a probe or by a connection that tries
 * it after a while. One that is drained gets no more connections; one that is removed is drained,
 * and gone with its last.
 *
 * Functions that are given a struct replicas are called with one constraint held. Those that are
 * given a struct replica alone may be called by any flow at any time: their counters are atomic.
 */
#ifndef REPLICAS_H
#define REPLICAS_H

#include "clients.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLICA_NAME_SIZE 64

struct replica {
    struct sockaddr_storage address;
    socklen_t address_length;
    char name[REPLICA_NAME_SIZE]; /* "ADDR:PORT" */
    uint32_t number;              /* never used again for another one */
    uint64_t hash;                /* of the name */

    bool draining, removed;
    atomic_bool down;
    atomic_uint failures; /* in a row to connect */
    atomic_uint resets;   /* in a row ahead of any answer */
    unsigned references;  /* connections, and probes */
    unsigned connections;
    uint64_t retry_at;  /* down: when a connection may try it; ns of the monotonic clock */
    uint64_t probed_at; /* when the last probe began */

    atomic_uint unfinished;                                 /* requests without an answer yet */
    atomic_ullong latency;                                  /* peak EWMA, ns */
    atomic_ullong latency_at;                               /* when that was reckoned */
    atomic_ullong requests, served, failed, up, down_bytes; /* totals */
};

struct replicas;
struct strategy;

/* "rr", "least", "p2c", "ewma", "hash"; NULL: there is no such strategy. */
const struct strategy *strategy_named(const char *name);
const char *strategy_name(const struct strategy *strategy);
/* "rr, least, p2c, ewma or hash" */
#define STRATEGY_NAMES "rr, least, p2c, ewma or hash"

struct replicas_options {
    const struct strategy *strategy;
    uint64_t maxconn;  /* connections to one at a time; 0: no limit */
    uint64_t failures; /* so many in a row, and it is down */
    uint64_t retry;    /* ns: a connection tries one that is down after so long; or a probe has */
};

/* NULL: no memory. */
struct replicas *replicas_new(const struct replicas_options *options);
void replicas_free(struct replicas *replicas);

/* Adds ADDR:PORT, or lets one that is drained or being removed take connections again. A name is
 * looked up, which may take its time: only an address in digits is taken where `numeric`. Returns
 * 0, EINVAL, EEXIST where it is there and takes connections, EADDRNOTAVAIL, ENOSPC, ENOMEM. */
int replicas_add(struct replicas *replicas, const char *name, bool numeric);
/* ENOENT where there is none of this name. */
int replicas_drain(struct replicas *replicas, const char *name);
int replicas_remove(struct replicas *replicas, const char *name);

size_t replicas_count(const struct replicas *replicas);
struct replica *replicas_at(const struct replicas *replicas, size_t index);

/* Chooses one for a connection and counts it there. Those that are down are left out, unless all
 * are: then it is better to try than to refuse. avoid: the one that has just failed, taken only
 * where there is no other; or NULL. Returns EBUSY where all that could be taken have as many
 * connections as they may, EHOSTUNREACH where there is none. */
/* The connection of `avoid` is not over by this. */
int replicas_take(struct replicas *replicas, const struct peer *client, const struct replica *avoid,
                  struct replica **taken);

/* Whether one more connection could be taken now. */
bool replicas_have_room(const struct replicas *replicas);

/* The connection is over. The replica may be gone after this. */
void replicas_give(struct replicas *replicas, struct replica *replica);

/* It could not be reached; or it has broken off a connection before it said anything, which tells
 * as much: until it answers again, connecting to it proves nothing. Both return whether it is down
 * by that, and was not before. */
bool replicas_failed(struct replicas *replicas, struct replica *replica);
bool replicas_reset(struct replicas *replicas, struct replica *replica);
/* It has been reached. Returns whether it was down. */
bool replicas_reached(struct replicas *replicas, struct replica *replica);

/* A probe: the next replica whose last probe began `interval` ns ago or more, referenced until
 * replicas_probed; NULL: none is due. */
struct replica *replicas_due(struct replicas *replicas, uint64_t interval);
void replicas_probed(struct replicas *replicas, struct replica *replica);

/* The client has begun a request; the first bytes of its answer are there, `latency` ns later; the
 * connection has ended without. */
void replica_asked(struct replica *replica);
void replica_answered(struct replica *replica, uint64_t latency);
void replica_forsaken(struct replica *replica);

/* The peak EWMA at this time, ns: what a request is expected to take. */
uint64_t replica_latency(const struct replica *replica, uint64_t now);

#endif
