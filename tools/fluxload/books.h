/* books.h - what all clients share: which of them are idle, which requests wait for one of them,
 * and what has been measured.
 *
 * Whoever calls these functions holds the constraint `books`, or is `initial` or `final`.
 */
#ifndef BOOKS_H
#define BOOKS_H

#include "fluxload.h"
#include "sim/statistics.h"

#define BATCHES 20 /* of the measured time, for intervals */

extern struct books {
    /* When it all began, from when on requests count, and until when: UINT64_MAX where a number of
     * them is asked for. A closed load begins when all clients are there. */
    uint64_t start, begin, end;

    uint64_t planned;            /* requests that count */
    uint64_t answered;           /* answers between begin and end, errors of the server included */
    uint64_t finished;           /* of the requests that count: answered or failed */
    uint64_t outcomes[OUTCOMES]; /* likewise */
    uint64_t bytes;              /* of bodies, of these */
    uint64_t made;               /* connections */
    uint64_t retried;
    uint64_t waited;        /* requests for which no connection was free */
    uint64_t last;          /* when the last that counts was answered */
    uint64_t begun, ended;  /* when CPU time was read */
    uint64_t cpu, cpu_used; /* then, and from begun to ended */
    unsigned loops;         /* that the generator has */
    int error;              /* of the last OUTCOME_OTHER */

    struct sim_histogram response; /* from when a request was meant to come */
    struct sim_histogram service;  /* from when it was sent */
    struct sim_histogram lag;      /* of the generator: when it saw to it, after it was meant to */
    struct batch {
        uint64_t answered, last;
        double sum;
        struct sim_histogram response;
    } batches[BATCHES];

    uint64_t gathered; /* clients of a closed load */
    bool let_go;       /* they have begun */
    uint64_t clients;  /* that exist */
    uint64_t idle_count;
} books;

/* It begins after that many nanoseconds. */
void books_open(uint64_t delay);
void books_close(void);

/* One more client of a closed load; the last, or the last that --max-flows leaves room for, lets
 * them all go. NULL: no memory. */
client *books_gather(void);

/* Nothing is under way any more. */
bool books_rest(void);

/* Whether a request that was planned for then is not to be made any more. */
bool books_over(uint64_t planned);

/* One that is to be made: whether it counts. */
struct ask books_plan(uint64_t planned, uint32_t target);

/* The generator has seen to a request that counts so late. */
void books_lag(uint64_t lag);

/* A client that may ask: an idle one, or another one; NULL: there is none, and the request waits
 * or, if there is no memory for that, is lost. */
client *books_take(struct ask what);

/* The client's request has come to an end. Returns it where it has another one, now or after a
 * pause; NULL where it is idle, or no more. */
client *books_settle(client *me);

/* It is not needed any more. */
void books_dismiss(client *me);

/* Reads the CPU time when the measured time begins and when it ends. */
void books_watch(uint64_t now);
/* It has ended, if it had not yet. */
void books_end(uint64_t now);

#endif
