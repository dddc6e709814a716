#include "clients.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4096 /* a power of two; clients that share one stand in a chain */

struct client_count {
    struct client_count *chain;
    uint64_t key[2];
    uint64_t connections;
};

struct clients {
    uint64_t per_client, limit, total;
    uint64_t seed;
    struct client_count *slots[SLOTS];
};

struct peer peer_of(const struct sockaddr_storage *address)
{
    struct peer peer = {0};
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        peer.family = AF_INET;
        peer.port = ntohs(in->sin_port);
        memcpy(peer.address, &in->sin_addr, sizeof in->sin_addr);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
        peer.family = AF_INET6;
        peer.port = ntohs(in6->sin6_port);
        memcpy(peer.address, &in6->sin6_addr, sizeof in6->sin6_addr);
    }
    return peer;
}

void peer_text(const struct peer *peer, char text[PEER_TEXT_SIZE])
{
    if (peer->family == 0 || inet_ntop(peer->family, peer->address, text, PEER_TEXT_SIZE) == NULL)
        snprintf(text, PEER_TEXT_SIZE, "-");
}

struct clients *clients_new(uint64_t per_client, uint64_t total)
{
    struct clients *clients = calloc(1, sizeof *clients);
    if (clients == NULL)
        return NULL;
    clients->per_client = per_client > 0 ? per_client : UINT64_MAX;
    clients->limit = total > 0 ? total : UINT64_MAX;
    /* Where it stands in memory is not known to those who choose their addresses. */
    clients->seed = (uint64_t)(uintptr_t)clients;
    return clients;
}

void clients_free(struct clients *clients)
{
    if (clients == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++) {
        for (struct client_count *count = clients->slots[i], *next; count != NULL; count = next) {
            next = count->chain;
            free(count);
        }
    }
    free(clients);
}

void peer_key(const struct peer *peer, uint64_t key[2])
{
    key[0] = peer->family;
    key[1] = 0;
    memcpy(&key[1], peer->address, peer->family == AF_INET ? 4 : 8);
}

/* The link that leads to the count of this client, or that its count is to be added to. */
static struct client_count **find(struct clients *clients, const uint64_t key[2])
{
    /* Mixing as in splitmix64 (Steele, Lea, Flood: Fast splittable generators, 2014). */
    uint64_t hash = (key[1] ^ clients->seed) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    struct client_count **link = &clients->slots[(hash ^ hash >> 31) & (SLOTS - 1)];
    while (*link != NULL && ((*link)->key[0] != key[0] || (*link)->key[1] != key[1]))
        link = &(*link)->chain;
    return link;
}

int clients_enter(struct clients *clients, const struct peer *peer)
{
    uint64_t key[2];
    peer_key(peer, key);
    if (clients->total >= clients->limit)
        return EUSERS;
    struct client_count **link = find(clients, key);
    if (*link == NULL) {
        *link = calloc(1, sizeof **link);
        if (*link == NULL)
            return ENOMEM;
        memcpy((*link)->key, key, sizeof key);
    }
    struct client_count *count = *link;
    if (count->connections >= clients->per_client)
        return EUSERS;
    count->connections++;
    clients->total++;
    return 0;
}

void clients_leave(struct clients *clients, const struct peer *peer)
{
    uint64_t key[2];
    peer_key(peer, key);
    struct client_count **link = find(clients, key);
    struct client_count *count = *link;
    clients->total--;
    if (--count->connections == 0) {
        *link = count->chain;
        free(count);
    }
}
