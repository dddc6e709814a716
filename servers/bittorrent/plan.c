/* plan.c - what a peer is told in a turn: whatever has changed since it was last told.
 *
 * No flow sends anything to the peer of another. It changes what it has to change in the swarm and
 * wakes the other, whose own flow comes by here.
 */
#include "bittorrent_flux.h"

#include "flux.h"
#include "listen.h"

#include <errno.h>

#define SLOWEST_HANDSHAKE (30 * SECOND)
#define KEEP_ALIVE        (100 * SECOND)
#define SILENT            (200 * SECOND) /* longer than anybody who keeps to BEP 3 */
#define STUCK             (60 * SECOND)  /* output that does not move */
#define MOST_NUISANCE     4000
#define MOST_WORDS        (64u << 10) /* bytes to be said; a peer that does not read gets no more */

/* ---- limits and deadlines -------------------------------------------------------------------- */

/* What has moved since the last turn, and what may until the next. */
static void account(swarm_peer *peer, uint64_t now)
{
    bucket_take(&swarm.down_bucket, peer->received);
    bucket_take(&swarm.up_bucket, peer->sent);
    rate_count(&swarm.up, peer->sent_blocks);
    rate_count(&peer->up, peer->sent_blocks);
    peer->received = peer->sent = peer->sent_blocks = 0;
    peer->may_receive = bucket_look(&swarm.down_bucket, now);
    peer->may_send = bucket_look(&swarm.up_bucket, now);
}

static int check_deadlines(swarm_peer *peer, uint64_t now)
{
    if (peer->doomed)
        return peer_fault(peer, EPROTO, "what it said does not fit the torrent");
    if (!peer->met && now - peer->began >= SLOWEST_HANDSHAKE)
        return peer_fault(peer, ETIMEDOUT, "it has not introduced itself");
    if (now - peer->heard_at >= SILENT)
        return peer_fault(peer, ETIMEDOUT, "it has been silent for too long");
    if (peer->stuck_since != 0 && now - peer->stuck_since >= STUCK && peer->may_send > 0)
        return peer_fault(peer, ETIMEDOUT, "it does not read");
    if (peer->nuisance > MOST_NUISANCE)
        return peer_fault(peer, EPROTO, "it says too much that is of no use");
    return 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Milliseconds that the next wait may take. */
static int patience(const swarm_peer *peer, uint64_t now)
{
    uint64_t next = peer->heard_at + SILENT;
    next = earlier(next, peer->met ? peer->sent_at + KEEP_ALIVE : peer->began + SLOWEST_HANDSHAKE);
    if (peer->stuck_since != 0)
        next = earlier(next, peer->stuck_since + STUCK);
    if (peer->next_pex != 0)
        next = earlier(next, peer->next_pex);
    if (peer->may_receive == 0)
        next = earlier(next, now + MILLISECOND * (uint64_t)bucket_wait(&swarm.down_bucket));
    if (peer->may_send == 0)
        next = earlier(next, now + MILLISECOND * (uint64_t)bucket_wait(&swarm.up_bucket));
    return next <= now ? 1 : (int)((next - now) / MILLISECOND) + 1;
}

/* ---- what there is to say -------------------------------------------------------------------- */

/* All that we have at the beginning. */
static void tell_pieces(swarm_peer *peer)
{
    peer->told_done = swarm.done_count;
    if (swarm_knows() && swarm.have_count == swarm.metainfo.pieces && peer->speaks_fast)
        wire_put(&peer->out, WIRE_HAVE_ALL);
    else if (swarm.have_count > 0)
        wire_put_bitfield(&peer->out, swarm.have, bits_size(swarm.metainfo.pieces));
    else if (peer->speaks_fast)
        wire_put(&peer->out, WIRE_HAVE_NONE);
}

static void greet(swarm_peer *peer)
{
    peer->greeted = true;
    tell_pieces(peer);
    if (peer->speaks_extended) {
        struct buffer dictionary = {0};
        extended_write_handshake(&dictionary, swarm_knows() ? swarm.metainfo.info_length : 0,
                                 !swarm.metainfo.is_private, listen_port(), MOST_REQUESTS - 12,
                                 &peer->address);
        wire_put_extended(&peer->out, EXTENDED_HANDSHAKE, &dictionary, NULL, 0);
        buffer_free(&dictionary);
    }
    if (swarm_knows() && swarm.have_count > 0)
        fast_allow(peer);
}

/* What has come since. */
static void tell_haves(swarm_peer *peer)
{
    while (peer->told_done < swarm.done_count && buffer_left(&peer->out) < MOST_WORDS)
        wire_put_piece(&peer->out, WIRE_HAVE, swarm.done[peer->told_done++]);
}

/* What is not sent to a peer that has been choked is rejected, where there is a word for it. */
static void reject_all(swarm_peer *peer)
{
    while (peer->upload_count > 0) {
        const struct wanted *wanted = &peer->uploads[peer->upload_first];
        if (peer->speaks_fast)
            wire_put_block(&peer->out, WIRE_REJECT, wanted->piece, wanted->begin, wanted->length);
        peer->upload_first = (peer->upload_first + 1) % MOST_REQUESTS;
        peer->upload_count--;
    }
}

static void tell_choking(swarm_peer *peer)
{
    if (peer->told_unchoked == peer->unchoked)
        return;
    peer->told_unchoked = peer->unchoked;
    wire_put(&peer->out, peer->unchoked ? WIRE_UNCHOKE : WIRE_CHOKE);
    if (!peer->unchoked)
        reject_all(peer);
}

static void tell_interest(swarm_peer *peer)
{
    bool interested = peer_wanted(peer);
    if (peer->told_interested == interested)
        return;
    peer->told_interested = interested;
    wire_put(&peer->out, interested ? WIRE_INTERESTED : WIRE_NOT_INTERESTED);
}

/* Two that have everything have nothing to say to each other. */
static bool is_over(const swarm_peer *peer)
{
    return swarm_complete() && swarm.metainfo.pieces > 0 && peer->has == swarm.metainfo.pieces &&
           buffer_left(&peer->out) == 0 && peer->sending == 0;
}

int Plan(Plan_in *in, Plan_out *out)
{
    swarm_peer *peer = in->peer;
    uint64_t now = flux_now();
    PASS_ON(in, out);
    account(peer, now);
    int error = check_deadlines(peer, now);
    if (error != 0)
        return error;
    if (peer->met) {
        if (!peer->greeted)
            greet(peer);
        tell_haves(peer);
        tell_choking(peer);
        tell_interest(peer);
        if (buffer_left(&peer->out) < MOST_WORDS) {
            requests_fill(peer);
            metadata_plan(peer);
            exchange_plan(peer, now);
        }
        if (now - peer->sent_at >= KEEP_ALIVE && !buffer_left(&peer->out) && peer->sending == 0)
            wire_put_keep_alive(&peer->out);
        peer->over = is_over(peer);
    }
    out->patience = patience(peer, now);
    return 0;
}
