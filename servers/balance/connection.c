/* connection.c - from accept to close: the beginning and the end of a connection's two directions.
 */
#include "balance_flux.h"

#include "flux.h"
#include "listen.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire *wire_of(const direction *way)
{
    char *at = (char *)(uintptr_t)way;
    size_t offset = way->up ? offsetof(struct wire, up) : offsetof(struct wire, down);
    return (struct wire *)(void *)(at - offset);
}

void wire_sever(struct wire *wire)
{
    shutdown(wire->client, SHUT_RDWR);
    if (wire->replica >= 0)
        shutdown(wire->replica, SHUT_RDWR);
}

static atomic_ulong wires; /* that there are */

static void wire_free(struct wire *wire)
{
    atomic_fetch_sub_explicit(&wires, 1, memory_order_relaxed);
    close(wire->client);
    if (wire->replica >= 0)
        close(wire->replica);
    free(wire->account);
    free(wire);
}

/* ---- docks ----------------------------------------------------------------------------------- *
 *
 * A copy of Accept has a dock: a stack of connections of its own that are linked, whose way there
 * is to begin. Who links one puts it there, and rings if the copy waits; so both ways of a
 * connection begin on the same loop. A copy has a thread of its own (R16), by which it finds its
 * dock again.
 */

#define DOCKS 1024

struct dock {
    _Atomic(struct wire *) linked;
    atomic_bool waiting;
    int bell; /* an eventfd */
};

static struct dock docks[DOCKS];
static atomic_uint dock_count;
static _Thread_local struct dock *own_dock;

static int dock_open(void)
{
    unsigned index = atomic_fetch_add(&dock_count, 1);
    if (index >= DOCKS) {
        atomic_fetch_sub(&dock_count, 1);
        return ENOBUFS;
    }
    struct dock *dock = &docks[index];
    dock->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (dock->bell < 0) {
        int error = errno;
        dock->bell = 0; /* what is left of it is not used again */
        return error;
    }
    own_dock = dock;
    return 0;
}

static struct wire *dock_take(struct dock *dock)
{
    struct wire *wire = atomic_load_explicit(&dock->linked, memory_order_acquire);
    /* Nobody else takes out, so what is on top stays until then. */
    while (wire != NULL && !atomic_compare_exchange_weak(&dock->linked, &wire, wire->up.further))
        continue;
    if (wire != NULL)
        wire->up.load = NULL;
    return wire;
}

static void dock_put(struct dock *dock, struct wire *wire)
{
    struct wire *top = atomic_load(&dock->linked);
    do
        wire->up.further = top;
    while (!atomic_compare_exchange_weak(&dock->linked, &top, wire));
    if (atomic_exchange(&dock->waiting, false))
        eventfd_write(dock->bell, 1);
}

void docks_clear(void)
{
    unsigned count = atomic_load(&dock_count);
    for (unsigned i = 0; i < count && i < DOCKS; i++) {
        for (struct wire *wire; (wire = dock_take(&docks[i])) != NULL;) {
            if (wire->at != NULL)
                replicas_give(replicas, wire->at);
            wire_free(wire);
        }
        if (docks[i].bell > 0)
            close(docks[i].bell);
    }
}

/* ---- the beginning --------------------------------------------------------------------------- */

static struct wire *wire_new(int client, const struct peer *peer)
{
    struct wire *wire = calloc(1, sizeof *wire);
    if (wire == NULL)
        return NULL;
    wire->client = client;
    wire->replica = -1;
    wire->up.up = 1;
    atomic_init(&wire->ways, 2);
    atomic_init(&wire->moved, milliseconds_now());
    if (settings.accounts) {
        wire->account = calloc(1, sizeof *wire->account);
        if (wire->account == NULL) {
            free(wire);
            return NULL;
        }
        wire->account->peer = *peer;
        wire->account->accepted = flux_now();
    }
    atomic_fetch_add_explicit(&wires, 1, memory_order_relaxed);
    return wire;
}

int Accept(Accept_out *out)
{
    int error = own_dock == NULL ? dock_open() : 0;
    struct dock *dock = own_dock;
    struct peer peer;
    int client = -1;
    while (error == 0 && client < 0) {
        struct wire *wire = dock_take(dock);
        if (wire != NULL) {
            out->way = &wire->up;
            return 0;
        }
        if (atomic_load(&wires) >= settings.most_wires)
            return EMFILE;
        atomic_store(&dock->waiting, true);
        if (atomic_load(&dock->linked) == NULL)
            error = listen_accept_or(dock->bell, &client, &peer);
        atomic_store(&dock->waiting, false);
        if (client < 0) { /* perhaps the bell: it may ring late, when nobody waits any more */
            eventfd_t rung;
            eventfd_read(dock->bell, &rung);
        }
    }
    if (error != 0)
        return error;
    struct wire *wire = wire_new(client, &peer);
    if (wire == NULL) {
        close(client);
        return ENOMEM;
    }
    wire->up.dock = dock;
    out->way = &wire->down;
    return 0;
}

int Arrive(Arrive_in *in, Arrive_out *out)
{
    out->ready = out->patience = -1;
    out->way = in->way;
    return 0;
}

/* The other direction may begin. */
int Introduce(Introduce_in *in, Introduce_out *out)
{
    struct wire *wire = wire_of(in->way);
    if (flux_stopping()) { /* Accept does not run any more, so there will be no way there */
        atomic_store(&wire->ways, 1);
        return ECANCELED;
    }
    if (wire->account != NULL)
        wire->account->linked = flux_now();
    out->ready = wire->replica;
    out->patience = milliseconds(settings.idle_timeout);
    out->way = in->way;
    dock_put(wire->up.dock, wire);
    return 0;
}

int Engage(Engage_in *in, Engage_out *out)
{
    out->ready = wire_of(in->way)->client;
    out->patience = milliseconds(settings.idle_timeout);
    out->way = in->way;
    return 0;
}

bool IsWayBack(direction *way)
{
    return !way->up;
}

/* Where a wait is not what a turn begins with, it does not end because the program stops (R36). */
int Stay(Stay_in *in, Stay_out *out)
{
    PASS_ON(in, out);
    return 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

int End(End_in *in)
{
    (void)in;
    return 0;
}

int Sever(Sever_in *in)
{
    wire_sever(wire_of(in->way));
    return 0;
}

static void enter_connection(const struct wire *wire)
{
    const struct account *account = wire->account;
    if (ledger == NULL)
        return;
    enter_request(wire, wire->up.bytes);
    ledger_enter(ledger, &(struct ledger_entry){
                             .kind = LEDGER_CONNECTION,
                             .replica = wire->at != NULL ? wire->at->number : 0,
                             .client = account->peer,
                             .began = account->accepted,
                             .answered = account->linked,
                             .ended = flux_now(),
                             .up = wire->up.bytes,
                             .down = wire->down.bytes,
                             .requests = account->requests,
                         });
}

/* The last direction to leave gives back what the connection had; the other one has nothing left.
 */
int Depart(Depart_in *in, Depart_out *out)
{
    struct wire *wire = wire_of(in->way);
    struct account *account = wire->account;
    out->way = NULL;
    load_drop(&in->way->load);
    if (wire->state == WIRE_LINKED && atomic_fetch_sub(&wire->ways, 1) > 1)
        return 0;
    out->way = in->way;
    struct replica *replica = wire->at;
    if (replica != NULL) {
        if (wire->state == WIRE_LINKED && atomic_load(&wire->began) != 0)
            replica_forsaken(replica);
        atomic_fetch_add_explicit(&replica->served, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&replica->up, wire->up.bytes, memory_order_relaxed);
        atomic_fetch_add_explicit(&replica->down_bytes, wire->down.bytes, memory_order_relaxed);
        if (atomic_load(&wire->gone) && wire->down.bytes == 0 && replicas_reset(replicas, replica))
            flux_log(FLUX_WARNING, "replica %s is down: it resets connections", replica->name);
    }
    if (account != NULL && account->claimed)
        fair_release(clients, &account->peer);
    if (account != NULL)
        enter_connection(wire);
    if (replica != NULL)
        replicas_give(replicas, replica);
    queue_advance();
    return 0;
}

int Close(Close_in *in)
{
    if (in->way != NULL)
        wire_free(wire_of(in->way));
    return 0;
}
