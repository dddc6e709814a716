/* peer.c - the connection to a peer, from accept or connect to close. */
#include "bittorrent_flux.h"

#include "flux.h"
#include "listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define REACHED_WITHIN    8000 /* milliseconds */
#define SLOWEST_HANDSHAKE (30 * SECOND)
#define FINISHED_WITHIN   (5 * SECOND) /* what is half sent when the connection ends */

int peer_fault(swarm_peer *peer, int error, const char *why)
{
    peer->why = why;
    return error;
}

static swarm_peer *make_peer(void)
{
    swarm_peer *peer = flux_alloc(sizeof *peer);
    if (peer != NULL) {
        peer->socket = peer->events = -1;
        peer->choking = true;
        peer->window = 16;
        peer->began = peer->heard_at = peer->sent_at = flux_now();
    }
    return peer;
}

int Listen(Listen_out *out)
{
    swarm_peer *peer = make_peer();
    if (peer == NULL)
        return ENOMEM;
    int error = listen_accept(&peer->socket, &peer->address);
    if (error != 0)
        return error;
    out->socket = peer->socket;
    out->patience = 0;
    out->peer = peer;
    return 0;
}

/* ---- calling --------------------------------------------------------------------------------- */

static socklen_t socket_address(const struct peer *at, struct sockaddr_storage *address)
{
    memset(address, 0, sizeof *address);
    if (at->family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)address;
        in->sin_family = AF_INET;
        in->sin_port = htons(at->port);
        memcpy(&in->sin_addr, at->address, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(at->port);
    memcpy(&in6->sin6_addr, at->address, 16);
    return sizeof *in6;
}

/* A call that fails at once is a flow all the same: Leave puts the address back. */
int Dial(Dial_out *out)
{
    struct peer at;
    swarm_peer *peer = make_peer();
    if (peer == NULL)
        return ENOMEM;
    int error = handover_take(&to_dial, &at), yes = 1;
    if (error != 0)
        return error;
    peer->outgoing = true;
    peer->address = peer->reachable = at;
    peer->socket = socket(at.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (peer->socket >= 0) {
        struct sockaddr_storage address;
        socklen_t length = socket_address(&at, &address);
        setsockopt(peer->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (connect(peer->socket, (struct sockaddr *)&address, length) != 0 && errno != EINPROGRESS)
            peer->why = "it cannot be reached";
    }
    out->socket = peer->socket;
    out->patience = REACHED_WITHIN;
    out->peer = peer;
    return 0;
}

int Reach(Reach_in *in, Reach_out *out)
{
    int error = 0;
    socklen_t length = sizeof error;
    *out = (Reach_out){in->socket, in->patience, in->peer};
    if (in->peer->why != NULL)
        return ECONNREFUSED;
    if (getsockopt(in->socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    return error;
}

/* ---- the beginning --------------------------------------------------------------------------- */

static int enter(swarm_peer *peer)
{
    if (candidates_banned(&swarm.candidates, &peer->address))
        return peer_fault(peer, EACCES, "it has sent wrong data before");
    if (swarm.peer_count >= settings.most_peers)
        return peer_fault(peer, EUSERS, "there are too many peers");
    int error = clients_enter(swarm.clients, &peer->address);
    if (error != 0)
        return peer_fault(peer, error, "there are too many peers of its address");
    peer->counted_client = true;
    peer->entered = true;
    peer->number = ++swarm.last_number;
    peer->place = swarm.peer_count;
    swarm.peers[swarm.peer_count++] = peer;
    return 0;
}

/* Who is called is told who we are; who calls says so first. */
int Enter(Enter_in *in, Enter_out *out)
{
    swarm_peer *peer = in->peer;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    peer->events = epoll_create1(EPOLL_CLOEXEC);
    if (peer->events < 0 || epoll_ctl(peer->events, EPOLL_CTL_ADD, peer->socket, &event) != 0)
        return errno;
    int error = enter(peer);
    if (error == 0 && peer->outgoing)
        wire_put_handshake(&peer->out, swarm.info_hash, swarm.id);
    peer->began = flux_now();
    peer->readable = peer->writable = true;
    *out = (Enter_out){peer->events, (int)(SLOWEST_HANDSHAKE / MILLISECOND), peer};
    return error;
}

/* Whether this is the second connection to a peer. */
static bool is_known(const swarm_peer *peer, const uint8_t *id)
{
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        const swarm_peer *other = swarm.peers[i];
        if (other != peer && other->met && memcmp(other->id, id, WIRE_ID_SIZE) == 0)
            return true;
    }
    return false;
}

int Meet(Meet_in *in, Meet_out *out)
{
    swarm_peer *peer = in->peer;
    const uint8_t *handshake = peer->message.data;
    PASS_ON(in, out);
    if (memcmp(wire_info_hash(handshake), swarm.info_hash, METAINFO_HASH) != 0)
        return peer_fault(peer, EPROTO, "it wants another torrent");
    const uint8_t *id = wire_peer_id(handshake);
    if (memcmp(id, swarm.id, WIRE_ID_SIZE) == 0) {
        if (peer->outgoing)
            candidates_never(&swarm.candidates, &peer->address);
        return peer_fault(peer, ELOOP, "it is this very program");
    }
    if (is_known(peer, id))
        return peer_fault(peer, EEXIST, "it is connected already");
    memcpy(peer->id, id, WIRE_ID_SIZE);
    peer->speaks_fast = wire_speaks_fast(handshake);
    peer->speaks_extended = wire_speaks_extended(handshake);
    peer->met = true;
    if (!peer->outgoing)
        wire_put_handshake(&peer->out, swarm.info_hash, swarm.id);
    return 0;
}

bool IsHandshake(swarm_peer *peer)
{
    return peer->message.kind == WIRE_HANDSHAKE;
}

/* ---- the end --------------------------------------------------------------------------------- */

bool IsTalking(swarm_peer *peer)
{
    return !peer->over;
}

bool IsHalfSent(swarm_peer *peer)
{
    uint64_t now = flux_now();
    if (peer->over || peer->socket < 0 || !flux_stopping())
        return false;
    if (peer->stuck_since == 0)
        peer->stuck_since = now;
    return peer->sending > 0 && now - peer->stuck_since < FINISHED_WITHIN;
}

int Goodbye(Goodbye_in *in)
{
    swarm_peer *peer = in->peer;
    char address[PEER_TEXT_SIZE];
    if (peer->why != NULL) {
        peer_text(&peer->address, address);
        flux_log(FLUX_DEBUG, "peer %s, port %u: %s", address, (unsigned)peer->address.port,
                 peer->why);
    }
    return 0;
}

bool peer_was_of_use(const swarm_peer *peer)
{
    return peer->down.total + peer->up.total > 0;
}

static void forget(swarm_peer *peer)
{
    choke_peer(peer, true);
    requests_drop(peer);
    exchange_departed(peer);
    peer_forget(peer);
    swarm_peer *last = swarm.peers[--swarm.peer_count];
    swarm.peers[peer->place] = last;
    last->place = peer->place;
    if (peer->counted_client)
        clients_leave(swarm.clients, &peer->address);
}

int Leave(Leave_in *in)
{
    swarm_peer *peer = in->peer;
    if (peer->entered)
        forget(peer);
    if (peer->outgoing) {
        swarm.dialling -= !peer->entered;
        candidates_done(&swarm.candidates, &peer->address, !peer_was_of_use(peer), flux_now());
    }
    if (peer->input != NULL)
        spare_give(&inputs, peer->input);
    buffer_free(&peer->out);
    free(peer->uploads);
    free(peer->asked);
    free(peer->info);
    if (peer->events >= 0)
        close(peer->events);
    if (peer->socket >= 0)
        close(peer->socket);
    if (!flux_stopping())
        swarm_dial();
    return 0;
}
