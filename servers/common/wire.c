#include "wire.h"

#include <errno.h>
#include <string.h>

static const char protocol[] = "\x13"
                               "BitTorrent protocol";

#define PROTOCOL_SIZE 20
#define RESERVED_SIZE 8
#define HASH_AT       (PROTOCOL_SIZE + RESERVED_SIZE)
#define ID_AT         (HASH_AT + WIRE_ID_SIZE)
#define EXTENDED_BYTE (PROTOCOL_SIZE + 5)
#define EXTENDED_BIT  0x10
#define FAST_BYTE     (PROTOCOL_SIZE + 7)
#define FAST_BIT      0x04

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What follows the kind in a message of each kind. */
enum shape { NOTHING, PIECE, BLOCK, DATA, OTHERWISE };

static enum shape shape_of(unsigned kind)
{
    switch (kind) {
    case WIRE_CHOKE:
    case WIRE_UNCHOKE:
    case WIRE_INTERESTED:
    case WIRE_NOT_INTERESTED:
    case WIRE_HAVE_ALL:
    case WIRE_HAVE_NONE:
        return NOTHING;
    case WIRE_HAVE:
    case WIRE_SUGGEST:
    case WIRE_ALLOWED_FAST:
        return PIECE;
    case WIRE_REQUEST:
    case WIRE_CANCEL:
    case WIRE_REJECT:
        return BLOCK;
    case WIRE_BITFIELD:
    case WIRE_PIECE:
    case WIRE_EXTENDED:
        return DATA;
    default:
        return OTHERWISE;
    }
}

/* The body of a message, behind its length. */
static int read_body(const uint8_t *body, uint32_t size, struct wire_message *message)
{
    const uint8_t *rest = body + 1;
    uint32_t left = size - 1;
    message->kind = (enum wire_kind)body[0];
    switch (shape_of(body[0])) {
    case NOTHING:
        return left == 0 ? 0 : EPROTO;
    case PIECE:
        if (left != 4)
            return EPROTO;
        message->piece = read_u32(rest);
        return 0;
    case BLOCK:
        if (left != 12)
            return EPROTO;
        message->piece = read_u32(rest);
        message->begin = read_u32(rest + 4);
        message->length = read_u32(rest + 8);
        return 0;
    case DATA:
        break;
    case OTHERWISE:
        message->kind = body[0] == WIRE_PORT ? WIRE_PORT : WIRE_UNKNOWN;
        return 0;
    }
    if (message->kind == WIRE_PIECE) {
        if (left < 8)
            return EPROTO;
        message->piece = read_u32(rest);
        message->begin = read_u32(rest + 4);
        rest += 8;
        left -= 8;
        message->length = left;
    } else if (message->kind == WIRE_EXTENDED) {
        if (left < 1)
            return EPROTO;
        message->extended = *rest++;
        left--;
    }
    message->data = rest;
    message->size = left;
    return 0;
}

int wire_next(const uint8_t *data, size_t size, bool handshake, size_t longest,
              struct wire_message *message, size_t *used)
{
    *message = (struct wire_message){.kind = WIRE_NOTHING};
    *used = 0;
    if (handshake) {
        /* Who does not speak the protocol is not waited for. */
        if (memcmp(data, protocol, size < PROTOCOL_SIZE ? size : PROTOCOL_SIZE) != 0)
            return EPROTO;
        if (size < WIRE_HANDSHAKE_SIZE)
            return 0;
        message->kind = WIRE_HANDSHAKE;
        message->data = data;
        message->size = WIRE_HANDSHAKE_SIZE;
        *used = WIRE_HANDSHAKE_SIZE;
        return 0;
    }
    if (size < 4)
        return 0;
    uint32_t length = read_u32(data);
    if (length > longest)
        return EPROTO;
    if (size - 4 < length)
        return 0;
    *used = 4 + (size_t)length;
    if (length == 0) {
        message->kind = WIRE_KEEP_ALIVE;
        return 0;
    }
    return read_body(data + 4, length, message);
}

bool wire_speaks_fast(const uint8_t *handshake)
{
    return (handshake[FAST_BYTE] & FAST_BIT) != 0;
}

bool wire_speaks_extended(const uint8_t *handshake)
{
    return (handshake[EXTENDED_BYTE] & EXTENDED_BIT) != 0;
}

const uint8_t *wire_info_hash(const uint8_t *handshake)
{
    return handshake + HASH_AT;
}

const uint8_t *wire_peer_id(const uint8_t *handshake)
{
    return handshake + ID_AT;
}

/* ---- writing --------------------------------------------------------------------------------- */

void wire_put_handshake(struct buffer *out, const uint8_t *info_hash, const uint8_t *peer_id)
{
    uint8_t *to = buffer_extend(out, WIRE_HANDSHAKE_SIZE);
    if (to == NULL)
        return;
    memset(to, 0, WIRE_HANDSHAKE_SIZE);
    memcpy(to, protocol, PROTOCOL_SIZE);
    to[EXTENDED_BYTE] |= EXTENDED_BIT;
    to[FAST_BYTE] |= FAST_BIT;
    memcpy(to + HASH_AT, info_hash, WIRE_ID_SIZE);
    memcpy(to + ID_AT, peer_id, WIRE_ID_SIZE);
}

static uint8_t *put_head(struct buffer *out, enum wire_kind kind, size_t size)
{
    uint8_t *to = buffer_extend(out, 5 + size);
    if (to == NULL)
        return NULL;
    write_u32(to, (uint32_t)(1 + size));
    to[4] = (uint8_t)kind;
    return to + 5;
}

void wire_put(struct buffer *out, enum wire_kind kind)
{
    put_head(out, kind, 0);
}

void wire_put_keep_alive(struct buffer *out)
{
    buffer_add_u32(out, 0);
}

void wire_put_piece(struct buffer *out, enum wire_kind kind, uint32_t piece)
{
    uint8_t *to = put_head(out, kind, 4);
    if (to != NULL)
        write_u32(to, piece);
}

void wire_put_block(struct buffer *out, enum wire_kind kind, uint32_t piece, uint32_t begin,
                    uint32_t length)
{
    uint8_t *to = put_head(out, kind, 12);
    if (to == NULL)
        return;
    write_u32(to, piece);
    write_u32(to + 4, begin);
    write_u32(to + 8, length);
}

void wire_put_bitfield(struct buffer *out, const uint8_t *bits, size_t size)
{
    uint8_t *to = put_head(out, WIRE_BITFIELD, size);
    if (to != NULL && size > 0)
        memcpy(to, bits, size);
}

void wire_piece_head(uint8_t head[WIRE_PIECE_HEAD], uint32_t piece, uint32_t begin, uint32_t length)
{
    write_u32(head, 9 + length);
    head[4] = WIRE_PIECE;
    write_u32(head + 5, piece);
    write_u32(head + 9, begin);
}

void wire_put_extended(struct buffer *out, uint8_t which, const struct buffer *dictionary,
                       const void *data, size_t size)
{
    if (dictionary->failed)
        out->failed = true;
    uint8_t *to = put_head(out, WIRE_EXTENDED, 1 + dictionary->used + size);
    if (to == NULL)
        return;
    *to++ = which;
    memcpy(to, dictionary->data, dictionary->used);
    if (size > 0)
        memcpy(to + dictionary->used, data, size);
}
