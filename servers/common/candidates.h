/* candidates.h - addresses where peers may be: of trackers, of peer exchange, of links.
 *
 * Bounded: where there is no room, the one that has failed most often makes place. An address that
 * fails is tried again later, and later each time. One that lied is not talked to any more.
 *
 * Nothing here is locked.
 */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "clients.h"

#include <stdbool.h>

#define CANDIDATES_MOST 2048

struct candidate {
    struct peer at;
    uint64_t next_try; /* nanoseconds */
    uint8_t failures;
    bool busy;  /* being dialled, or connected */
    bool never; /* it is ourselves */
};

struct candidates {
    struct candidate list[CANDIDATES_MOST];
    size_t count;
    struct peer banned[CANDIDATES_MOST]; /* addresses, whatever the port */
    size_t banned_count, banned_next;
    uint32_t random;
};

/* Whether two are the same: with their ports, or as addresses alone. */
bool peer_same(const struct peer *a, const struct peer *b);
bool peer_same_address(const struct peer *a, const struct peer *b);

/* Port 0, and addresses that are none, are passed over. */
void candidates_add(struct candidates *candidates, const struct peer *at);
/* One that may be tried now, which is busy from here on; false: there is none. */
bool candidates_next(struct candidates *candidates, uint64_t now, struct peer *at);
/* It is connected, as it is known by another way. */
void candidates_busy(struct candidates *candidates, const struct peer *at);
/* The connection is over. failed: it was of no use. */
void candidates_done(struct candidates *candidates, const struct peer *at, bool failed,
                     uint64_t now);
void candidates_never(struct candidates *candidates, const struct peer *at);
void candidates_ban(struct candidates *candidates, const struct peer *address);
bool candidates_banned(const struct candidates *candidates, const struct peer *address);
/* Those that are neither busy nor banned. */
size_t candidates_free(const struct candidates *candidates);

#endif
