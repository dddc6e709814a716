/* upload.c - blocks that peers ask for. */
#include "bittorrent_flux.h"

#include <errno.h>
#include <stdlib.h>

/* Every number is the peer's: checked in 64 bits before it is used. */
static bool is_within(const struct wire_message *message)
{
    if (message->piece >= swarm.metainfo.pieces || message->length == 0 ||
        message->length > MOST_ASKED)
        return false;
    return (uint64_t)message->begin + message->length <=
           metainfo_piece_size(&swarm.metainfo, message->piece);
}

/* It will not get this one; with the fast extension it is told. */
static void reject(swarm_peer *peer)
{
    const struct wire_message *message = &peer->message;
    peer->nuisance++;
    if (peer->speaks_fast && buffer_left(&peer->out) < (64u << 10))
        wire_put_block(&peer->out, WIRE_REJECT, message->piece, message->begin, message->length);
}

int Queue(Queue_in *in, Queue_out *out)
{
    swarm_peer *peer = in->peer;
    const struct wire_message *message = &peer->message;
    PASS_ON(in, out);
    if (!swarm_knows() || !is_within(message))
        return peer_fault(peer, EPROTO, "it asks for a block that there is not");
    if (!bits_has(swarm.have, message->piece) || peer->upload_count == MOST_REQUESTS ||
        !(peer->told_unchoked || fast_allows(peer, message->piece))) {
        reject(peer);
        return 0;
    }
    if (peer->uploads == NULL &&
        (peer->uploads = malloc(MOST_REQUESTS * sizeof *peer->uploads)) == NULL)
        return ENOMEM;
    uint32_t place = (peer->upload_first + peer->upload_count++) % MOST_REQUESTS;
    peer->uploads[place] = (struct wanted){message->piece, message->begin, message->length};
    return 0;
}

/* A block that is no longer wanted, if it has not been begun. */
static void forget_one(swarm_peer *peer)
{
    const struct wire_message *message = &peer->message;
    uint32_t kept = 0, count = peer->upload_count;
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        struct wanted wanted = peer->uploads[(peer->upload_first + i) % MOST_REQUESTS];
        if (!found && wanted.piece == message->piece && wanted.begin == message->begin &&
            wanted.length == message->length)
            found = true;
        else
            peer->uploads[(peer->upload_first + kept++) % MOST_REQUESTS] = wanted;
    }
    peer->upload_count = kept;
    if (!found)
        peer->nuisance++;
    else if (peer->speaks_fast)
        wire_put_block(&peer->out, WIRE_REJECT, message->piece, message->begin, message->length);
}

/* cancel, reject. */
int Revoke(Revoke_in *in, Revoke_out *out)
{
    swarm_peer *peer = in->peer;
    PASS_ON(in, out);
    if (peer->message.kind == WIRE_CANCEL) {
        forget_one(peer);
        return 0;
    }
    if (!peer->speaks_fast)
        return peer_fault(peer, EPROTO, "a message of the fast extension, which it has not");
    peer->nuisance++;
    requests_drop_one(peer, peer->message.piece, peer->message.begin);
    return 0;
}

/* Nothing, keep-alive, and what others may understand. */
int Ignore(Ignore_in *in, Ignore_out *out)
{
    PASS_ON(in, out);
    if (in->peer->message.kind != WIRE_NOTHING)
        in->peer->nuisance++;
    return 0;
}

bool IsRequest(swarm_peer *peer)
{
    return peer->message.kind == WIRE_REQUEST;
}

bool IsRevoked(swarm_peer *peer)
{
    return peer->message.kind == WIRE_CANCEL || peer->message.kind == WIRE_REJECT;
}
