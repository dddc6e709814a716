#include "listen.h"

#include "address.h"
#include "flux.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOST 16

/* Asked for; the kernel gives no more than net.core.rmem_max and wmem_max. */
#define DATAGRAM_BUFFER (4 * 1024 * 1024)

static const char *addresses[MOST];
static size_t address_count;
static int sockets[MOST];
static size_t socket_count;

int listen_option(const char *address)
{
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
    if (address_count == MOST)
        return ENOSPC;
    addresses[address_count] = address;
    int error = address_split(address, host, port);
    if (error == 0)
        address_count++;
    return error;
}

static void prepare_stream(int fd, enum listen_mode mode)
{
    int yes = 1, seconds = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    /* Inherited by what is accepted: a response is one write, and nothing is to be waited for. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (mode == LISTEN_DEFERRED)
        setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

static bool is_wildcard(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ((const struct sockaddr_in *)address)->sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

/* Whoever has one port for all has it alone (no SO_REUSEADDR). A crowd may send at once. */
static void prepare_datagrams(int fd, const struct addrinfo *info)
{
    int yes = 1, bytes = DATAGRAM_BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    if (!is_wildcard(info->ai_addr))
        return;
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes);
    else
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
}

/* Returns a socket, or -1 with errno set. */
static int open_one(const struct addrinfo *info, enum listen_mode mode)
{
    const int type = mode == LISTEN_DATAGRAMS ? SOCK_DGRAM : SOCK_STREAM;
    int yes = 1;
    int fd = socket(info->ai_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    if (mode == LISTEN_DATAGRAMS)
        prepare_datagrams(fd, info);
    else
        prepare_stream(fd, mode);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
        (mode == LISTEN_DATAGRAMS || listen(fd, SOMAXCONN) == 0))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int announce(const char *what, int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return errno;
    struct peer self = peer_of(&address);
    char text[PEER_TEXT_SIZE];
    peer_text(&self, text);
    printf(self.family == AF_INET6 ? "%s on [%s]:%u\n" : "%s on %s:%u\n", what, text,
           (unsigned)self.port);
    return 0;
}

static int open_address(const char *address, enum listen_mode mode, int *opened)
{
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int error = address_split(address, host, port);
    if (error == 0) {
        int problem = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found);
        if (problem != 0) {
            flux_log(FLUX_ERROR, "cannot listen on %s: %s", address, gai_strerror(problem));
            return problem == EAI_MEMORY ? ENOMEM : EADDRNOTAVAIL;
        }
        int fd = open_one(found, mode);
        error = fd < 0 ? errno : 0;
        *opened = fd;
        freeaddrinfo(found);
    }
    if (error != 0)
        flux_log(FLUX_ERROR, "cannot listen on %s: %s", address, strerror(error));
    return error;
}

int listen_open(const char *otherwise, enum listen_mode mode)
{
    if (address_count == 0)
        addresses[address_count++] = otherwise;
    int error = 0;
    for (size_t i = 0; i < address_count && error == 0; i++) {
        error = open_address(addresses[i], mode, &sockets[socket_count]);
        socket_count += error == 0;
    }
    for (size_t i = 0; i < socket_count && error == 0; i++)
        error = announce("listening", sockets[i]);
    fflush(stdout);
    if (error != 0)
        listen_close();
    return error;
}

unsigned listen_count(void)
{
    return (unsigned)socket_count;
}

int listen_socket(unsigned number)
{
    return sockets[number];
}

uint16_t listen_port(void)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    if (socket_count == 0 || getsockname(sockets[0], (struct sockaddr *)&address, &length) != 0)
        return 0;
    return peer_of(&address).port;
}

void listen_close(void)
{
    while (socket_count > 0)
        close(sockets[--socket_count]);
}

/* Errors of a connection that came and went before it was accepted, as accept(2) lists them. */
static bool is_passing(int error)
{
    switch (error) {
    case EAGAIN:
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

/* other: -1, or a descriptor that ends the wait. */
static int accept_from(const int *listeners, size_t count, int other, int *socket,
                       struct peer *peer)
{
    *socket = -1;
    for (;;) {
        /* Begins with another one each time, so that a busy one does not starve the rest. */
        size_t first = count > 1 ? (size_t)(flux_now() >> 10) % count : 0;
        for (size_t i = 0; i < count; i++) {
            struct sockaddr_storage address = {0};
            socklen_t length = sizeof address;
            int fd = accept4(listeners[(first + i) % count], (struct sockaddr *)&address, &length,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd >= 0) {
                *socket = fd;
                *peer = peer_of(&address);
                return 0;
            }
            if (!is_passing(errno))
                return errno;
        }

        struct pollfd waiting[MOST + 1];
        for (size_t i = 0; i < count; i++)
            waiting[i] = (struct pollfd){.fd = listeners[i], .events = POLLIN};
        waiting[count] = (struct pollfd){.fd = other, .events = POLLIN};
        if (poll(waiting, count + (other >= 0), -1) < 0)
            return errno;
        if (other >= 0 && waiting[count].revents != 0)
            return 0;
    }
}

int listen_accept(int *socket, struct peer *peer)
{
    return accept_from(sockets, socket_count, -1, socket, peer);
}

int listen_accept_or(int other, int *socket, struct peer *peer)
{
    return accept_from(sockets, socket_count, other, socket, peer);
}

int listen_open_for(const char *what, const char *address, int *listener)
{
    int error = open_address(address, LISTEN_AT_ONCE, listener);
    if (error == 0 && (error = announce(what, *listener)) != 0)
        close(*listener);
    fflush(stdout);
    return error;
}

int listen_accept_for(int listener, int *socket, struct peer *peer)
{
    return accept_from(&listener, 1, -1, socket, peer);
}
