/* link.c - a replica for a connection: chosen, waited for, dialled, and another one where it fails.
 * Nodes that ask `replicas` hold the constraint of that name. */
#include "balance_flux.h"

#include "flux.h"
#include "proxy_protocol.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct peer peer_of_wire(const struct wire *wire)
{
    if (wire->account != NULL)
        return wire->account->peer;
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    getpeername(wire->client, (struct sockaddr *)&address, &length);
    return peer_of(&address);
}

/* ---- choosing, and waiting ------------------------------------------------------------------- */

static int wait_for_turn(struct wire *wire, const struct peer *peer)
{
    struct account *account = wire->account;
    account->ticket = ticket_new();
    if (account->ticket == NULL)
        return errno;
    account->ticket->owner = wire;
    int error = fair_wait(queue, peer, account->ticket);
    if (error == 0) {
        wire->state = WIRE_QUEUED;
        return 0;
    }
    ticket_free(account->ticket);
    account->ticket = NULL;
    return error;
}

int Choose(Choose_in *in, Choose_out *out)
{
    struct wire *wire = wire_of(in->way);
    struct replica *failed = wire->at, *taken = NULL;
    PASS_ON(in, out);
    struct peer peer = peer_of_wire(wire);
    int error = fair_waiting(queue) > 0 ? EBUSY : replicas_take(replicas, &peer, failed, &taken);
    wire->at = taken;
    wire->state = WIRE_CHOSEN;
    if (failed != NULL)
        replicas_give(replicas, failed);
    if (error == EBUSY) {
        error = wait_for_turn(wire, &peer);
        if (error == 0) {
            out->ready = wire->account->ticket->fd;
            out->patience = milliseconds(settings.queue_timeout);
        }
    }
    return error;
}

void queue_advance(void)
{
    while (fair_waiting(queue) > 0 && replicas_have_room(replicas)) {
        struct ticket *next = fair_next(queue);
        struct wire *wire = next->owner;
        struct replica *taken = NULL;
        replicas_take(replicas, &wire->account->peer, NULL, &taken);
        ticket_grant(next, taken);
    }
}

/* It has been granted a replica, or will not be. */
static void leave_queue(struct wire *wire)
{
    struct account *account = wire->account;
    fair_forgo(queue, account->ticket);
    wire->at = account->ticket->gift;
    wire->state = wire->at != NULL ? WIRE_CHOSEN : WIRE_NEW;
    ticket_free(account->ticket);
    account->ticket = NULL;
}

int Turn(Turn_in *in, Turn_out *out)
{
    struct wire *wire = wire_of(in->way);
    PASS_ON(in, out);
    leave_queue(wire);
    return wire->at != NULL ? 0 : EHOSTUNREACH;
}

/* ---- dialling -------------------------------------------------------------------------------- */

/* The header is short, and the connection new: it goes at once, or not at all. */
static int introduce_client(struct wire *wire)
{
    struct sockaddr_storage client = {0}, local = {0};
    socklen_t length = sizeof client;
    unsigned char header[PROXY_PROTOCOL_SIZE];
    getpeername(wire->client, (struct sockaddr *)&client, &length);
    length = sizeof local;
    getsockname(wire->client, (struct sockaddr *)&local, &length);
    size_t size = proxy_protocol_write(header, &client, &local);
    ssize_t sent = send(wire->replica, header, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent == (ssize_t)size ? 0 : sent < 0 ? errno : EIO;
}

static int linked(struct wire *wire)
{
    int error = settings.proxy_protocol ? introduce_client(wire) : 0;
    if (error == 0)
        wire->state = WIRE_LINKED;
    return error;
}

static int outcome_of(int socket)
{
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

int Dial(Dial_in *in, Dial_out *out)
{
    struct wire *wire = wire_of(in->way);
    const struct replica *to = wire->at;
    int yes = 1;
    PASS_ON(in, out);
    wire->replica =
        socket(to->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (wire->replica < 0)
        return errno;
    setsockopt(wire->replica, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(wire->replica, (const struct sockaddr *)&to->address, to->address_length) == 0)
        return linked(wire);
    if (errno != EINPROGRESS && errno != EINTR)
        return errno;
    /* To a replica that is near it is connected by now. To ask costs less than to wait. */
    struct pollfd ready = {.fd = wire->replica, .events = POLLOUT};
    if (poll(&ready, 1, 0) > 0) {
        int error = outcome_of(wire->replica);
        return error != 0 ? error : linked(wire);
    }
    wire->state = WIRE_DIALLING;
    out->ready = wire->replica;
    out->patience = milliseconds(settings.connect_timeout);
    return 0;
}

int Connected(Connected_in *in, Connected_out *out)
{
    struct wire *wire = wire_of(in->way);
    PASS_ON(in, out);
    int error = outcome_of(wire->replica);
    return error != 0 ? error : linked(wire);
}

int Welcome(Welcome_in *in, Welcome_out *out)
{
    struct replica *replica = wire_of(in->way)->at;
    PASS_ON(in, out);
    if (replicas_reached(replicas, replica)) {
        flux_log(FLUX_INFO, "replica %s is up", replica->name);
        queue_advance();
    }
    return 0;
}

/* ---- what can fail --------------------------------------------------------------------------- */

/* What is wrong here, and not with the replica. */
static bool is_ours(int error)
{
    switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EPERM:
        return true;
    default:
        return false;
    }
}

int Retry(Retry_in *in, Retry_out *out)
{
    struct wire *wire = wire_of(in->way);
    int error = in->error;
    PASS_ON(in, out);
    if (wire->state == WIRE_QUEUED) { /* for too long, unless it has just been let in */
        leave_queue(wire);
        return wire->state == WIRE_CHOSEN ? 0 : error;
    }
    if (wire->at == NULL) {
        flux_log(FLUX_DEBUG, "no replica: %s", flux_strerror(error));
        return error;
    }
    if (wire->replica >= 0)
        close(wire->replica);
    wire->replica = -1;
    wire->state = WIRE_NEW;
    if (error == ECANCELED) /* the program stops */
        return error;
    if (is_ours(error)) {
        flux_log(FLUX_WARNING, "replica %s: %s", wire->at->name, flux_strerror(error));
        return error;
    }
    if (replicas_failed(replicas, wire->at))
        flux_log(FLUX_WARNING, "replica %s is down: %s", wire->at->name, flux_strerror(error));
    if (++wire->tries > settings.retries || flux_stopping())
        return error;
    return 0;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool IsQueued(direction *way)
{
    return wire_of(way)->state == WIRE_QUEUED;
}

bool IsChosen(direction *way)
{
    return wire_of(way)->state == WIRE_CHOSEN;
}

bool IsDialling(direction *way)
{
    return wire_of(way)->state == WIRE_DIALLING;
}

bool IsAiling(direction *way)
{
    const struct wire *wire = wire_of(way);
    return wire->state == WIRE_LINKED &&
           (atomic_load_explicit(&wire->at->failures, memory_order_relaxed) != 0 ||
            atomic_load_explicit(&wire->at->down, memory_order_relaxed));
}

bool IsLinking(direction *way)
{
    return wire_of(way)->state != WIRE_LINKED || IsAiling(way);
}
