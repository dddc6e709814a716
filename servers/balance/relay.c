/* relay.c - one direction of a connection: what it receives is sent on, before more is received.
 *
 * A request is what a client sends after the last answer, and unfinished until the first bytes of
 * its answer are there. The way there sees it begin (`began` is set), the way back sees it answered
 * (it is cleared); each does one of the two only, so they need no constraint. */
#include "balance_flux.h"

#include "flux.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#define MILLISECOND UINT64_C(1000000)
/* How long a client is listened to whose replica has broken off. */
#define LINGER 2000
/* While the program stops, a connection that is silent for so long has nothing under way. */
#define QUIET 1000
/* So many loads in a row that fill a block are a stream. */
#define STREAM 2

uint32_t milliseconds_now(void)
{
    return (uint32_t)(flux_now() / MILLISECOND);
}

int milliseconds(uint64_t nanoseconds)
{
    uint64_t count = nanoseconds / MILLISECOND + (nanoseconds % MILLISECOND != 0);
    return nanoseconds == 0 ? -1 : count > INT_MAX ? INT_MAX : (int)count;
}

static uint32_t idle_for(const struct wire *wire)
{
    uint32_t moved = atomic_load_explicit(&wire->moved, memory_order_relaxed);
    uint32_t idle = milliseconds_now() - moved;
    return (int32_t)idle > 0 ? idle : 0; /* the other way may just have moved it */
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void asked(struct wire *wire, uint64_t now)
{
    if (atomic_load_explicit(&wire->began, memory_order_relaxed) != 0)
        return;
    atomic_store_explicit(&wire->began, now, memory_order_release);
    replica_asked(wire->at);
    wire->up.fresh = wire->account != NULL;
}

static void answered(struct wire *wire, uint64_t now)
{
    struct account *account = wire->account;
    uint64_t began = atomic_load_explicit(&wire->began, memory_order_relaxed);
    if (account != NULL) {
        atomic_store_explicit(&account->last, now, memory_order_relaxed);
        atomic_store_explicit(&account->received, wire->down.bytes, memory_order_relaxed);
        wire->down.fresh = atomic_load_explicit(&account->claimed, memory_order_relaxed);
    }
    if (began == 0)
        return;
    if (account != NULL)
        atomic_store_explicit(&account->answered, now, memory_order_relaxed);
    began = atomic_exchange_explicit(&wire->began, 0, memory_order_acq_rel);
    replica_answered(wire->at, now - began);
    wire->down.fresh = account != NULL;
}

static void received(struct wire *wire, direction *way, size_t got)
{
    uint64_t now = flux_now();
    way->bytes = (way->bytes + got) & (UINT64_MAX >> 16);
    way->streak = got < LOAD_BLOCK ? 0 : way->streak < STREAM ? way->streak + 1u : STREAM;
    atomic_store_explicit(&wire->moved, (uint32_t)(now / MILLISECOND), memory_order_relaxed);
    if (way->up)
        asked(wire, now);
    else
        answered(wire, now);
}

int Receive(Receive_in *in, Receive_out *out)
{
    direction *way = in->way;
    struct wire *wire = wire_of(way);
    size_t got;
    bool ended;
    PASS_ON(in, out);
    int error = load_receive(&way->load, way->up ? wire->client : wire->replica,
                             way->streak == STREAM && !settings.no_splice, &got, &ended);
    way->ended = ended;
    if (error == ENOMEM)
        return error;
    if (error != 0 && way->up)
        return error;
    if (error != 0) { /* what it has sent before is not lost: an end, to the client */
        atomic_store(&wire->gone, true);
        way->ended = 1;
    }
    if (way->scorned)
        return idle_for(wire) < LINGER ? 0 : ETIMEDOUT;
    if (got > 0)
        received(wire, way, got);
    return 0;
}

/* Whether this direction has to go on while the program stops. Who has asked is answered by the way
 * back, if that is still there. */
static bool is_needed(const direction *way)
{
    const struct wire *wire = wire_of(way);
    return atomic_load(&wire->began) != 0 && (!way->up || atomic_load(&wire->ways) > 1);
}

/* The program stops: what this direction waited for until now may be long in coming. */
int Hasten(Hasten_in *in, Hasten_out *out)
{
    PASS_ON(in, out);
    if (!is_needed(in->way) && (in->patience < 0 || in->patience > QUIET))
        out->patience = QUIET;
    return 0;
}

/* Nothing has come for as long as this direction waits, or the program stops. What counts is when
 * something moved either way. */
int Rouse(Rouse_in *in, Rouse_out *out)
{
    direction *way = in->way;
    const struct wire *wire = wire_of(way);
    uint32_t idle = idle_for(wire);
    int allowed = milliseconds(settings.idle_timeout);
    PASS_ON(in, out);
    if ((in->error != ETIMEDOUT && in->error != ECANCELED) || way->scorned)
        return in->error;
    if (flux_stopping() && !is_needed(way))
        allowed = QUIET;
    if (allowed >= 0 && idle >= (uint32_t)allowed)
        return in->error;
    out->patience = allowed < 0 ? -1 : allowed - (int)idle;
    return 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* The replica takes nothing any more. What it may have said is still under way to the client. */
static void scorn(struct wire *wire, direction *way)
{
    load_drop(&way->load);
    way->scorned = 1;
    atomic_store(&wire->gone, true);
}

/* The end of one direction, which the peer is told; where both have ended, Close does that. */
static void pass_on_end(struct wire *wire, const direction *way)
{
    if (!way->scorned && atomic_load(&wire->ways) > 1)
        shutdown(way->up ? wire->replica : wire->client, SHUT_WR);
}

/* In these three, `ready` becomes what the next turn waits for. */

int Send(Send_in *in, Send_out *out)
{
    direction *way = in->way;
    struct wire *wire = wire_of(way);
    PASS_ON(in, out);
    if (way->fresh || way->refused)
        return 0;
    int to = way->up ? wire->replica : wire->client;
    bool some = way->load != NULL;
    if (way->scorned)
        load_drop(&way->load);
    int error = way->load != NULL ? load_send(&way->load, to) : 0;
    if (error != 0 && !way->up)
        return error;
    if (error != 0)
        scorn(wire, way);
    if (way->load != NULL)
        atomic_store_explicit(&wire->moved, milliseconds_now(), memory_order_relaxed);
    else if (way->ended)
        pass_on_end(wire, way);
    out->ready = way->load != NULL ? to : way->up ? wire->client : wire->replica;
    if (way->scorned)
        out->patience = LINGER;
    else if (some)
        out->patience = flux_stopping() && way->load == NULL ? QUIET /* and then Rouse sees */
                                                             : milliseconds(settings.idle_timeout);
    return 0;
}

/* Send goes on. */
int Room(Room_in *in, Room_out *out)
{
    PASS_ON(in, out);
    return 0;
}

/* ---- requests -------------------------------------------------------------------------------- */

void enter_request(const struct wire *wire, uint64_t up)
{
    const struct account *account = wire->account;
    if (ledger == NULL || account->began == 0)
        return;
    uint64_t last = atomic_load(&account->last);
    ledger_enter(ledger, &(struct ledger_entry){
                             .kind = LEDGER_REQUEST,
                             .replica = wire->at->number,
                             .client = account->peer,
                             .began = account->began,
                             .answered = atomic_load(&account->answered),
                             .ended = last > account->began ? last : flux_now(),
                             .up = up - account->up,
                             .down = atomic_load(&account->received) - account->down,
                         });
}

static void begin_request(struct wire *wire)
{
    struct account *account = wire->account;
    uint64_t before = wire->up.bytes - (wire->up.load != NULL ? wire->up.load->end : 0);
    uint64_t began = atomic_load(&wire->began);
    enter_request(wire, before);
    account->requests++;
    account->began = began != 0 ? began : flux_now();
    account->up = before;
    account->down = atomic_load(&account->received);
    atomic_store(&account->answered, 0);
    atomic_store(&account->last, 0);
}

/* May this client have one more? EAGAIN: it waits, for its ticket. */
static int claim(struct account *account)
{
    if (settings.client_requests == 0 || atomic_load(&account->claimed))
        return 0;
    int error = fair_claim(clients, &account->peer, NULL);
    if (error == 0)
        atomic_store(&account->claimed, true);
    if (error != EAGAIN)
        return error;
    account->ticket = ticket_new();
    if (account->ticket == NULL)
        return errno;
    error = fair_claim(clients, &account->peer, account->ticket);
    if (error == EAGAIN)
        return error;
    ticket_free(account->ticket);
    account->ticket = NULL;
    return error;
}

int Reckon(Reckon_in *in, Reckon_out *out)
{
    direction *way = in->way;
    struct wire *wire = wire_of(way);
    struct account *account = wire->account;
    PASS_ON(in, out);
    way->fresh = 0;
    if (!way->up) {
        if (atomic_exchange(&account->claimed, false))
            fair_release(clients, &account->peer);
        return 0;
    }
    begin_request(wire);
    int error = claim(account);
    if (error != EAGAIN)
        return error;
    way->refused = 1;
    out->ready = account->ticket->fd;
    out->patience = milliseconds(settings.queue_timeout);
    return 0;
}

/* It has been let in, or has waited for too long. */
static bool settle_claim(direction *way)
{
    struct account *account = wire_of(way)->account;
    bool granted = account->ticket->granted;
    if (granted)
        atomic_store(&account->claimed, true);
    else
        fair_forgo(clients, account->ticket);
    ticket_free(account->ticket);
    account->ticket = NULL;
    way->refused = 0;
    return granted;
}

int Allowed(Allowed_in *in, Allowed_out *out)
{
    PASS_ON(in, out);
    settle_claim(in->way);
    return 0;
}

int Withdraw(Withdraw_in *in, Withdraw_out *out)
{
    PASS_ON(in, out);
    return settle_claim(in->way) ? 0 : in->error;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool IsOpen(direction *way)
{
    return !way->ended || way->load != NULL;
}

bool IsDraining(direction *way)
{
    (void)way;
    return flux_stopping();
}

bool IsPending(direction *way)
{
    return way->load != NULL;
}

bool IsFresh(direction *way)
{
    return way->fresh;
}

bool IsRefused(direction *way)
{
    return way->refused;
}
