/* availability.c - what peers have, and what of it we have not. */
#include "bittorrent_flux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for the bits of so many pieces; before the metainfo is known, as many as were mentioned. */
static int make_bits(swarm_peer *peer, uint32_t pieces)
{
    if (peer->bits != NULL && pieces <= peer->bits_count)
        return 0;
    uint32_t room = pieces > 2 * peer->bits_count ? pieces : 2 * peer->bits_count;
    if (swarm_knows())
        room = swarm.metainfo.pieces;
    size_t size = bits_size(room) + 1,
           before = peer->bits != NULL ? bits_size(peer->bits_count) : 0;
    uint8_t *grown = realloc(peer->bits, size);
    if (grown == NULL)
        return ENOMEM;
    memset(grown + before, 0, size - before);
    peer->bits = grown;
    peer->bits_count = room;
    return 0;
}

static void note_piece(swarm_peer *peer, uint32_t piece)
{
    bits_set(peer->bits, piece);
    peer->has++;
    if (!swarm_knows())
        return;
    if (!bits_has(swarm.have, piece))
        peer->interesting++;
    if (peer->counted)
        rarest_add(&swarm.rarest, piece);
}

int peer_has_piece(swarm_peer *peer, uint32_t piece)
{
    uint32_t pieces = swarm_knows() ? swarm.metainfo.pieces : METAINFO_MOST_PIECES;
    if (piece >= pieces)
        return peer_fault(peer, EPROTO, "it has a piece that there is not");
    int error = make_bits(peer, swarm_knows() ? pieces : piece + 1);
    if (error != 0)
        return error;
    if (!peer->counted && swarm_knows() && peer->has == 0)
        peer->counted = true;
    if (bits_has(peer->bits, piece))
        peer->nuisance++;
    else
        note_piece(peer, piece);
    return 0;
}

static void count_interesting(swarm_peer *peer)
{
    peer->interesting = 0;
    peer->has = 0;
    for (uint32_t i = 0; i < swarm.metainfo.pieces; i++) {
        if (bits_has(peer->bits, i)) {
            peer->has++;
            peer->interesting += !bits_has(swarm.have, i);
        }
    }
    /* Who has all does not make a piece rarer than another. */
    peer->counted = peer->has < swarm.metainfo.pieces;
    for (uint32_t i = 0; peer->counted && i < swarm.metainfo.pieces; i++) {
        if (bits_has(peer->bits, i))
            rarest_add(&swarm.rarest, i);
    }
}

/* A bitfield instead of many haves: BEP 3 has it come first or not at all, but some peers say so.
 */
static void add_bitfield(swarm_peer *peer, const uint8_t *bits, uint32_t pieces)
{
    for (uint32_t i = 0; i < pieces; i++) {
        if (bits_has(bits, i) && !bits_has(peer->bits, i))
            note_piece(peer, i);
    }
}

int peer_has_bitfield(swarm_peer *peer, const uint8_t *bits, size_t size)
{
    bool first = peer->has == 0 && !peer->said_all;
    if (swarm_knows() &&
        (size != bits_size(swarm.metainfo.pieces) || !bits_are_clean(bits, swarm.metainfo.pieces)))
        return peer_fault(peer, EPROTO, "a bitfield that is not of this torrent");
    int error = make_bits(peer, swarm_knows() ? swarm.metainfo.pieces : (uint32_t)size * 8);
    if (error != 0)
        return error;
    peer->said_bitfield = size;
    peer->nuisance += !first;
    if (first && swarm_knows()) {
        memcpy(peer->bits, bits, size);
        count_interesting(peer);
    } else {
        add_bitfield(peer, bits, swarm_knows() ? swarm.metainfo.pieces : (uint32_t)size * 8);
    }
    return 0;
}

int peer_has_all(swarm_peer *peer)
{
    bool first = peer->has == 0 && !peer->said_all;
    peer->said_all = true;
    peer->nuisance += !first;
    if (!swarm_knows())
        return 0;
    int error = make_bits(peer, swarm.metainfo.pieces);
    for (uint32_t i = 0; error == 0 && i < swarm.metainfo.pieces; i++) {
        if (first)
            bits_set(peer->bits, i);
        else if (!bits_has(peer->bits, i))
            note_piece(peer, i);
    }
    if (error == 0 && first)
        count_interesting(peer);
    return error;
}

int peer_review(swarm_peer *peer)
{
    uint32_t pieces = swarm.metainfo.pieces;
    if (peer->said_bitfield != 0 && peer->said_bitfield != bits_size(pieces))
        return peer_fault(peer, EPROTO, "a bitfield that is not of this torrent");
    for (uint32_t i = pieces; peer->bits != NULL && i < peer->bits_count; i++) {
        if (bits_has(peer->bits, i))
            return peer_fault(peer, EPROTO, "it has a piece that there is not");
    }
    uint8_t *bits = calloc(bits_size(pieces) + 1, 1);
    if (bits == NULL)
        return ENOMEM;
    if (peer->bits != NULL)
        memcpy(bits, peer->bits, bits_size(pieces < peer->bits_count ? pieces : peer->bits_count));
    for (uint32_t i = 0; peer->said_all && i < pieces; i++)
        bits_set(bits, i);
    free(peer->bits);
    peer->bits = bits;
    peer->bits_count = pieces;
    count_interesting(peer);
    return 0;
}

void peer_forget(swarm_peer *peer)
{
    for (uint32_t i = 0; peer->counted && i < swarm.metainfo.pieces; i++) {
        if (bits_has(peer->bits, i))
            rarest_remove(&swarm.rarest, i);
    }
    peer->counted = false;
    free(peer->bits);
    peer->bits = NULL;
}

/* have, bitfield, have all, have none. */
int Count(Count_in *in, Count_out *out)
{
    swarm_peer *peer = in->peer;
    const struct wire_message *message = &peer->message;
    PASS_ON(in, out);
    if ((message->kind == WIRE_HAVE_ALL || message->kind == WIRE_HAVE_NONE) && !peer->speaks_fast)
        return peer_fault(peer, EPROTO, "a message of the fast extension, which it has not");
    switch (message->kind) {
    case WIRE_HAVE:
        return peer_has_piece(peer, message->piece);
    case WIRE_BITFIELD:
        return peer_has_bitfield(peer, message->data, message->size);
    case WIRE_HAVE_ALL:
        return peer_has_all(peer);
    default:
        return 0;
    }
}

bool IsHaving(swarm_peer *peer)
{
    enum wire_kind kind = peer->message.kind;
    return kind == WIRE_HAVE || kind == WIRE_BITFIELD || kind == WIRE_HAVE_ALL ||
           kind == WIRE_HAVE_NONE;
}
