#include "upstream.h"

#include "address.h"
#include "flux.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

/* Nanoseconds for which a connection over TCP is not answered before it seems to be waiting. */
#define PATIENCE UINT64_C(10000000)

struct list {
    struct upstream_connection *first, *last;
};

struct upstream {
    const char *name; /* the address, as it was given */
    struct sockaddr_storage address;
    socklen_t address_length;
    size_t most, memory;
    uint64_t life;

    size_t open;      /* in the two lists */
    struct list idle; /* given back last: first */
    struct list used; /* taken first: first */
};

/* ---- lists ----------------------------------------------------------------------------------- */

static void insert(struct list *list, struct upstream_connection *connection,
                   struct upstream_connection *after)
{
    connection->after = after;
    connection->before = after != NULL ? after->before : list->last;
    if (connection->before != NULL)
        connection->before->after = connection;
    else
        list->first = connection;
    if (after != NULL)
        after->before = connection;
    else
        list->last = connection;
}

static void take_out(struct list *list, struct upstream_connection *connection)
{
    if (connection->before != NULL)
        connection->before->after = connection->after;
    else
        list->first = connection->after;
    if (connection->after != NULL)
        connection->after->before = connection->before;
    else
        list->last = connection->before;
}

/* ---- the address ----------------------------------------------------------------------------- */

static int parse_path(struct upstream *upstream, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return ENAMETOOLONG;
    strcpy(address.sun_path, path);
    memcpy(&upstream->address, &address, sizeof address);
    upstream->address_length = sizeof address;
    return 0;
}

static int look_up(struct upstream *upstream, const char *text)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
    if (address_split(text, host, port) != 0 || host[0] == '\0')
        return EINVAL;
    int problem = getaddrinfo(host, port, &hints, &found);
    if (problem != 0)
        return problem == EAI_MEMORY ? ENOMEM : EADDRNOTAVAIL;
    memcpy(&upstream->address, found->ai_addr, found->ai_addrlen);
    upstream->address_length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

int upstream_new(struct upstream **made, const char *address, size_t most, uint64_t life,
                 size_t memory)
{
    struct upstream *upstream = calloc(1, sizeof *upstream);
    int error = upstream == NULL ? ENOMEM : 0;
    *made = NULL;
    if (error == 0) {
        upstream->name = address;
        upstream->most = most;
        upstream->life = life;
        upstream->memory = memory;
        if (strncmp(address, "unix:", 5) == 0)
            error = parse_path(upstream, address + 5);
        else if (address[0] == '/')
            error = parse_path(upstream, address);
        else
            error = look_up(upstream, address);
    }
    if (error != 0) {
        flux_log(FLUX_ERROR, "%s: %s", address, strerror(error));
        free(upstream);
        return error;
    }
    *made = upstream;
    return 0;
}

/* ---- taking and giving ----------------------------------------------------------------------- */

static struct upstream_connection *new_connection(const struct upstream *upstream)
{
    struct upstream_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->memory = malloc(upstream->memory);
    if (connection->memory == NULL) {
        free(connection);
        return NULL;
    }
    connection->upstream = upstream;
    connection->socket = connection->events = connection->client = -1;
    atomic_init(&connection->waiting, -1);
    return connection;
}

static void discard(struct upstream *upstream, struct upstream_connection *connection)
{
    upstream_hang_up(connection);
    if (connection->events >= 0)
        close(connection->events);
    free(connection->memory);
    free(connection);
    upstream->open--;
}

void upstream_free(struct upstream *upstream)
{
    if (upstream == NULL)
        return;
    while (upstream->idle.first != NULL) {
        struct upstream_connection *connection = upstream->idle.first;
        take_out(&upstream->idle, connection);
        discard(upstream, connection);
    }
    free(upstream);
}

int upstream_take(struct upstream *upstream, struct upstream_connection **taken)
{
    struct upstream_connection *connection = upstream->idle.first;
    if (connection != NULL) {
        take_out(&upstream->idle, connection);
        connection->kept = true;
    } else {
        if (upstream->open >= upstream->most)
            return EBUSY;
        connection = new_connection(upstream);
        if (connection == NULL)
            return ENOMEM;
        upstream->open++;
    }
    connection->taken = flux_now();
    insert(&upstream->used, connection, NULL);
    *taken = connection;
    return 0;
}

static bool is_alive(const struct upstream_connection *connection, uint64_t now)
{
    return now - connection->dialled < connection->upstream->life;
}

/* Whether one may not have been accepted yet, because others occupy the server. What has been sent
 * on a local socket stays the sender's until it is read; over TCP only the time tells. The socket
 * may be closed, or be another one, by now: then this is a guess like any other. */
static bool is_waiting(const struct upstream *upstream,
                       const struct upstream_connection *connection, uint64_t now)
{
    int unread = 0, socket = atomic_load(&connection->waiting);
    if (socket < 0)
        return false;
    if (upstream->address.ss_family != AF_UNIX)
        return now - connection->taken >= PATIENCE;
    return ioctl(socket, SIOCOUTQ, &unread) == 0 && unread > 0;
}

static bool others_wait(const struct upstream *upstream, uint64_t now)
{
    const struct upstream_connection *other = upstream->used.first;
    for (; other != NULL; other = other->after)
        if (is_waiting(upstream, other, now))
            return true;
    return false;
}

void upstream_give(struct upstream *upstream, struct upstream_connection *connection, bool reusable)
{
    uint64_t now = flux_now();
    bool keep = reusable && connection->socket >= 0 && is_alive(connection, now) &&
                !others_wait(upstream, now);
    take_out(&upstream->used, connection);
    if (keep && connection->client >= 0 && upstream_watch(connection, 0, -1, 0) != 0)
        keep = false;
    if (keep)
        insert(&upstream->idle, connection, upstream->idle.first);
    else
        discard(upstream, connection);
}

void upstream_tend(struct upstream *upstream)
{
    uint64_t now = flux_now();
    bool wanted = upstream->idle.first != NULL && others_wait(upstream, now);
    struct upstream_connection *next;
    for (struct upstream_connection *each = upstream->idle.first; each != NULL; each = next) {
        next = each->after;
        if (wanted || !is_alive(each, now)) {
            take_out(&upstream->idle, each);
            discard(upstream, each);
        }
    }
}

/* ---- the connection -------------------------------------------------------------------------- */

void upstream_hang_up(struct upstream_connection *connection)
{
    atomic_store(&connection->waiting, -1);
    /* What epoll watches of the socket goes with it. */
    if (connection->socket >= 0)
        close(connection->socket);
    connection->socket = -1;
    connection->watched = 0;
    connection->kept = connection->dialling = connection->answered = false;
}

/* An idle connection has nothing to say: if it has, that is its end, or no answer to what is asked
 * next. */
static bool is_stale(const struct upstream_connection *connection)
{
    char byte;
    return recv(connection->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EWOULDBLOCK);
}

static int unreachable(const struct upstream_connection *connection, int error)
{
    switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return error;
    case ENOBUFS:
        return ENOMEM;
    case EAGAIN: /* a local socket that many wait at already */
        return EBUSY;
    default:
        flux_log(FLUX_WARNING, "cannot connect to %s: %s", connection->upstream->name,
                 strerror(error));
        return EHOSTUNREACH;
    }
}

int upstream_dial(struct upstream_connection *connection)
{
    const struct upstream *upstream = connection->upstream;
    int yes = 1;
    if (connection->socket >= 0) {
        if (!is_stale(connection))
            return 0;
        upstream_hang_up(connection);
    }
    int family = upstream->address.ss_family;
    connection->socket = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection->socket < 0)
        return unreachable(connection, errno);
    if (family != AF_UNIX)
        setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->dialled = flux_now();
    if (connect(connection->socket, (const struct sockaddr *)&upstream->address,
                upstream->address_length) == 0)
        return 0;
    if (errno == EINPROGRESS || errno == EINTR) {
        connection->dialling = true;
        return 0;
    }
    int error = errno;
    upstream_hang_up(connection);
    return unreachable(connection, error);
}

int upstream_dialled(struct upstream_connection *connection)
{
    int error = 0;
    socklen_t length = sizeof error;
    connection->dialling = false;
    if (getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    if (error == 0)
        return 0;
    upstream_hang_up(connection);
    return unreachable(connection, error);
}

int upstream_send(struct upstream_connection *connection, const void *data, size_t length,
                  size_t *sent)
{
    ssize_t done;
    *sent = 0;
    do
        done = send(connection->socket, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (done < 0 && errno == EINTR);
    if (done >= 0)
        *sent = (size_t)done;
    if (!connection->answered)
        atomic_store(&connection->waiting, connection->socket);
    return done >= 0 || errno == EAGAIN || errno == EWOULDBLOCK ? 0 : EREMOTEIO;
}

int upstream_receive(struct upstream_connection *connection, void *buffer, size_t room, size_t *got)
{
    ssize_t done;
    *got = 0;
    do
        done = recv(connection->socket, buffer, room, MSG_DONTWAIT);
    while (done < 0 && errno == EINTR);
    if (done == 0)
        return EREMOTEIO;
    if (done < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : EREMOTEIO;
    *got = (size_t)done;
    if (!connection->answered)
        atomic_store(&connection->waiting, -1);
    connection->answered = true;
    return 0;
}

/* Makes *is what `wanted` says for one descriptor. */
static int watch(int events, int descriptor, uint32_t *is, uint32_t wanted)
{
    struct epoll_event event = {.events = wanted, .data.fd = descriptor};
    if (*is == wanted)
        return 0;
    int operation = *is == 0 ? EPOLL_CTL_ADD : wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    if (epoll_ctl(events, operation, descriptor, &event) != 0)
        return errno == ENOSPC ? EMFILE : errno;
    *is = wanted;
    return 0;
}

int upstream_watch(struct upstream_connection *connection, uint32_t wanted, int client,
                   uint32_t client_wanted)
{
    if (connection->events < 0) {
        connection->events = epoll_create1(EPOLL_CLOEXEC);
        if (connection->events < 0)
            return errno;
    }
    int error = watch(connection->events, connection->socket, &connection->watched, wanted);
    if (error != 0)
        return error;
    if (client_wanted != 0)
        connection->client = client;
    if (connection->client < 0)
        return 0;
    error =
        watch(connection->events, connection->client, &connection->client_watched, client_wanted);
    if (error == 0 && client_wanted == 0)
        connection->client = -1;
    return error;
}
