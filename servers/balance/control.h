/* control.h - what the nodes of control.flux share: probes, the record, and the page. */
#ifndef CONTROL_H
#define CONTROL_H

#include "exchange.h"
#include "ledger.h"
#include "replicas.h"
#include "stream.h"

/* Replicas that have been dialled to see whether they can be reached. */
typedef struct probes {
    size_t count, next; /* next: the one that is waited for */
    uint64_t deadline;  /* by flux_now */
    struct probe {
        struct replica *replica;
        int socket;
        int error; /* 0: it is being connected; EISCONN: it is */
    } of[];
} probes;

typedef struct ledger_batch entries;

/* A connection to the page, with one request at a time. */
typedef struct visitor {
    struct stream stream;
    struct exchange exchange;
    bool keep;
    enum { ASKS_PAGE, ASKS_STATUS, ASKS_QUERY, ASKS_CHANGE } asks;
    char path[256]; /* decoded */
    char *body;     /* of the response, where it has been made for it */
    char buffer[];
} visitor;

/* Opens the port, if there is to be one, and closes it. */
int control_open(void);
void control_close(void);
/* Whether there is one. */
bool control_wanted(void);

#endif
