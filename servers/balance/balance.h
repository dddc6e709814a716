/* balance.h - what the nodes of the balancer share. */
#ifndef BALANCE_H
#define BALANCE_H

#include "fair.h"
#include "ledger.h"
#include "load.h"
#include "replicas.h"

#include <stdatomic.h>

/* One direction of a connection: a flow of its own. */
typedef struct direction {
    union {
        struct load *load;    /* received and not sent yet; NULL: nothing */
        struct dock *dock;    /* the way there, before the wire is linked */
        struct wire *further; /* and then before it begins */
    };
    uint64_t bytes : 48;  /* that have been received */
    uint64_t streak : 4;  /* loads in a row that were full */
    uint64_t up : 1;      /* from the client to the replica, and not back */
    uint64_t ended : 1;   /* nothing more comes */
    uint64_t scorned : 1; /* nobody takes it any more: it is read, and thrown away */
    uint64_t fresh : 1;   /* a request has begun, or its answer has, in this turn */
    uint64_t refused : 1; /* its client has too many unfinished requests: it waits */
} direction;

enum wire_state {
    WIRE_NEW,      /* a replica is to be chosen, another than `at` where that has failed */
    WIRE_QUEUED,   /* for a replica that has room */
    WIRE_CHOSEN,   /* `at` is to be dialled */
    WIRE_DIALLING, /* it is being connected */
    WIRE_LINKED
};

/* A connection: what both directions share. One that is idle is this and two frames. */
struct wire {
    struct direction up, down;
    int client, replica;        /* sockets; -1: none yet */
    struct replica *at;         /* NULL: none yet */
    struct account *account;    /* NULL: nobody wants to know */
    atomic_ullong began;        /* the request without an answer, by flux_now; 0: there is none */
    atomic_uint moved;          /* when something last did, either way; milliseconds_now */
    atomic_uchar ways;          /* that have not left */
    atomic_bool gone;           /* the replica has broken off */
    unsigned char state, tries; /* until it is linked, which the way back sees to */
};

/* What is known of a connection where it is recorded, its client has bounds, or may have to wait.
 */
struct account {
    struct peer peer;
    struct ticket *ticket; /* while it waits */
    uint64_t accepted, linked;
    uint64_t requests;
    atomic_bool claimed; /* its client has one unfinished request more by it */

    /* The last request and its answer: when it began, and how much there had been by then. */
    uint64_t began, up, down;
    atomic_ullong answered, last; /* the first and the last bytes of its answer; 0: none yet */
    atomic_ullong received;       /* what `down.bytes` is, for others than that way */
};

struct wire *wire_of(const direction *way);
/* Closes both sides, whatever is under way: whoever waits for one of them notices. */
void wire_sever(struct wire *wire);

/* The monotonic clock, in 32 bits. */
uint32_t milliseconds_now(void);
/* What an `await` takes. */
int milliseconds(uint64_t nanoseconds);

/* Set by `initial`, read-only from then on. */
struct settings {
    struct replicas_options replicas;
    uint64_t connect_timeout, idle_timeout, queue_timeout, probe, probe_timeout; /* ns */
    uint64_t retries, queue_length, client_requests;
    bool proxy_protocol, no_splice;
    bool accounts;       /* there are some */
    uint64_t most_wires; /* that descriptors, and --max-flows, suffice for */
};
extern struct settings settings;

/* Shared by all flows; a node that uses one holds the constraint of its name. */
extern struct replicas *replicas;
extern struct fair *queue;    /* for a replica; goes with `replicas` */
extern struct fair *clients;  /* and their unfinished requests */
extern struct ledger *ledger; /* NULL: nothing is recorded */

/* Enters the last request of a connection, if there was one, of which `up` bytes have been
 * received; under `ledger`. */
void enter_request(const struct wire *wire, uint64_t up);

/* Lets in those that wait, as far as there is room; under `replicas`. */
void queue_advance(void);

/* Connections whose way there has yet to begin, at the end. */
void docks_clear(void);

/* Most nodes pass on what they were given. */
#define PASS_ON(in, out)                                                                           \
    ((out)->ready = (in)->ready, (out)->patience = (in)->patience, (out)->way = (in)->way)

#endif
