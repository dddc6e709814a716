#include "fair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SLOTS 1024 /* a power of two; clients that share one stand in a chain */

struct fair_client {
    struct fair_client *chain;
    uint64_t key[2];
    uint64_t held;
    struct ticket *first, *last;        /* that wait */
    struct fair_client *before, *after; /* among those of whom some wait: a ring */
};

struct fair {
    uint64_t bound, most, waiting;
    uint64_t seed;
    struct fair_client *turn; /* whose turn is next; NULL: nobody waits */
    struct fair_client *slots[SLOTS];
};

struct fair *fair_new(uint64_t bound, uint64_t most)
{
    struct fair *fair = calloc(1, sizeof *fair);
    if (fair == NULL)
        return NULL;
    fair->bound = bound > 0 ? bound : UINT64_MAX;
    fair->most = most;
    /* Where it stands in memory is not known to those who choose their addresses. */
    fair->seed = (uint64_t)(uintptr_t)fair;
    return fair;
}

void fair_free(struct fair *fair)
{
    if (fair == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++) {
        for (struct fair_client *client = fair->slots[i], *next; client != NULL; client = next) {
            next = client->chain;
            free(client);
        }
    }
    free(fair);
}

/* ---- tickets --------------------------------------------------------------------------------- */

struct ticket *ticket_new(void)
{
    struct ticket *ticket = calloc(1, sizeof *ticket);
    if (ticket == NULL)
        return NULL;
    ticket->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ticket->fd >= 0)
        return ticket;
    int error = errno;
    free(ticket);
    errno = error;
    return NULL;
}

void ticket_free(struct ticket *ticket)
{
    if (ticket == NULL)
        return;
    close(ticket->fd);
    free(ticket);
}

void ticket_grant(struct ticket *ticket, void *gift)
{
    ticket->granted = true;
    ticket->gift = gift;
    eventfd_write(ticket->fd, 1);
}

/* ---- clients --------------------------------------------------------------------------------- */

static struct fair_client **slot_of(struct fair *fair, const uint64_t key[2])
{
    uint64_t hash = (key[0] ^ fair->seed) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 32 ^ key[1]) * UINT64_C(0xd6e8feb86659fd93);
    return &fair->slots[hash >> 40 & (SLOTS - 1)];
}

/* Finds it, or makes it; NULL: no memory. */
static struct fair_client *client_of(struct fair *fair, const struct peer *peer, bool make)
{
    uint64_t key[2];
    peer_key(peer, key);
    struct fair_client **slot = slot_of(fair, key);
    for (struct fair_client *client = *slot; client != NULL; client = client->chain)
        if (client->key[0] == key[0] && client->key[1] == key[1])
            return client;
    struct fair_client *client = make ? calloc(1, sizeof *client) : NULL;
    if (client == NULL)
        return NULL;
    client->key[0] = key[0];
    client->key[1] = key[1];
    client->chain = *slot;
    *slot = client;
    return client;
}

/* Forgets a client of which nothing is known any more. */
static void let_go(struct fair *fair, struct fair_client *client)
{
    if (client->held > 0 || client->first != NULL)
        return;
    struct fair_client **link = slot_of(fair, client->key);
    while (*link != client)
        link = &(*link)->chain;
    *link = client->chain;
    free(client);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void ring_insert(struct fair *fair, struct fair_client *client)
{
    if (fair->turn == NULL) {
        fair->turn = client->before = client->after = client;
        return;
    }
    client->after = fair->turn; /* behind all that wait already */
    client->before = fair->turn->before;
    client->before->after = client->after->before = client;
}

static void ring_remove(struct fair *fair, struct fair_client *client)
{
    if (client->after == client) {
        fair->turn = NULL;
        return;
    }
    if (fair->turn == client)
        fair->turn = client->after;
    client->before->after = client->after;
    client->after->before = client->before;
}

static void append(struct fair *fair, struct fair_client *client, struct ticket *ticket)
{
    ticket->client = client;
    ticket->waiting = true;
    ticket->after = NULL;
    ticket->before = client->last;
    if (client->last != NULL)
        client->last->after = ticket;
    else
        client->first = ticket;
    client->last = ticket;
    fair->waiting++;
    if (client->first == ticket)
        ring_insert(fair, client);
}

static void take_out(struct fair *fair, struct ticket *ticket)
{
    struct fair_client *client = ticket->client;
    if (ticket->before != NULL)
        ticket->before->after = ticket->after;
    else
        client->first = ticket->after;
    if (ticket->after != NULL)
        ticket->after->before = ticket->before;
    else
        client->last = ticket->before;
    ticket->waiting = false;
    fair->waiting--;
    if (client->first == NULL)
        ring_remove(fair, client);
}

int fair_claim(struct fair *fair, const struct peer *peer, struct ticket *ticket)
{
    struct fair_client *client = client_of(fair, peer, true);
    if (client == NULL)
        return ENOMEM;
    if (client->held < fair->bound) {
        client->held++;
        return 0;
    }
    if (ticket == NULL)
        return EAGAIN;
    if (fair->waiting >= fair->most)
        return ENOBUFS;
    append(fair, client, ticket);
    return EAGAIN;
}

void fair_release(struct fair *fair, const struct peer *peer)
{
    struct fair_client *client = client_of(fair, peer, false);
    if (client == NULL || client->held == 0)
        return;
    client->held--;
    struct ticket *next = client->first;
    if (next != NULL && client->held < fair->bound) {
        take_out(fair, next);
        client->held++;
        ticket_grant(next, NULL);
    }
    let_go(fair, client);
}

int fair_wait(struct fair *fair, const struct peer *peer, struct ticket *ticket)
{
    if (fair->waiting >= fair->most)
        return ENOBUFS;
    struct fair_client *client = client_of(fair, peer, true);
    if (client == NULL)
        return ENOMEM;
    append(fair, client, ticket);
    return 0;
}

struct ticket *fair_next(struct fair *fair)
{
    struct fair_client *client = fair->turn;
    if (client == NULL)
        return NULL;
    struct ticket *ticket = client->first;
    fair->turn = client->after;
    take_out(fair, ticket);
    let_go(fair, client);
    return ticket;
}

void fair_forgo(struct fair *fair, struct ticket *ticket)
{
    if (!ticket->waiting)
        return;
    struct fair_client *client = ticket->client;
    take_out(fair, ticket);
    let_go(fair, client);
}

uint64_t fair_waiting(const struct fair *fair)
{
    return fair->waiting;
}
