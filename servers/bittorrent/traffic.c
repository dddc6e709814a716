/* traffic.c - bytes in and out of the socket of a peer: all that its flow does beside thinking.
 *
 * The events of a peer are an epoll of its socket, edge-triggered: a wait ends when something can
 * be received again, when something can be sent again, or when another flow asks for it
 * (peer_wake). What could be done at the last look is remembered, so a turn begins with a wait only
 * where there is nothing to do.
 */
#include "bittorrent_flux.h"

#include "flux.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_AT_ONCE                                                                               \
    (128u << 10) /* received in a turn; sent in a turn, before others have theirs */
#define MOST_SENT (512u << 10)

/* ---- waiting --------------------------------------------------------------------------------- */

static bool has_output(const swarm_peer *peer)
{
    return buffer_left(&peer->out) > 0 || peer->sending > 0 || peer->upload_count > 0;
}

bool IsEager(swarm_peer *peer)
{
    return (peer->readable && peer->may_receive > 0) ||
           (peer->writable && peer->may_send > 0 && has_output(peer));
}

static void look(swarm_peer *peer)
{
    struct epoll_event event;
    if (epoll_wait(peer->events, &event, 1, 0) != 1)
        return;
    if (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        peer->readable = true;
    if (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        peer->writable = true;
}

int Wait(Wait_in *in, Wait_out *out)
{
    PASS_ON(in, out);
    look(in->peer);
    return 0;
}

/* Which deadline it was, Plan finds out. When the program stops, connections end. */
int Elapse(Elapse_in *in, Elapse_out *out)
{
    PASS_ON(in, out);
    return in->error == ETIMEDOUT ? 0 : in->error;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static int fill(swarm_peer *peer)
{
    if (peer->input == NULL && (peer->input = spare_take(&inputs)) == NULL)
        return ENOMEM;
    if (peer->input_taken > 0) {
        peer->input_used -= peer->input_taken;
        memmove(peer->input, peer->input + peer->input_taken, peer->input_used);
        peer->input_taken = 0;
    }
    size_t room = INPUT_SIZE - peer->input_used;
    room = room < MOST_AT_ONCE ? room : MOST_AT_ONCE;
    room = room < peer->may_receive ? room : (size_t)peer->may_receive;
    ssize_t got = recv(peer->socket, peer->input + peer->input_used, room, MSG_DONTWAIT);
    if (got == 0)
        return peer_fault(peer, ECONNRESET, "it has gone");
    if (got < 0) {
        peer->readable = errno == EINTR;
        return errno == EAGAIN || errno == EINTR ? 0 : errno;
    }
    peer->readable = (size_t)got == room;
    peer->input_used += (size_t)got;
    peer->received += (uint64_t)got;
    peer->heard_at = flux_now();
    return 0;
}

static int parse(swarm_peer *peer)
{
    size_t used;
    int error = wire_next(peer->input + peer->input_taken, peer->input_used - peer->input_taken,
                          !peer->met, LONGEST_MESSAGE, &peer->message, &used);
    peer->input_taken += used;
    return error == 0 ? 0 : peer_fault(peer, error, "it does not keep to the protocol");
}

static void give_input_back(swarm_peer *peer)
{
    if (peer->input != NULL && peer->input_taken == peer->input_used) {
        spare_give(&inputs, peer->input);
        peer->input = NULL;
        peer->input_taken = peer->input_used = 0;
    }
}

int Receive(Receive_in *in, Receive_out *out)
{
    swarm_peer *peer = in->peer;
    int error = 0;
    PASS_ON(in, out);
    peer->message.kind = WIRE_NOTHING;
    if (peer->readable && peer->may_receive > 0)
        error = fill(peer);
    return error == 0 && peer->input != NULL ? parse(peer) : error;
}

int Next(Next_in *in, Next_out *out)
{
    PASS_ON(in, out);
    if (in->peer->message.kind == WIRE_NOTHING)
        return 0;
    return parse(in->peer);
}

bool HasMessage(swarm_peer *peer)
{
    return peer->message.kind != WIRE_NOTHING;
}

/* ---- sending --------------------------------------------------------------------------------- */

static int sent(swarm_peer *peer, ssize_t done)
{
    if (done < 0) {
        if (errno == EINTR)
            return 0;
        peer->writable = false;
        return errno == EAGAIN ? 0 : errno;
    }
    peer->sent += (uint64_t)done;
    peer->stuck_since = 0;
    return 0;
}

/* The oldest block that it wants: its head goes out with what else there is to say. */
static void begin_block(swarm_peer *peer)
{
    const struct wanted *wanted = &peer->uploads[peer->upload_first];
    uint8_t head[WIRE_PIECE_HEAD];
    wire_piece_head(head, wanted->piece, wanted->begin, wanted->length);
    buffer_add(&peer->out, head, sizeof head);
    peer->before_block = buffer_left(&peer->out);
    peer->sending_at = (uint64_t)wanted->piece * swarm.metainfo.piece_length + wanted->begin;
    peer->sending = wanted->length;
    peer->sent_blocks += wanted->length;
    peer->upload_first = (peer->upload_first + 1) % MOST_REQUESTS;
    peer->upload_count--;
}

/* While a block is being sent, only what goes before it. */
static int send_words(swarm_peer *peer)
{
    size_t left;
    const uint8_t *from = buffer_rest(&peer->out, &left);
    int more = peer->sending > 0 ? MSG_MORE : 0;
    if (peer->sending > 0)
        left = peer->before_block;
    ssize_t done = send(peer->socket, from, left, MSG_DONTWAIT | MSG_NOSIGNAL | more);
    if (done > 0) {
        buffer_take(&peer->out, (size_t)done);
        peer->before_block -= peer->sending > 0 ? (size_t)done : 0;
    }
    return sent(peer, done);
}

static ssize_t send_padding(const swarm_peer *peer, size_t size)
{
    static const char zeros[4096];
    return send(peer->socket, zeros, size < sizeof zeros ? size : sizeof zeros,
                MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* From the page cache to the socket; of what is not there, a helper or this worker waits for the
 * disk. */
static int send_block(swarm_peer *peer)
{
    struct storage_part part = storage_part(&swarm.storage, peer->sending_at, peer->sending);
    ssize_t done;
    if (part.padding) {
        done = send_padding(peer, part.size);
    } else {
        bool kept;
        int fd = storage_descriptor(&swarm.storage, part.file, &kept);
        if (fd < 0)
            return errno;
        off_t from = (off_t)part.offset;
        done = sendfile(peer->socket, fd, &from, part.size);
        int error = errno;
        if (!kept)
            close(fd);
        errno = error;
    }
    if (done == 0)
        return peer_fault(peer, EIO, "a file has become shorter");
    if (done > 0) {
        peer->sending_at += (uint64_t)done;
        peer->sending -= (uint32_t)done;
    }
    return sent(peer, done);
}

static int send_all(swarm_peer *peer)
{
    uint64_t most = peer->may_send < MOST_SENT ? peer->may_send : MOST_SENT;
    int error = 0;
    while (error == 0 && peer->writable && peer->sent < most) {
        if (peer->sending == 0 && peer->upload_count > 0)
            begin_block(peer);
        if (peer->sending > 0 && peer->before_block == 0)
            error = send_block(peer);
        else if (buffer_left(&peer->out) > 0)
            error = send_words(peer);
        else
            break;
    }
    return error;
}

int Send(Send_in *in, Send_out *out)
{
    swarm_peer *peer = in->peer;
    PASS_ON(in, out);
    give_input_back(peer);
    if (!has_output(peer))
        return 0;
    uint64_t now = flux_now();
    if (peer->stuck_since == 0)
        peer->stuck_since = now;
    int error = send_all(peer);
    if (peer->sent > 0)
        peer->sent_at = now;
    if (!has_output(peer))
        peer->stuck_since = 0;
    return peer->out.failed ? ENOMEM : error;
}

/* ---- the end --------------------------------------------------------------------------------- */

int Room(Room_in *in, Room_out *out)
{
    PASS_ON(in, out);
    look(in->peer);
    return 0;
}

/* Only what has been begun. */
int Flush(Flush_in *in, Flush_out *out)
{
    swarm_peer *peer = in->peer;
    int error = 0;
    PASS_ON(in, out);
    while (error == 0 && peer->writable && peer->sending > 0)
        error = peer->before_block > 0 ? send_words(peer) : send_block(peer);
    return error;
}
