/* extended.h - the extension protocol of BitTorrent (BEP 10), and the two extensions spoken here:
 * ut_metadata, which hands on the info dictionary (BEP 9), and ut_pex, by which peers tell each
 * other of peers (BEP 11).
 *
 * Messages are read from what stands behind the number of the extension.
 */
#ifndef EXTENDED_H
#define EXTENDED_H

#include "bencode.h"
#include "clients.h"

/* The numbers by which others address ours. */
enum extended_number { EXTENDED_HANDSHAKE = 0, EXTENDED_METADATA = 1, EXTENDED_PEX = 2 };

#define EXTENDED_PIECE 16384u /* bytes of metadata in a message */

/* What a peer has said in its handshakes: each changes what it mentions. */
struct extended {
    uint8_t metadata, pex;  /* numbers to send with; 0: it does not speak that */
    uint64_t metadata_size; /* 0: it has none */
    uint32_t most_requests; /* reqq, 0: it did not say */
    uint16_t port;          /* where it listens, 0: it did not say */
    char client[32];        /* printable */
};

/* Returns EPROTO where it is no dictionary. */
int extended_read_handshake(struct extended *peer, const uint8_t *data, size_t size);

/* metadata_size 0: there is none to be had. pex: whether it is wanted. */
void extended_write_handshake(struct buffer *dictionary, uint64_t metadata_size, bool pex,
                              uint16_t port, uint32_t most_requests, const struct peer *yourself);

/* ---- metadata -------------------------------------------------------------------------------- */

enum metadata_kind { METADATA_REQUEST = 0, METADATA_DATA = 1, METADATA_REJECT = 2 };

struct metadata_message {
    int kind; /* or another, to be passed over */
    uint32_t piece;
    const uint8_t *data; /* METADATA_DATA */
    size_t size;
};

int metadata_read(struct metadata_message *message, const uint8_t *data, size_t size);
void metadata_write(struct buffer *dictionary, enum metadata_kind kind, uint32_t piece,
                    uint64_t total_size);

/* ---- peer exchange --------------------------------------------------------------------------- */

#define PEX_MOST 50 /* peers that are added, or dropped, in one message */

enum pex_flag { PEX_SEED = 0x02, PEX_REACHABLE = 0x10 };

/* Those that a message adds, at most PEX_MOST of each family; the rest is not read. */
struct pex_message {
    struct peer added[2 * PEX_MOST];
    size_t count;
};

int pex_read(struct pex_message *message, const uint8_t *data, size_t size);

struct pex_list {
    struct peer peers[PEX_MOST];
    uint8_t flags[PEX_MOST];
    size_t count;
};
void pex_write(struct buffer *dictionary, const struct pex_list *added,
               const struct pex_list *dropped);

/* ---- addresses ------------------------------------------------------------------------------- */

/* In compact form (BEP 23, BEP 7): 4 or 16 bytes, and two of the port. */
#define COMPACT_IPV4 6
#define COMPACT_IPV6 18
struct peer compact_read(const uint8_t *data, int family);
void compact_write(struct buffer *out, const struct peer *peer);

#endif
