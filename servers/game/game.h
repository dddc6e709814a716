/* game.h - what the nodes of the game server share. */
#ifndef GAME_H
#define GAME_H

#include "cookie.h"
#include "datagrams.h"
#include "histogram.h"
#include "limiter.h"
#include "tag_game.h"

#include <stdatomic.h>
#include <sys/types.h>

#define REPLY_MOST 36

/* Datagrams that have come at once, and what is answered. Its flow owns it. */
struct batch {
    unsigned count, at; /* datagrams; the one that is handled is datagrams[at - 1] */
    struct datagram datagrams[DATAGRAMS_BATCH];
    struct tag_request request; /* what it says */
    struct outbox replies;
    uint8_t bytes[DATAGRAMS_BATCH][REPLY_MOST];
};

/* The turn that is under way. There is one: the source's. */
struct turn {
    uint64_t ticks;       /* of the clock, so far */
    uint64_t due;         /* when it should have begun, ns */
    uint32_t seat, seats; /* the next one to be told, of how many */
    struct outbox states;
    uint8_t bytes[DATAGRAMS_BATCH][TAG_DATAGRAM_MOST];
};

/* Set by `initial`, read-only from then on. */
struct settings {
    uint64_t rate, seats, per_client, silence, strangers, report;
    uint16_t width, height;
    struct cookie_key key;
    int clock; /* a timer that expires with every turn */
    int port;  /* readable when there is a datagram: a socket, or an epoll of several */
    uint64_t begun, period;
    pid_t process;
};
extern struct settings settings;

/* Shared by all flows; a node that uses one holds the constraint of its name. */
extern struct tag_game *board;
extern struct limiter *strangers;

/* What has happened so far; any flow adds to it, Report tells it. */
struct counts {
    atomic_ullong received, sent, bytes; /* datagrams, and bytes of those that were sent */
    atomic_ullong invalid;               /* nothing that a client may send */
    atomic_ullong limited;               /* more of an address, or of a player, than is allowed */
    atomic_ullong repeated;              /* late, twice or wild */
    atomic_ullong unknown;               /* from somebody who is no player */
    atomic_ullong refused;               /* not admitted */
    atomic_ullong unsent;                /* the kernel did not take it, or not in time */
    atomic_ullong joined, left, expired;
    atomic_ullong skipped; /* turns that were so late that the next one was due */
};
extern struct counts counts;

static inline void count(atomic_ullong *number, unsigned long long more)
{
    atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

/* How late turns begin, and when their last datagram is out: ns after they were due. Belong to
 * whoever holds `board`. */
void score_begun(uint64_t late);
void score_done(uint64_t late);
/* A line of JSON if --report wants one now, which belongs to the caller; else NULL. */
char *score_line(uint64_t now);
/* In the end: for the log, and the last line of --report. */
void score_log(void);

/* With --processes each would have a part of the datagrams, and none a game. Logs that, once. */
bool is_one_process(void);

/* The memory of batches that are over. */
void batches_free(void);

#endif
