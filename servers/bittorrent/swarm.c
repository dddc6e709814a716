/* swarm.c - what all peers share: the pieces that are there, and who is connected. */
#include "bittorrent_flux.h"

#include "flux.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct swarm swarm = {.storage.folder = -1};
struct handover whole = HANDOVER_CLOSED, unverified = HANDOVER_CLOSED, to_dial = HANDOVER_CLOSED;
struct spare inputs = {.size = INPUT_SIZE};

#define MOST_DIALLING 32

uint32_t swarm_random(void)
{
    swarm.random = swarm.random * 1664525u + 1013904223u;
    return swarm.random >> 4;
}

/* As many flows verify as there are CPUs. Each takes a piece, and then the next. */
static int verify(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t none = -1;
    int error = 0;
    for (long i = 0; i < cpus && i < 64 && error == 0; i++)
        error = handover_put(&unverified, &none);
    return error;
}

int swarm_begin(void)
{
    uint32_t pieces = swarm.metainfo.pieces;
    swarm.have = calloc(bits_size(pieces) + 1, 1);
    swarm.done = malloc(((size_t)pieces + 1) * sizeof *swarm.done);
    if (swarm.have == NULL || swarm.done == NULL ||
        rarest_init(&swarm.rarest, pieces, (uint32_t)settings.most_peers) != 0)
        return ENOMEM;
    swarm.left = swarm.metainfo.length;
    swarm.stage = STAGE_CHECKING;
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        swarm_peer *peer = swarm.peers[i];
        if (peer_review(peer) != 0)
            peer->doomed = true;
        peer_wake(peer);
    }
    return verify();
}

void swarm_free(void)
{
    partial_free_all(&swarm.partials);
    if (swarm.storage.files != NULL)
        storage_close(&swarm.storage);
    rarest_free(&swarm.rarest);
    metainfo_free(&swarm.metainfo);
    clients_free(swarm.clients);
    free(swarm.have);
    free(swarm.done);
    free(swarm.peers);
    spare_clear(&inputs);
}

void swarm_got(uint32_t piece)
{
    if (bits_has(swarm.have, piece))
        return;
    bits_set(swarm.have, piece);
    swarm.have_count++;
    swarm.left -= metainfo_piece_size(&swarm.metainfo, piece);
    swarm.done[swarm.done_count++] = piece;
    rarest_take(&swarm.rarest, piece);
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        swarm_peer *peer = swarm.peers[i];
        if (peer->bits != NULL && bits_has(peer->bits, piece))
            peer->interesting--;
    }
}

/* A socket that has room is an event each time that epoll is told to look at it; one that has none
 * is one as soon as it has. Either way the flow of the peer takes a turn. */
void peer_wake(swarm_peer *peer)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    epoll_ctl(peer->events, EPOLL_CTL_MOD, peer->socket, &event);
}

void swarm_dial(void)
{
    uint64_t now = flux_now();
    struct peer at;
    /* A quarter of the places is for those who call. */
    uint64_t most = settings.most_peers - settings.most_peers / 4;
    while (!flux_stopping() && swarm.dialling < MOST_DIALLING &&
           swarm.peer_count + swarm.dialling < most &&
           candidates_next(&swarm.candidates, now, &at)) {
        if (handover_put(&to_dial, &at) != 0) {
            candidates_done(&swarm.candidates, &at, false, now);
            return;
        }
        swarm.dialling++;
    }
}

/* ---- clocks ---------------------------------------------------------------------------------- */

#define SNUBBED_AFTER (30 * SECOND)

/* A peer that owes blocks and sends none: others are asked for them. */
static void check_promises(swarm_peer *peer, uint64_t now)
{
    if (peer->asked_count == 0 || now - peer->block_at < SNUBBED_AFTER)
        return;
    peer->snubbed = true;
    peer->window = 1;
    requests_drop(peer);
    peer->block_at = now;
}

uint32_t peer_most_requests(const swarm_peer *peer)
{
    uint32_t most = peer->ext.most_requests > 0 ? peer->ext.most_requests : 250;
    return most < MOST_REQUESTS - 12 ? most : MOST_REQUESTS - 12;
}

/* Pipelined: three seconds of what it sends, but enough to find out how fast it is. */
static void set_window(swarm_peer *peer, uint64_t now)
{
    uint32_t most = peer_most_requests(peer);
    double blocks = peer->down.per_second * 3 / BLOCK_SIZE;
    uint32_t wanted = blocks < 16 ? 16 : blocks < most ? (uint32_t)blocks : most;
    if (peer->snubbed)
        peer->window = 1;
    else if (wanted > peer->window || now - peer->unchoked_us_at > 10 * SECOND)
        peer->window = wanted;
    if (peer->window > most)
        peer->window = most;
}

static void each_second(uint64_t now)
{
    rate_tick(&swarm.up, 1);
    rate_tick(&swarm.down, 1);
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        swarm_peer *peer = swarm.peers[i];
        rate_tick(&peer->down, 1);
        rate_tick(&peer->up, 1);
        check_promises(peer, now);
        set_window(peer, now);
    }
    choke_fill(now);
    swarm_dial();
}

int Tend(void)
{
    uint64_t now = flux_now();
    if (swarm.ticks++ % 4 == 0)
        each_second(now);
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        swarm_peer *peer = swarm.peers[i];
        if (peer->told_done != swarm.done_count || peer->doomed || peer->hungry)
            peer_wake(peer);
    }
    return 0;
}
