/* requests.c - which blocks peers are asked for.
 *
 * A peer is asked for blocks of the piece it is at, then of others that have been begun, then of a
 * new one, the rarest that it has. Where nothing is left that nobody has been asked for, blocks are
 * asked for again of others: the end game (BEP 3), so that the last ones do not wait for the
 * slowest peer. Who is overtaken is told to cancel.
 */
#include "bittorrent_flux.h"

#include "flux.h"

#include <stdlib.h>

#define MOST_ASKED_TWICE 3 /* peers that a block is asked of, in the end game */

bool peer_wanted(const swarm_peer *peer)
{
    return peer->interesting > 0 && !settings.seed;
}

static bool may_ask_for(const swarm_peer *peer, uint32_t piece)
{
    if (!bits_has(peer->bits, piece))
        return false;
    if (!peer->choking)
        return true;
    for (unsigned i = 0; i < peer->fast_count; i++) {
        if (peer->fast_pieces[i] == piece)
            return true;
    }
    return false;
}

static void ask(swarm_peer *peer, struct partial *partial, uint32_t block)
{
    if (peer->asked_count == 0)
        peer->block_at = flux_now();
    peer->asked[peer->asked_count++] =
        (struct asked){.partial = partial, .piece = partial->piece, .block = block};
    wire_put_block(&peer->out, WIRE_REQUEST, partial->piece, block * BLOCK_SIZE,
                   partial_block_size(partial, block));
}

/* ---- which piece ----------------------------------------------------------------------------- */

static struct partial *find_begun(const swarm_peer *peer)
{
    for (struct partial *partial = swarm.partials.first; partial != NULL; partial = partial->next) {
        if (partial_has_free(partial) && may_ask_for(peer, partial->piece))
            return partial;
    }
    return NULL;
}

/* Of those begun that nobody is working at, the one with the least in it is given up. */
static bool give_one_up(void)
{
    struct partial *least = NULL;
    for (struct partial *partial = swarm.partials.first; partial != NULL; partial = partial->next) {
        if (partial->asked == 0 && (least == NULL || partial->got < least->got))
            least = partial;
    }
    if (least == NULL)
        return false;
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        if (swarm.peers[i]->current == least)
            swarm.peers[i]->current = NULL;
    }
    rarest_put_back(&swarm.rarest, least->piece);
    partial_free(&swarm.partials, least);
    return true;
}

static uint32_t pick_fast(const swarm_peer *peer)
{
    for (unsigned i = 0; i < peer->fast_count; i++) {
        uint32_t piece = peer->fast_pieces[i];
        if (bits_has(peer->bits, piece) && rarest_wants(&swarm.rarest, piece))
            return piece;
    }
    return RAREST_NONE;
}

static struct partial *begin_new(const swarm_peer *peer)
{
    uint32_t piece =
        peer->choking ? pick_fast(peer) : rarest_pick(&swarm.rarest, peer->bits, swarm_random());
    if (piece == RAREST_NONE)
        return NULL;
    uint32_t size = metainfo_piece_size(&swarm.metainfo, piece);
    while (swarm.partials.count > 0 && swarm.partials.bytes + size > settings.memory) {
        if (!give_one_up())
            return NULL;
    }
    struct partial *partial = partial_begin(&swarm.partials, piece, size);
    if (partial != NULL)
        rarest_take(&swarm.rarest, piece);
    return partial;
}

/* ---- the end game ---------------------------------------------------------------------------- */

static bool is_asked(const swarm_peer *peer, const struct partial *partial, uint32_t block)
{
    for (uint32_t i = 0; i < peer->asked_count; i++) {
        if (peer->asked[i].partial == partial && peer->asked[i].block == block &&
            !peer->asked[i].cancelled)
            return true;
    }
    return false;
}

/* Whether another peer is asked for blocks of the piece as well. */
static bool ask_again(swarm_peer *peer, struct partial *partial)
{
    for (uint32_t i = 0; i < partial->blocks; i++) {
        const struct block *block = &partial->block[i];
        if (!block->got && block->asked < MOST_ASKED_TWICE && !is_asked(peer, partial, i)) {
            partial_ask_again(partial, i);
            ask(peer, partial, i);
            return true;
        }
    }
    return false;
}

static bool end_game(swarm_peer *peer)
{
    if (swarm.rarest.wanted > 0)
        return false;
    for (struct partial *partial = swarm.partials.first; partial != NULL; partial = partial->next) {
        if (may_ask_for(peer, partial->piece) && ask_again(peer, partial))
            return true;
    }
    return false;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool ask_one(swarm_peer *peer)
{
    struct partial *partial = peer->current;
    if (partial == NULL || !partial_has_free(partial) || !may_ask_for(peer, partial->piece))
        partial = find_begun(peer);
    if (partial == NULL)
        partial = begin_new(peer);
    if (partial == NULL)
        return end_game(peer);
    peer->current = partial;
    ask(peer, partial, partial_ask(partial));
    return true;
}

/* Those that others have answered meanwhile. */
static void cancel(swarm_peer *peer)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < peer->asked_count; i++) {
        struct asked *asked = &peer->asked[i];
        if (!asked->cancelled) {
            peer->asked[kept++] = *asked;
            continue;
        }
        uint32_t begin = asked->block * BLOCK_SIZE;
        uint32_t rest = metainfo_piece_size(&swarm.metainfo, asked->piece) - begin;
        wire_put_block(&peer->out, WIRE_CANCEL, asked->piece, begin,
                       rest < BLOCK_SIZE ? rest : BLOCK_SIZE);
    }
    peer->asked_count = kept;
}

void requests_fill(swarm_peer *peer)
{
    peer->hungry = false;
    if (peer->asked_count > 0)
        cancel(peer);
    if (swarm.stage != STAGE_RUNNING || !peer_wanted(peer) || flux_stopping() ||
        (peer->choking && peer->fast_count == 0))
        return;
    if (peer->asked == NULL) {
        peer->asked = malloc(MOST_REQUESTS * sizeof *peer->asked);
        if (peer->asked == NULL)
            return;
    }
    if (swarm.pause_until > flux_now()) {
        peer->hungry = true;
        return;
    }
    while (peer->asked_count < peer->window && !peer->out.failed) {
        if (!ask_one(peer)) {
            peer->hungry = true;
            break;
        }
    }
}

static void remove_asked(swarm_peer *peer, uint32_t place)
{
    for (uint32_t i = place + 1; i < peer->asked_count; i++)
        peer->asked[i - 1] = peer->asked[i];
    peer->asked_count--;
}

void requests_drop(swarm_peer *peer)
{
    for (uint32_t i = 0; i < peer->asked_count; i++) {
        if (!peer->asked[i].cancelled)
            partial_unask(peer->asked[i].partial, peer->asked[i].block);
    }
    peer->asked_count = 0;
    peer->current = NULL;
}

static uint32_t find_asked(const swarm_peer *peer, uint32_t piece, uint32_t begin)
{
    for (uint32_t i = 0; i < peer->asked_count; i++) {
        if (peer->asked[i].piece == piece && begin == peer->asked[i].block * BLOCK_SIZE)
            return i;
    }
    return UINT32_MAX;
}

void requests_drop_one(swarm_peer *peer, uint32_t piece, uint32_t begin)
{
    uint32_t place = find_asked(peer, piece, begin);
    if (place == UINT32_MAX)
        return;
    struct asked asked = peer->asked[place];
    remove_asked(peer, place);
    if (!asked.cancelled)
        partial_unask(asked.partial, asked.block);
}

/* The others that have been asked for the same block. */
static void overtake(const swarm_peer *winner, struct partial *partial, uint32_t block)
{
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        swarm_peer *peer = swarm.peers[i];
        for (uint32_t k = 0; peer != winner && k < peer->asked_count; k++) {
            struct asked *asked = &peer->asked[k];
            if (asked->partial == partial && asked->block == block && !asked->cancelled) {
                asked->cancelled = true;
                peer_wake(peer);
            }
        }
    }
}

struct partial *requests_answer(swarm_peer *peer, const struct wire_message *message)
{
    uint32_t place = find_asked(peer, message->piece, message->begin);
    if (place == UINT32_MAX || peer->asked[place].cancelled) {
        swarm.wasted += message->size;
        peer->nuisance += place == UINT32_MAX;
        if (place != UINT32_MAX)
            remove_asked(peer, place);
        return NULL;
    }
    struct asked asked = peer->asked[place];
    struct partial *partial = asked.partial;
    if (message->size != partial_block_size(partial, asked.block)) {
        peer->nuisance += 100;
        return NULL;
    }
    remove_asked(peer, place);
    if (partial->block[asked.block].asked > 1)
        overtake(peer, partial, asked.block);
    rate_count(&peer->down, message->size);
    rate_count(&swarm.down, message->size);
    peer->block_at = flux_now();
    peer->snubbed = false;
    if (peer->window < peer_most_requests(peer))
        peer->window++; /* Tend cuts it back to what the rate calls for */
    if (!partial_store(partial, asked.block, message->data, peer->number))
        return NULL;
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        if (swarm.peers[i]->current == partial)
            swarm.peers[i]->current = NULL;
    }
    partial_take(partial);
    return partial;
}
