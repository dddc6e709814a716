/* fluxload.h - what the nodes of the load generator share: a client, and who asks for what when.
 *
 * Times are nanoseconds of the monotonic clock (flux_now), but for histograms, which hold seconds.
 */
#ifndef FLUXLOAD_H
#define FLUXLOAD_H

#include "http_response.h"
#include "sim/workload.h"
#include "stream.h"

#define SECOND UINT64_C(1000000000)

/* A request that is to be made. */
struct ask {
    uint64_t planned; /* when it was meant to come */
    uint32_t target;  /* what it asks for, see requests.h */
    bool counts;      /* it belongs to what is measured */
};

/* What became of a request. */
enum outcome {
    OUTCOME_ANSWERED, /* by another status than the next two */
    OUTCOME_4XX,
    OUTCOME_5XX,
    OUTCOME_REFUSED,
    OUTCOME_RESET,
    OUTCOME_TIMEOUT,
    OUTCOME_SHORT,     /* closed before the end of the answer */
    OUTCOME_MALFORMED, /* what came is no HTTP */
    OUTCOME_TLS,
    OUTCOME_OTHER,     /* no descriptors, no ports, no way there */
    OUTCOME_UNSENT,    /* it waited for a connection, in vain */
    OUTCOME_ABANDONED, /* the program was told to stop: counts nowhere */
    OUTCOMES
};

enum client_state {
    CLIENT_HEARING,   /* awaits the answer, or its turn in a handshake of TLS */
    CLIENT_ASKING,    /* connected, with a request to send */
    CLIENT_UNSENT,    /* some of the request did not go at once */
    CLIENT_PAUSING,   /* until the next request */
    CLIENT_APART,     /* has a request, but no connection */
    CLIENT_DIALLING,  /* is being connected */
    CLIENT_CHOKED,    /* TLS has to send something before it can receive */
    CLIENT_GATHERING, /* of a closed load, which begins when all are there */
    CLIENT_SETTLED    /* its request has come to an end */
};

/* One who asks, on one connection at a time. It is a flow's, or idle, in a list of the books. */
typedef struct client {
    struct stream stream; /* socket -1: not connected */
    enum client_state state;
    enum outcome outcome;
    int error;     /* that made it OUTCOME_OTHER */
    int patience;  /* milliseconds, for the next await */
    bool kept;     /* the connection has been asked before */
    bool greeting; /* a handshake of TLS is under way */
    bool lagged;   /* `lag` is to be counted */
    bool retried;  /* the request, as a kept connection turned out to be closed */
    bool opened;   /* a connection has been made */
    bool counts;   /* the request belongs to what is measured */
    uint32_t target;
    uint64_t planned, dialled, sent, answered, pause_end, lag;
    const char *text; /* of the request */
    size_t length, gone;
    char *own; /* room for a text that is this request's alone */
    size_t own_room;
    struct http_response response;
    struct client *next;
} client;

/* What a node hands on. A client that is NULL is none of the flow's any more. */
#define GO_ON(out, client_)                                                                        \
    ((out)->me = (client_), (out)->socket = client_socket(client_),                                \
     (out)->patience = (client_) != NULL ? (client_)->patience : 0)

/* Where there is no connection, a descriptor that never becomes ready. */
int client_socket(const client *me);

/* In `initial` and `final`. Returns 0 or an error number. */
int client_start(void);
void client_stop(void);

client *client_new(void);
void client_free(client *me);
/* Lets all go on that are gathering, now and later. */
void client_let_go(void);
/* Gives it a request, which it makes on its connection if it has one. */
void client_ask(client *me, struct ask what);
void client_close(client *me);

/* Milliseconds until then, rounded up; 0 if it is over. */
int milliseconds_until(uint64_t moment);
/* Of a time, rounded down; as many as an await can wait. */
int whole_milliseconds(uint64_t time);

/* What the terminal shows. */
struct moment {
    uint64_t answered, planned, failed, under_way;
    uint64_t begin;
    bool over;
};

#endif
