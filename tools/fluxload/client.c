/* client.c - a client's connection: dialling, TLS, requests and answers. */
#include "fluxload_flux.h"

#include "flux.h"
#include "plan.h"
#include "requests.h"
#include "secure.h"

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Received in one call. Nothing waits while it is in use, so a thread needs one. */
#define SCRATCH ((size_t)64 * 1024)

/* The server has closed the connection; no error of the system's means that. */
#define CLOSED ENODATA

static int never = -1, gate = -1; /* the second becomes readable when clients are let go */

int client_start(void)
{
    never = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    gate = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return never >= 0 && gate >= 0 ? 0 : errno;
}

void client_stop(void)
{
    close(never);
    close(gate);
}

void client_let_go(void)
{
    eventfd_write(gate, 1);
}

int client_socket(const client *me)
{
    if (me != NULL && me->state == CLIENT_GATHERING)
        return gate;
    return me != NULL && me->stream.socket >= 0 ? me->stream.socket : never;
}

int milliseconds_until(uint64_t moment)
{
    uint64_t now = flux_now();
    return moment > now ? (int)((moment - now + 999999) / 1000000) : 0;
}

int whole_milliseconds(uint64_t time)
{
    return time / 1000000 < INT_MAX ? (int)(time / 1000000) : INT_MAX;
}

client *client_new(void)
{
    client *me = calloc(1, sizeof *me);
    if (me != NULL)
        me->stream.socket = -1;
    return me;
}

void client_free(client *me)
{
    client_close(me);
    free(me->own);
    free(me);
}

void client_ask(client *me, struct ask what)
{
    me->planned = what.planned;
    me->target = what.target;
    me->counts = what.counts;
    me->state = me->stream.socket >= 0 ? CLIENT_ASKING : CLIENT_APART;
}

void client_close(client *me)
{
    if (me->stream.socket >= 0)
        stream_close(&me->stream);
    http_response_drop(&me->response);
    me->kept = me->greeting = false;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool IsBusy(client *me)
{
    return me != NULL;
}

#define IS(name, state_)                                                                           \
    bool name(client *me)                                                                          \
    {                                                                                              \
        return me != NULL && me->state == (state_);                                                \
    }
IS(IsHearing, CLIENT_HEARING)
IS(IsAsking, CLIENT_ASKING)
IS(IsUnsent, CLIENT_UNSENT)
IS(IsPausing, CLIENT_PAUSING)
IS(IsApart, CLIENT_APART)
IS(IsDialling, CLIENT_DIALLING)
IS(IsChoked, CLIENT_CHOKED)
IS(IsGathering, CLIENT_GATHERING)
IS(IsSettled, CLIENT_SETTLED)

/* ---- hearing --------------------------------------------------------------------------------- */

/* How long the next await may take. */
static void set_patience(client *me)
{
    me->patience = me->greeting ? milliseconds_until(me->dialled + plan.connect_timeout)
                                : milliseconds_until(me->sent + plan.timeout);
}

/* As stream_receive, which does not tell an end from a reset. */
static int receive(client *me, char *buffer, size_t room, size_t *got)
{
    if (me->stream.tls != NULL) {
        int error = stream_receive(&me->stream, buffer, room, got);
        return error == ECONNRESET ? CLOSED : error;
    }
    ssize_t count;
    do
        count = recv(me->stream.socket, buffer, room, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    *got = count > 0 ? (size_t)count : 0;
    if (count == 0)
        return CLOSED;
    return count > 0 || errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno;
}

static void settle(client *me)
{
    unsigned class = me->response.status / 100;
    me->answered = flux_now();
    me->outcome = class == 4 ? OUTCOME_4XX : class == 5 ? OUTCOME_5XX : OUTCOME_ANSWERED;
    me->state = CLIENT_SETTLED;
    me->kept = true;
}

static int hear(client *me)
{
    static _Thread_local char scratch[SCRATCH];
    do {
        size_t got, used;
        int error = receive(me, scratch, sizeof scratch, &got);
        if (error == CLOSED && !me->greeting && http_response_ended(&me->response)) {
            settle(me);
            return 0;
        }
        if (error != 0)
            return error;
        me->state = me->stream.choked ? CLIENT_CHOKED : CLIENT_HEARING;
        if (me->greeting && !me->stream.shaking) {
            me->greeting = false;
            me->state = CLIENT_ASKING;
            return 0;
        }
        if (got == 0)
            break;
        error = http_response_take(&me->response, scratch, got, &used);
        if (error != 0)
            return error;
        if (me->response.whole) {
            settle(me);
            if (used < got) /* nobody has asked for that */
                me->response.keep_alive = false;
            return 0;
        }
    } while (stream_holds_input(&me->stream));
    set_patience(me);
    return 0;
}

int Hear(Hear_in *in, Hear_out *out)
{
    int error = hear(in->me);
    GO_ON(out, in->me);
    return error;
}

int Loosen(Loosen_in *in, Loosen_out *out)
{
    int error = hear(in->me);
    GO_ON(out, in->me);
    return error;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* Sends what is left of the request. */
static int send_on(client *me)
{
    size_t gone;
    struct iovec part = {(char *)me->text + me->gone, me->length - me->gone};
    int error = stream_send(&me->stream, &part, 1, false, &gone);
    me->gone += gone;
    me->state = me->gone < me->length ? CLIENT_UNSENT : CLIENT_HEARING;
    set_patience(me);
    return error;
}

int Ask(Ask_in *in, Ask_out *out)
{
    client *me = in->me;
    int error = requests_compose(me);
    http_response_begin(&me->response, requests_of_head());
    me->gone = 0;
    me->sent = flux_now();
    if (error == 0)
        error = send_on(me);
    GO_ON(out, me);
    return error;
}

int Room(Room_in *in, Room_out *out)
{
    int error = send_on(in->me);
    GO_ON(out, in->me);
    return error;
}

/* ---- dialling -------------------------------------------------------------------------------- */

int Dial(Dial_in *in, Dial_out *out)
{
    client *me = in->me;
    const struct addrinfo *to = plan.address;
    int error = 0;
    me->sent = me->dialled = flux_now();
    me->response.begun = false;
    me->stream.socket = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (me->stream.socket < 0)
        return errno;
    setsockopt(me->stream.socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(me->stream.socket, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS)
        error = errno;
    me->state = CLIENT_DIALLING;
    me->patience = milliseconds_until(me->dialled + plan.connect_timeout);
    GO_ON(out, me);
    return error;
}

int Connected(Connected_in *in, Connected_out *out)
{
    client *me = in->me;
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(me->stream.socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    me->state = CLIENT_ASKING;
    me->opened = error == 0;
    if (error == 0 && plan.tls) {
        me->greeting = true;
        error = secure_begin(&me->stream);
        if (error == 0)
            error = hear(me); /* which begins the handshake */
    }
    GO_ON(out, me);
    return error;
}

/* ---- pausing --------------------------------------------------------------------------------- */

/* Something has come while nothing was asked for: the server has closed the connection, or is not
 * to be understood. */
int Pause(Pause_in *in, Pause_out *out)
{
    client *me = in->me;
    uint64_t now = flux_now();
    client_close(me);
    me->patience = me->pause_end > now ? whole_milliseconds(me->pause_end - now) : 0;
    GO_ON(out, me);
    return 0;
}

/* The milliseconds of a pause are over. */
int Resume(Resume_in *in, Resume_out *out)
{
    client *me = in->me;
    uint64_t now = flux_now();
    if (in->error != ETIMEDOUT)
        return in->error; /* Mishap's */
    if (now < me->pause_end) {
        uint64_t left = me->pause_end - now;
        struct timespec rest = {(time_t)(left / SECOND), (long)(left % SECOND)};
        nanosleep(&rest, NULL);
        now = flux_now();
    }
    me->lagged = true;
    me->lag = now > me->pause_end ? now - me->pause_end : 0;
    me->state = me->stream.socket >= 0 ? CLIENT_ASKING : CLIENT_APART;
    GO_ON(out, me);
    return 0;
}

/* ---- mishaps --------------------------------------------------------------------------------- */

static enum outcome outcome_of(int error)
{
    switch (error) {
    case ECANCELED:
        return OUTCOME_ABANDONED;
    case ECONNREFUSED:
        return OUTCOME_REFUSED;
    case ECONNRESET:
    case EPIPE:
        return OUTCOME_RESET;
    case ETIMEDOUT:
        return OUTCOME_TIMEOUT;
    case CLOSED:
        return OUTCOME_SHORT;
    case EBADMSG:
    case E2BIG:
        return OUTCOME_MALFORMED;
    case EPROTO:
    case EPROTOTYPE:
        return OUTCOME_TLS;
    default:
        return OUTCOME_OTHER;
    }
}

/* A server may close a connection that is idle at any time, perhaps just before it is asked: then
 * the request is made once more, on a new connection (RFC 9112, section 9.3.1). */
static bool is_stale(const client *me, int error)
{
    return me->kept && !me->response.begun && !me->retried &&
           (error == ECONNRESET || error == EPIPE || error == CLOSED);
}

int Mishap(Mishap_in *in, Mishap_out *out)
{
    client *me = in->me;
    bool stale = is_stale(me, in->error);
    client_close(me);
    if (stale) {
        me->retried = true;
        me->state = CLIENT_APART;
    } else {
        me->outcome = outcome_of(in->error);
        me->error = in->error;
        me->answered = flux_now();
        me->state = CLIENT_SETTLED;
    }
    GO_ON(out, me);
    return 0;
}
