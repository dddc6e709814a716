/* bittorrent.h - what the nodes of the BitTorrent peer share.
 *
 * There is one torrent, and one swarm of peers around it. `swarm` is guarded by the constraint of
 * that name: a node that uses it holds it. So are the fields of a peer that say so; the others
 * belong to the flow of its connection.
 */
#ifndef BITTORRENT_H
#define BITTORRENT_H

#include "bandwidth.h"
#include "candidates.h"
#include "extended.h"
#include "handover.h"
#include "magnet.h"
#include "metainfo.h"
#include "partial.h"
#include "rarest.h"
#include "spare.h"
#include "storage.h"
#include "tracker.h"
#include "wire.h"

#define MILLISECOND UINT64_C(1000000)
#define SECOND      UINT64_C(1000000000)

#define MOST_REQUESTS   512                 /* of one peer, in either direction */
#define MOST_ASKED      (128u << 10)        /* bytes in a block that a peer may ask for */
#define LONGEST_MESSAGE ((256u << 10) + 64) /* the bitfield of METAINFO_MOST_PIECES */
#define INPUT_SIZE      (LONGEST_MESSAGE + 4)

/* ---- options --------------------------------------------------------------------------------- */

/* Set by `initial`, read-only from then on. */
struct settings {
    const char *dir;
    bool seed, exit_when_done;
    uint64_t up, down; /* bytes a second; 0: no limit */
    uint64_t most_peers, per_address, slots, memory;
    /* --create */
    const char *create, *output, *comment;
    uint64_t piece_length; /* 0: by size */
    bool is_private;
};
extern struct settings settings;

/* ---- a peer ---------------------------------------------------------------------------------- */

/* A block that it has been asked for. */
struct asked {
    struct partial *partial; /* not looked at once it is cancelled */
    uint32_t piece, block;
    bool cancelled; /* by the end game: it is yet to be told */
};

/* A block that it wants. */
struct wanted {
    uint32_t piece, begin, length;
};

typedef struct swarm_peer {
    /* Of its flow alone. */
    struct peer address;
    bool outgoing;
    int socket, events; /* events: an epoll of the socket; both are closed by Leave */
    bool readable, writable;
    uint8_t *input; /* INPUT_SIZE bytes, NULL while nothing is in it */
    size_t input_used, input_taken;
    struct wire_message message;
    struct buffer out;
    struct wanted *uploads; /* a ring of MOST_REQUESTS, NULL before the first */
    uint32_t upload_first, upload_count;
    uint64_t sending_at;            /* offset in the torrent of the block that is being sent */
    uint32_t sending;               /* bytes of it that are left */
    size_t before_block;            /* bytes of `out` that go before it */
    uint64_t may_receive, may_send; /* by the limits */
    uint64_t received, sent, sent_blocks;    /* since the last Plan */
    uint64_t heard_at, sent_at, stuck_since; /* stuck: output that does not move, 0: none */
    uint64_t began;
    uint32_t nuisance; /* what it said in vain; halved at times */
    bool greeted;      /* what follows a handshake is said */
    bool told_unchoked, told_interested;
    bool over; /* the connection has done its duty */
    uint64_t next_pex;
    uint32_t pex_added, pex_dropped; /* up to which number it has been told */
    uint8_t allowed_fast_count;
    uint32_t allowed_fast[10]; /* pieces that it may ask for though it is choked */
    const char *why;           /* the connection ends, for the log */

    /* Guarded by `swarm`. */
    bool entered, counted_client, met;
    uint32_t place, number; /* in swarm.peers; unique */
    uint8_t id[WIRE_ID_SIZE];
    bool speaks_fast, speaks_extended, said_extended;
    struct extended ext;
    struct peer reachable;     /* where it listens; port 0: not known */
    uint8_t *bits;             /* what it has; before the metainfo is known, what it said so far */
    uint32_t bits_count;       /* pieces; before that, those that there is room for */
    uint32_t has;              /* how many */
    uint32_t interesting;      /* of these we have not */
    bool said_all;             /* before the metainfo is known: it has all */
    size_t said_bitfield;      /* likewise: the size of its bitfield, 0: none */
    bool counted;              /* its pieces are counted in swarm.rarest */
    bool choking, interested;  /* as it says */
    bool unchoked, optimistic; /* as we decided */
    bool snubbed;              /* it has not kept its promises */
    struct asked *asked;       /* MOST_REQUESTS of them, NULL before the first */
    uint32_t asked_count, window;
    struct partial *current;              /* that it was last asked for a block of */
    uint64_t block_at;                    /* the last block that came, or the first request */
    uint64_t unchoked_at, unchoked_us_at; /* by us; by it */
    uint32_t fast_pieces[16];             /* which it lets us have though it chokes us */
    uint8_t fast_count;
    struct rate down, up; /* of blocks */
    uint8_t *info;        /* its copy of the metadata, while that is fetched */
    size_t info_size;
    uint32_t info_got, info_asked, info_pieces;
    bool info_gave_up, informed; /* its copy is the one that counts */
    uint64_t heard_pex;
    uint32_t told_done; /* of swarm.done */
    bool hungry;        /* it could be asked for more than there was to ask for */
    unsigned strikes;   /* pieces that it had a part in, and that were wrong */
    bool doomed;        /* to be closed at its next turn */
} swarm_peer;

/* ---- the swarm ------------------------------------------------------------------------------- */

typedef struct partial partial_piece;

/* A node of `Conversation` passes on what it was given. */
#define PASS_ON(in, out)                                                                           \
    ((out)->events = (in)->events, (out)->patience = (in)->patience, (out)->peer = (in)->peer)

enum stage {
    STAGE_METADATA, /* of a magnet link: what the torrent is, is not known yet */
    STAGE_CHECKING, /* what is on the disk is being verified */
    STAGE_RUNNING,
};

struct departed {
    struct peer at;
    uint32_t number;
};

struct swarm {
    enum stage stage;
    uint8_t info_hash[METAINFO_HASH], id[WIRE_ID_SIZE];
    struct metainfo metainfo;
    struct storage storage;
    bool adopting;                     /* a flow makes metainfo and storage of what it has got */
    struct metainfo_tracker *trackers; /* of the torrent or the link, and of the command line */
    size_t tracker_count;

    uint8_t *have;
    uint32_t have_count;
    uint64_t left;              /* bytes of what is missing */
    uint32_t *done, done_count; /* pieces in the order in which they came, so that all are told */
    uint32_t next_check, checked;
    struct rarest rarest;
    struct partials partials;
    uint64_t pause_until; /* the disk does not take anything at the moment */

    struct swarm_peer **peers; /* settings.most_peers of them */
    uint32_t peer_count, last_number;
    uint32_t unchoked_count;
    unsigned rounds; /* of choking */
    struct clients *clients;
    struct candidates candidates;
    uint32_t dialling;
    struct departed departed[64];
    uint32_t departed_count;

    struct bucket up_bucket, down_bucket;
    struct rate up, down;     /* of blocks */
    uint64_t wasted, corrupt; /* bytes that came twice, or wrong */
    bool completed;           /* while this program runs: trackers are told */
    bool announce_now;
    uint32_t random;
    unsigned ticks;
    uint64_t began;
};
extern struct swarm swarm;

extern struct handover whole, unverified, to_dial;
extern struct spare inputs; /* of peers */

/* All is there. */
static inline bool swarm_complete(void)
{
    return swarm.stage == STAGE_RUNNING && swarm.have_count == swarm.metainfo.pieces;
}

static inline bool swarm_knows(void)
{
    return swarm.stage != STAGE_METADATA;
}

uint32_t swarm_random(void);

/* swarm.c. Nodes that call these hold `swarm`. */

/* metainfo and storage are set: makes what depends on them, and has the files verified. Returns 0
 * or ENOMEM. */
int swarm_begin(void);
void swarm_free(void);
/* A piece is there: on the disk, and right. */
void swarm_got(uint32_t piece);
/* Has the flow of a peer take a turn. */
void peer_wake(swarm_peer *peer);
void swarm_dial(void);

/* availability.c: what peers have. */
int peer_has_all(swarm_peer *peer);
int peer_has_piece(swarm_peer *peer, uint32_t piece);
int peer_has_bitfield(swarm_peer *peer, const uint8_t *bits, size_t size);
void peer_forget(swarm_peer *peer); /* it leaves */
/* The metainfo is known now: what it said before is looked at. EPROTO where it does not fit. */
int peer_review(swarm_peer *peer);

/* requests.c: what it is asked for. */
void requests_fill(swarm_peer *peer);
void requests_drop(swarm_peer *peer); /* all of them: it will not answer */
void requests_drop_one(swarm_peer *peer, uint32_t piece, uint32_t begin);
/* A block has come. Returns the piece if it is whole now, or NULL. */
struct partial *requests_answer(swarm_peer *peer, const struct wire_message *message);
uint32_t peer_most_requests(const swarm_peer *peer); /* that it takes at a time */
bool peer_wanted(const swarm_peer *peer);            /* it has what we want, and we may have it */

/* choke.c */
void choke_peer(swarm_peer *peer, bool choke);
void choke_fill(uint64_t now); /* places that are free */

/* metadata.c, exchange.c: what Plan says of extensions. */
void metadata_plan(swarm_peer *peer);
void exchange_plan(swarm_peer *peer, uint64_t now);
void exchange_departed(const swarm_peer *peer);

/* What the info dictionary of a link is made into, until Begin. */
extern struct adopted {
    struct metainfo metainfo;
    struct storage storage;
} adopted;

/* setup.c: opens the files. Returns an error number, with a line logged. */
int setup_storage(struct storage *storage, const struct metainfo *metainfo);
/* There is nothing more to do: the program ends, with status 1 or 0. */
void setup_fail(void);
void setup_done(void);

/* fast.c */
void fast_allow(swarm_peer *peer);
bool fast_allows(const swarm_peer *peer, uint32_t piece);

/* Whether anything has been given or taken: a connection without that is not made anew at once. */
bool peer_was_of_use(const swarm_peer *peer);

/* Says why the connection ends, and returns the error to end it with. */
int peer_fault(swarm_peer *peer, int error, const char *why);

/* ---- pieces, trackers, progress -------------------------------------------------------------- */

void piece_hash(const void *data, size_t size, uint8_t hash[METAINFO_HASH]);
/* Hashes and writes what is whole and has not been written yet; by `final`. */
void pieces_finish(void);
int pieces_prepare_hole(void);

/* --create: reads what is to be made a torrent of, as a metainfo without hashes; writes the torrent
 * when all hashes are there. */
int create_begin(void);
int create_finish(void);
void create_free(void);
extern uint8_t *create_hashes; /* NULL: no torrent is made */

typedef struct announcement {
    bool due;
    const char *url;
    struct tracker_request request;
    struct tracker_reply reply;
    size_t tried; /* trackers in this round */
} announcement;

int announce_open(void);
void announce_close(void);
void announce_stopped(void);

typedef struct progress {
    enum stage stage;
    bool creating, complete;
    const char *name;
    uint32_t pieces, have, checked, peers, seeds;
    uint64_t size, left, down, up, total_down, total_up;
    struct happened {
        const char *event, *text;
    } happened[8];
    size_t happened_count;
} progress;

/* Something that is to be told with the next progress; a node that calls it holds `swarm`. Both
 * texts have to stay. */
void report_event(const char *event, const char *text);
/* The same at once, by a `blocking` node. */
void report_now(const char *event, const char *text);
/* By `final`: what has not been told, and how it ended. */
void report_end(void);

#endif
