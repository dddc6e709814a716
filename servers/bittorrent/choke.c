/* choke.c - who may download from us: tit for tat, with an optimistic unchoke (BEP 3).
 *
 * While there is something to download, those who give most are given to; else those who take
 * fastest, so that what is given spreads. One place is for a peer drawn by lot, for three rounds:
 * it may turn out to be better than the others, and who is new has nothing yet to give.
 */
#include "bittorrent_flux.h"

#include "flux.h"

#include <stdlib.h>

#define ROUNDS_OPTIMISTIC 3

void choke_peer(swarm_peer *peer, bool choke)
{
    if (peer->unchoked == !choke)
        return;
    peer->unchoked = !choke;
    if (choke)
        swarm.unchoked_count--;
    else
        swarm.unchoked_count++;
    if (choke)
        peer->optimistic = false;
    peer_wake(peer);
}

static double merit(const swarm_peer *peer)
{
    if (swarm_complete() || settings.seed)
        return peer->up.per_second;
    return peer->snubbed ? 0 : peer->down.per_second;
}

static int compare_merit(const void *a, const void *b)
{
    const swarm_peer *p = *(swarm_peer *const *)a, *q = *(swarm_peer *const *)b;
    double left = merit(p), right = merit(q);
    if (left != right)
        return left < right ? 1 : -1;
    return (p->number > q->number) - (p->number < q->number);
}

static bool wants(const swarm_peer *peer)
{
    return peer->met && peer->interested && !peer->doomed;
}

/* By lot, among those who are choked; those who have come since the last draw have three lots. */
static swarm_peer *draw(void)
{
    uint32_t lots = 0;
    swarm_peer *drawn = NULL;
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        swarm_peer *peer = swarm.peers[i];
        if (!wants(peer) || peer->unchoked)
            continue;
        uint32_t own = peer->unchoked_at == 0 ? 3 : 1;
        lots += own;
        if (swarm_random() % lots < own)
            drawn = peer;
    }
    return drawn;
}

static void open_door(swarm_peer *peer, uint64_t now, bool optimistic)
{
    peer->optimistic = optimistic;
    peer->unchoked_at = now;
    choke_peer(peer, false);
}

void choke_fill(uint64_t now)
{
    while (swarm.unchoked_count < settings.slots) {
        swarm_peer *peer = draw();
        if (peer == NULL)
            return;
        open_door(peer, now, false);
    }
}

/* The places by merit: all but the optimistic one. */
static void rank(swarm_peer **order, uint32_t count, uint64_t now)
{
    uint32_t places = settings.slots > 1 ? (uint32_t)settings.slots - 1 : 1, taken = 0;
    qsort(order, count, sizeof *order, compare_merit);
    for (uint32_t i = 0; i < count; i++) {
        swarm_peer *peer = order[i];
        if (peer->optimistic)
            continue;
        if (taken < places && merit(peer) > 0) {
            taken++;
            if (!peer->unchoked)
                open_door(peer, now, false);
        } else if (swarm.unchoked_count > places) {
            choke_peer(peer, true);
        }
    }
}

int Choke(void)
{
    uint64_t now = flux_now();
    swarm_peer **order = malloc((swarm.peer_count + 1) * sizeof(swarm_peer *));
    uint32_t count = 0, waiting = 0;
    if (order == NULL)
        return 0; /* the next round will do */
    bool redraw = swarm.rounds++ % ROUNDS_OPTIMISTIC == 0;
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        swarm_peer *peer = swarm.peers[i];
        if (!wants(peer)) {
            choke_peer(peer, true);
            continue;
        }
        waiting += !peer->unchoked;
        order[count++] = peer;
    }
    /* Only where somebody waits is anybody choked. */
    if (waiting > 0) {
        for (uint32_t i = 0; redraw && i < count; i++)
            order[i]->optimistic = false;
        rank(order, count, now);
        swarm_peer *lucky = redraw ? draw() : NULL;
        if (lucky != NULL)
            open_door(lucky, now, true);
    }
    choke_fill(now);
    free(order);
    return 0;
}

/* choke, unchoke, interested, not interested. */
int Mark(Mark_in *in, Mark_out *out)
{
    swarm_peer *peer = in->peer;
    uint64_t now = flux_now();
    PASS_ON(in, out);
    switch (peer->message.kind) {
    case WIRE_CHOKE:
        peer->nuisance += peer->choking;
        peer->choking = true;
        if (!peer->speaks_fast) /* with it, each is rejected */
            requests_drop(peer);
        break;
    case WIRE_UNCHOKE:
        if (peer->choking) {
            peer->window = 16;
            peer->unchoked_us_at = now;
        }
        peer->nuisance += !peer->choking;
        peer->choking = false;
        peer->block_at = now;
        break;
    case WIRE_INTERESTED:
        peer->nuisance += peer->interested;
        peer->interested = true;
        if (!peer->unchoked && swarm.unchoked_count < settings.slots)
            open_door(peer, now, false);
        break;
    default:
        peer->nuisance += !peer->interested;
        peer->interested = false;
        choke_peer(peer, true);
        break;
    }
    return 0;
}

bool IsState(swarm_peer *peer)
{
    return peer->message.kind <= WIRE_NOT_INTERESTED;
}
