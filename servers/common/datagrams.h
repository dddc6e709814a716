/* datagrams.h - many datagrams with one system call: recvmmsg and sendmmsg on the sockets that a
 * server listens on (listen.h, LISTEN_DATAGRAMS).
 *
 * An answer leaves from the address that was asked: a client behind a firewall, or with a connected
 * socket, takes none from another, and a server of many addresses (`--listen :PORT`) has to say
 * which. So an endpoint is both ends.
 */
#ifndef DATAGRAMS_H
#define DATAGRAMS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define DATAGRAMS_BATCH 64

/* Who has sent a datagram, and to which address of ours. */
struct endpoint {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } peer;
    struct in6_addr local; /* of IPv4: the first four bytes */
    uint32_t interface;    /* 0: as the kernel likes */
    uint8_t socket;        /* of listen_socket */
    bool has_local;
};

/* Same peer: family, address, port, and the interface of a link-local address. */
bool endpoint_is(const struct endpoint *a, const struct endpoint *b);

#define ENDPOINT_KEY_SIZE 23
/* What tells it from others, in a form that can be hashed and compared. */
void endpoint_key(const struct endpoint *endpoint, uint8_t key[ENDPOINT_KEY_SIZE]);

/* Room for what the kernel says, or is told, of the local end. */
struct datagram_control {
    _Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* ---- receiving ------------------------------------------------------------------------------- */

/* No request of a game or of a tracker is longer; what is longer reads as empty. */
#define DATAGRAM_SIZE 64

struct datagram {
    struct endpoint from;
    size_t size;
    uint8_t data[DATAGRAM_SIZE];
};

/* Reads what there is, up to `most`, from a socket that does not block. Returns how many, or -1
 * with errno set, EAGAIN if there are none. `number`: the socket's, for endpoint.socket. */
int datagrams_receive(int socket, unsigned number, struct datagram *datagrams, unsigned most);

/* ---- sending --------------------------------------------------------------------------------- */

/* What is to be sent. It is large: not for the stack of a flow. */
struct outbox {
    unsigned count, sent;
    struct endpoint to[DATAGRAMS_BATCH];
    struct iovec parts[DATAGRAMS_BATCH];
    struct mmsghdr headers[DATAGRAMS_BATCH];
    struct datagram_control control[DATAGRAMS_BATCH];
};

void outbox_clear(struct outbox *outbox);
bool outbox_is_full(const struct outbox *outbox);
/* Not when it is full. `data` is not copied: it stays where it is until it has been sent. */
void outbox_add(struct outbox *outbox, const struct endpoint *to, const void *data, size_t size);

/* Sends what has not been sent yet. Returns 0 when nothing is left, or EAGAIN: call it again when
 * the socket of the next one, outbox_socket, is writable. One that the kernel refuses, as there is
 * no way to its receiver, is left out, and counted in `refused`. */
int outbox_send(struct outbox *outbox, unsigned *refused);
int outbox_socket(const struct outbox *outbox);

#endif
