/* wire.h - the messages of peers: BEP 3, with the fast extension (BEP 6) and the message of the
 * extension protocol (BEP 10).
 *
 * Reading copies nothing. What is checked here is what a message alone can tell: its length, and
 * that it fits its kind. Whether its numbers are those of the torrent is for whoever knows that.
 */
#ifndef WIRE_H
#define WIRE_H

#include "buffer.h"

#define WIRE_HANDSHAKE_SIZE 68
#define WIRE_ID_SIZE        20

enum wire_kind {
    WIRE_CHOKE = 0,
    WIRE_UNCHOKE = 1,
    WIRE_INTERESTED = 2,
    WIRE_NOT_INTERESTED = 3,
    WIRE_HAVE = 4,
    WIRE_BITFIELD = 5,
    WIRE_REQUEST = 6,
    WIRE_PIECE = 7,
    WIRE_CANCEL = 8,
    WIRE_PORT = 9,
    WIRE_SUGGEST = 13,
    WIRE_HAVE_ALL = 14,
    WIRE_HAVE_NONE = 15,
    WIRE_REJECT = 16,
    WIRE_ALLOWED_FAST = 17,
    WIRE_EXTENDED = 20,
    /* These are not sent. */
    WIRE_HANDSHAKE = 256,
    WIRE_KEEP_ALIVE,
    WIRE_UNKNOWN, /* to be passed over */
    WIRE_NOTHING, /* the next message is not all there */
};

struct wire_message {
    enum wire_kind kind;
    uint32_t piece;         /* HAVE, REQUEST, PIECE, CANCEL, SUGGEST, REJECT, ALLOWED_FAST */
    uint32_t begin, length; /* REQUEST, CANCEL, REJECT; PIECE: of the block */
    const uint8_t *data;    /* BITFIELD, PIECE; EXTENDED: behind the kind; HANDSHAKE: all of it */
    uint32_t size;
    uint8_t extended; /* EXTENDED: which */
};

/* The first message of what a peer has sent, at most `longest` bytes of it. *used: how many bytes
 * to go on behind, 0 with WIRE_NOTHING. Returns EPROTO where it is none, or too long. */
int wire_next(const uint8_t *data, size_t size, bool handshake, size_t longest,
              struct wire_message *message, size_t *used);

/* Reserved bits of a handshake. */
bool wire_speaks_fast(const uint8_t *handshake);
bool wire_speaks_extended(const uint8_t *handshake);
const uint8_t *wire_info_hash(const uint8_t *handshake);
const uint8_t *wire_peer_id(const uint8_t *handshake);

/* Writing. A handshake has both reserved bits set. */
void wire_put_handshake(struct buffer *out, const uint8_t *info_hash, const uint8_t *peer_id);
void wire_put(struct buffer *out, enum wire_kind kind); /* without anything else in it */
void wire_put_keep_alive(struct buffer *out);
void wire_put_piece(struct buffer *out, enum wire_kind kind, uint32_t piece);
void wire_put_block(struct buffer *out, enum wire_kind kind, uint32_t piece, uint32_t begin,
                    uint32_t length);
void wire_put_bitfield(struct buffer *out, const uint8_t *bits, size_t size);
/* The head of a block's message, behind which its bytes are sent. */
#define WIRE_PIECE_HEAD 13
void wire_piece_head(uint8_t head[WIRE_PIECE_HEAD], uint32_t piece, uint32_t begin,
                     uint32_t length);
void wire_put_extended(struct buffer *out, uint8_t which, const struct buffer *dictionary,
                       const void *data, size_t size);

#endif
