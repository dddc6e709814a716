/* clients.h - how many connections each client has.
 *
 * A client is an address of IPv4, or a /64 network of IPv6, which is what one of them is usually
 * given. Nothing here is locked: in the .flux file every node that calls clients_enter or
 * clients_leave holds one constraint.
 */
#ifndef CLIENTS_H
#define CLIENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Who is at the other end, compactly: an idle connection is little more than this. */
struct peer {
    uint8_t family; /* AF_INET, AF_INET6, or 0 */
    uint16_t port;
    uint8_t address[16];
};

struct peer peer_of(const struct sockaddr_storage *address);

#define PEER_TEXT_SIZE 46
/* "192.0.2.1", "2001:db8::1", or "-". */
void peer_text(const struct peer *peer, char text[PEER_TEXT_SIZE]);

/* The same for all addresses of one client, and for no others. */
void peer_key(const struct peer *peer, uint64_t key[2]);

struct clients;

/* per_client 0, total 0: without limit. Returns NULL when there is no memory. */
struct clients *clients_new(uint64_t per_client, uint64_t total);
void clients_free(struct clients *clients);

/* Counts a connection. Returns EUSERS where it is one too many, or ENOMEM; then it is not counted.
 */
int clients_enter(struct clients *clients, const struct peer *peer);
void clients_leave(struct clients *clients, const struct peer *peer);

#endif
