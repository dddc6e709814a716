/* exchange.c - extensions: their handshake (BEP 10), and peer exchange (BEP 11). */
#include "bittorrent_flux.h"

#include "flux.h"

#include <errno.h>

#define PEX_EVERY  (60 * SECOND)
#define PEX_BEFORE (55 * SECOND) /* more often than that it is a nuisance */
#define DEPARTED   (sizeof swarm.departed / sizeof swarm.departed[0])

/* ---- hearing --------------------------------------------------------------------------------- */

static int hear_handshake(swarm_peer *peer)
{
    if (extended_read_handshake(&peer->ext, peer->message.data, peer->message.size) != 0)
        return peer_fault(peer, EPROTO, "a malformed handshake of extensions");
    peer->nuisance += peer->said_extended ? 10 : 0;
    if (!peer->said_extended && peer->ext.pex != 0)
        peer->next_pex = flux_now() + 2 * SECOND;
    peer->said_extended = true;
    if (!peer->outgoing && peer->ext.port != 0) {
        peer->reachable = peer->address;
        peer->reachable.port = peer->ext.port;
        candidates_busy(&swarm.candidates, &peer->reachable);
    }
    return 0;
}

static int hear_peers(swarm_peer *peer)
{
    struct pex_message message;
    if (pex_read(&message, peer->message.data, peer->message.size) != 0)
        return peer_fault(peer, EPROTO, "a malformed message about peers");
    uint64_t now = flux_now();
    if (swarm.metainfo.is_private || now - peer->heard_pex < PEX_BEFORE / 4) {
        peer->nuisance += 100;
        return 0;
    }
    peer->heard_pex = now;
    for (size_t i = 0; i < message.count; i++)
        candidates_add(&swarm.candidates, &message.added[i]);
    swarm_dial();
    return 0;
}

int Extend(Extend_in *in, Extend_out *out)
{
    swarm_peer *peer = in->peer;
    PASS_ON(in, out);
    switch (peer->message.extended) {
    case EXTENDED_HANDSHAKE:
        return hear_handshake(peer);
    case EXTENDED_PEX:
        return hear_peers(peer);
    default:
        peer->nuisance++;
        return 0;
    }
}

bool IsExtended(swarm_peer *peer)
{
    return peer->message.kind == WIRE_EXTENDED;
}

/* ---- saying ---------------------------------------------------------------------------------- */

void exchange_departed(const swarm_peer *peer)
{
    if (!peer->outgoing && peer->reachable.port != 0)
        candidates_done(&swarm.candidates, &peer->reachable, !peer_was_of_use(peer), flux_now());
    if (peer->met && peer->reachable.port != 0)
        swarm.departed[swarm.departed_count++ % DEPARTED] =
            (struct departed){peer->reachable, peer->number};
}

static uint8_t flags_of(const swarm_peer *peer)
{
    bool seed = swarm_knows() && peer->has == swarm.metainfo.pieces;
    return (uint8_t)((seed ? PEX_SEED : 0) | (peer->outgoing ? PEX_REACHABLE : 0));
}

/* Peers have rising numbers: those above the last one that it was told of are new to it. */
static const swarm_peer *next_reachable(const swarm_peer *peer)
{
    const swarm_peer *next = NULL;
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        const swarm_peer *other = swarm.peers[i];
        if (other != peer && other->met && other->reachable.port != 0 &&
            other->number > peer->pex_added && (next == NULL || other->number < next->number))
            next = other;
    }
    return next;
}

static void list_added(swarm_peer *peer, struct pex_list *added)
{
    const swarm_peer *other;
    while (added->count < PEX_MOST && (other = next_reachable(peer)) != NULL) {
        added->peers[added->count] = other->reachable;
        added->flags[added->count++] = flags_of(other);
        peer->pex_added = other->number;
    }
}

static void list_dropped(swarm_peer *peer, struct pex_list *dropped)
{
    if (swarm.departed_count - peer->pex_dropped > PEX_MOST)
        peer->pex_dropped = swarm.departed_count - PEX_MOST;
    for (; peer->pex_dropped != swarm.departed_count; peer->pex_dropped++) {
        const struct departed *one = &swarm.departed[peer->pex_dropped % DEPARTED];
        if (one->number <= peer->pex_added)
            dropped->peers[dropped->count++] = one->at;
    }
}

void exchange_plan(swarm_peer *peer, uint64_t now)
{
    struct pex_list added = {.count = 0}, dropped = {.count = 0};
    if (peer->next_pex == 0 || now < peer->next_pex)
        return;
    peer->next_pex = now + PEX_EVERY;
    if (peer->ext.pex == 0 || swarm.metainfo.is_private)
        return;
    list_dropped(peer, &dropped);
    list_added(peer, &added);
    if (added.count + dropped.count == 0)
        return;
    struct buffer dictionary = {0};
    pex_write(&dictionary, &added, &dropped);
    wire_put_extended(&peer->out, peer->ext.pex, &dictionary, NULL, 0);
    buffer_free(&dictionary);
}
