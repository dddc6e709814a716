/* fast.c - the fast extension (BEP 6): pieces that a peer may have though it is choked, and what it
 * suggests.
 */
#include "bittorrent_flux.h"

#include <errno.h>
#include <openssl/sha.h>
#include <string.h>

#define GIVEN 10 /* to a peer that has less than that */

/* Section "Allowed Fast Set Generation": the same for every peer of a /24 network, whoever gives.
 */
static void generate(swarm_peer *peer)
{
    uint8_t seed[4 + METAINFO_HASH], hash[SHA_DIGEST_LENGTH];
    memcpy(seed, peer->address.address, 4);
    seed[3] = 0;
    memcpy(seed + 4, swarm.info_hash, METAINFO_HASH);
    SHA1(seed, sizeof seed, hash);
    uint8_t count = 0;
    while (count < GIVEN && count < swarm.metainfo.pieces) {
        for (unsigned i = 0; i < 5 && count < GIVEN && count < swarm.metainfo.pieces; i++) {
            const uint8_t *at = hash + 4 * i;
            uint32_t number =
                (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
            uint32_t piece = number % swarm.metainfo.pieces;
            bool known = false;
            for (uint8_t k = 0; k < count; k++)
                known |= peer->allowed_fast[k] == piece;
            if (!known)
                peer->allowed_fast[count++] = piece;
        }
        SHA1(hash, sizeof hash, hash);
    }
    peer->allowed_fast_count = count;
}

void fast_allow(swarm_peer *peer)
{
    if (!peer->speaks_fast || peer->address.family != AF_INET || peer->has >= GIVEN)
        return;
    generate(peer);
    for (uint8_t i = 0; i < peer->allowed_fast_count; i++)
        wire_put_piece(&peer->out, WIRE_ALLOWED_FAST, peer->allowed_fast[i]);
}

bool fast_allows(const swarm_peer *peer, uint32_t piece)
{
    for (uint8_t i = 0; i < peer->allowed_fast_count; i++) {
        if (peer->allowed_fast[i] == piece)
            return true;
    }
    return false;
}

/* suggest, allowed fast. What is suggested is looked at as any other piece is. */
int Ponder(Ponder_in *in, Ponder_out *out)
{
    swarm_peer *peer = in->peer;
    uint32_t piece = peer->message.piece;
    PASS_ON(in, out);
    if (!peer->speaks_fast)
        return peer_fault(peer, EPROTO, "a message of the fast extension, which it has not");
    if (swarm_knows() && piece >= swarm.metainfo.pieces)
        return peer_fault(peer, EPROTO, "it offers a piece that there is not");
    const uint8_t most = sizeof peer->fast_pieces / sizeof peer->fast_pieces[0];
    if (peer->message.kind == WIRE_ALLOWED_FAST && swarm_knows() && peer->fast_count < most)
        peer->fast_pieces[peer->fast_count++] = piece;
    else
        peer->nuisance++;
    return 0;
}

bool IsOffer(swarm_peer *peer)
{
    return peer->message.kind == WIRE_SUGGEST || peer->message.kind == WIRE_ALLOWED_FAST;
}
