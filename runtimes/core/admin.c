/* admin.c - the admin port's sockets, and the thread that serves them.
 *
 * The thread sleeps in poll and has no say in what flows do. A client has five seconds for its
 * request and then five for each part of the answer that it takes, a minute in all; eight may be
 * there at a time, others wait in the kernel's queue. One request a connection: nobody asks often
 * enough for more.
 */
#include "admin.h"

#include "core.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND       UINT64_C(1000000000)
#define CLIENTS      8u
#define REQUEST_SIZE 4096u
#define PATIENCE     (5 * SECOND)
#define PATIENCE_ALL (60 * SECOND)
#define PAUSE        (SECOND / 10) /* when nothing can be accepted */
#define HOST_SIZE    256u

static char host[HOST_SIZE];
static unsigned port;
static bool wanted;

static int *sockets;
static unsigned socket_count;
static int listener = -1; /* this process's */

static pthread_t thread;
static bool running, serving;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* held until the thread may serve */
static atomic_bool ending;
static int bell = -1;

/* ---- the address ----------------------------------------------------------------------------- */

int fluxi_admin_option(const char *address)
{
    const char *colon = strrchr(address, ':');
    size_t length = colon != NULL ? (size_t)(colon - address) : 0;
    if (colon == NULL || colon[1] == '\0' || strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || atoi(colon + 1) > 65535)
        return EINVAL;
    port = (unsigned)atoi(colon + 1);
    if (length >= 2 && address[0] == '[' && colon[-1] == ']') {
        address++;
        length -= 2;
    } else if (memchr(address, ':', length) != NULL) {
        return EINVAL;
    }
    if (length >= HOST_SIZE)
        return EINVAL;
    memcpy(host, address, length);
    host[length] = '\0';
    wanted = true;
    return 0;
}

/* Logs where it listens, with the port that was chosen. */
static int announce(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    char name[HOST_SIZE], service[16];
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return errno;
    if (getnameinfo((struct sockaddr *)&address, length, name, sizeof name, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return EINVAL;
    flux_log(FLUX_INFO, address.ss_family == AF_INET6 ? "admin on [%s]:%s" : "admin on %s:%s", name,
             service);
    return 0;
}

static int open_one(const struct addrinfo *info)
{
    int yes = 1, fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, 16) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int refuse(unsigned at, const char *why)
{
    bool six = strchr(host, ':') != NULL;
    flux_log(FLUX_ERROR, "--admin: cannot listen on %s%s%s:%u: %s", six ? "[" : "", host,
             six ? "]" : "", at, why);
    return EADDRNOTAVAIL;
}

static int open_at(unsigned at)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[16];
    if (at > 65535)
        return refuse(at, "there is no such port; each process has one, from that given on");
    snprintf(service, sizeof service, "%u", at);
    int problem = getaddrinfo(host[0] != '\0' ? host : NULL, service, &hints, &found);
    if (problem != 0)
        return refuse(at, gai_strerror(problem));
    int fd = open_one(found), error = fd < 0 ? errno : announce(fd);
    freeaddrinfo(found);
    if (fd >= 0)
        sockets[socket_count++] = fd;
    return error == 0 ? 0 : refuse(at, flux_strerror(error));
}

int fluxi_admin_open(unsigned count)
{
    int error = 0;
    if (!wanted)
        return 0;
    sockets = calloc(count, sizeof *sockets);
    if (sockets == NULL)
        return refuse(port, flux_strerror(ENOMEM));
    for (unsigned i = 0; i < count && error == 0; i++)
        error = open_at(port != 0 ? port + i : 0);
    if (error != 0)
        fluxi_admin_close();
    return error;
}

void fluxi_admin_keep(unsigned index)
{
    if (index >= socket_count)
        return;
    listener = sockets[index];
    sockets[index] = -1;
    fluxi_admin_close();
}

void fluxi_admin_close(void)
{
    for (unsigned i = 0; i < socket_count; i++)
        if (sockets[i] >= 0)
            close(sockets[i]);
    free(sockets);
    sockets = NULL;
    socket_count = 0;
}

/* ---- a client -------------------------------------------------------------------------------- */

enum state { ABSENT, ASKS, TAKES, LEAVES };

struct client {
    enum state state;
    int fd;
    uint64_t deadline, last_deadline;
    size_t size; /* of the request so far */
    char request[REQUEST_SIZE];
    char *answer;
    size_t length, sent;
};

static struct client clients[CLIENTS];

static void client_close(struct client *client)
{
    close(client->fd);
    free(client->answer);
    client->answer = NULL;
    client->state = ABSENT;
}

static bool is_complete(const struct client *client)
{
    return memmem(client->request, client->size, "\r\n\r\n", 4) != NULL ||
           memmem(client->request, client->size, "\n\n", 2) != NULL;
}

/* Of calls that would have to wait. */
static bool is_later(ssize_t result)
{
    return result < 0 && (errno == EAGAIN || errno == EINTR);
}

static void client_send(struct client *client)
{
    ssize_t sent = send(client->fd, client->answer + client->sent, client->length - client->sent,
                        MSG_NOSIGNAL);
    if (is_later(sent))
        return;
    if (sent < 0) {
        client_close(client);
        return;
    }
    client->sent += (size_t)sent;
    client->deadline = flux_now() + PATIENCE;
    if (client->deadline > client->last_deadline)
        client->deadline = client->last_deadline;
    if (client->sent < client->length)
        return;
    /* What it has sent beyond its request, once closed upon, would make the kernel take the answer
     * back: the client goes first. */
    shutdown(client->fd, SHUT_WR);
    client->state = LEAVES;
}

static void client_receive(struct client *client)
{
    ssize_t got = recv(client->fd, client->request + client->size, REQUEST_SIZE - client->size, 0);
    if (is_later(got))
        return;
    if (got <= 0) {
        client_close(client);
        return;
    }
    client->size += (size_t)got;
    if (client->size < REQUEST_SIZE && !is_complete(client))
        return;
    client->answer = fluxi_admin_answer(client->request, client->size, &client->length);
    if (client->answer == NULL) {
        client_close(client);
        return;
    }
    client->state = TAKES;
    client_send(client);
}

static void client_leave(struct client *client)
{
    ssize_t got = recv(client->fd, client->request, REQUEST_SIZE, 0);
    if (got == 0 || (got < 0 && !is_later(got)))
        client_close(client);
}

static void client_ready(struct client *client)
{
    if (client->state == ASKS)
        client_receive(client);
    else if (client->state == TAKES)
        client_send(client);
    else
        client_leave(client);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static struct client *free_place(void)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        if (clients[i].state == ABSENT)
            return &clients[i];
    return NULL;
}

/* Returns when the next may be accepted: at once, but for a shortage. */
static uint64_t accept_one(struct client *client)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM
                   ? flux_now() + PAUSE
                   : 0;
    client->fd = fd;
    client->state = ASKS;
    client->size = client->sent = client->length = 0;
    client->deadline = flux_now() + PATIENCE;
    client->last_deadline = flux_now() + PATIENCE_ALL;
    return 0;
}

static int milliseconds_until(uint64_t when, uint64_t now)
{
    return when == UINT64_MAX ? -1 : (int)((when - now + 999999) / 1000000);
}

/* What to wait for; returns until when, which is to come. */
static uint64_t prepare(struct pollfd polls[CLIENTS + 2], uint64_t now, uint64_t accept_from)
{
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct client *client = &clients[i];
        if (client->state != ABSENT && client->deadline <= now)
            client_close(client);
        if (client->state != ABSENT && client->deadline < next)
            next = client->deadline;
        polls[i].fd = client->state != ABSENT ? client->fd : -1;
        polls[i].events = client->state == TAKES ? POLLOUT : POLLIN;
    }
    bool room = free_place() != NULL;
    if (room && accept_from > now)
        next = accept_from; /* soon enough for all else */
    polls[CLIENTS] =
        (struct pollfd){.fd = room && accept_from <= now ? listener : -1, .events = POLLIN};
    polls[CLIENTS + 1] = (struct pollfd){.fd = bell, .events = POLLIN};
    return next;
}

static void serve(void)
{
    uint64_t accept_from = 0;
    while (!atomic_load(&ending)) {
        struct pollfd polls[CLIENTS + 2];
        uint64_t now = flux_now(), next = prepare(polls, now, accept_from);
        if (poll(polls, CLIENTS + 2, milliseconds_until(next, now)) <= 0)
            continue;
        for (unsigned i = 0; i < CLIENTS; i++)
            if (polls[i].revents != 0)
                client_ready(&clients[i]);
        if (polls[CLIENTS].revents != 0)
            accept_from = accept_one(free_place());
    }
}

static void *thread_main(void *unused)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    serve();
    for (unsigned i = 0; i < CLIENTS; i++)
        if (clients[i].state != ABSENT)
            client_close(&clients[i]);
    return unused;
}

int fluxi_admin_start(void)
{
    if (listener < 0)
        return 0;
    atomic_store(&ending, false);
    bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = bell < 0 ? errno : 0;
    pthread_mutex_lock(&gate);
    if (error == 0)
        error = pthread_create(&thread, NULL, thread_main, NULL);
    running = error == 0;
    if (!running) {
        pthread_mutex_unlock(&gate);
        flux_log(FLUX_ERROR, "start: no thread for --admin: %s", flux_strerror(error));
        fluxi_admin_end();
    }
    return error;
}

void fluxi_admin_serve(void)
{
    if (running && !serving)
        pthread_mutex_unlock(&gate);
    serving = running;
}

void fluxi_admin_end(void)
{
    if (running) {
        atomic_store(&ending, true);
        eventfd_write(bell, 1);
        fluxi_admin_serve();
        pthread_join(thread, NULL);
    }
    if (bell >= 0)
        close(bell);
    if (listener >= 0)
        close(listener);
    bell = listener = -1;
    running = serving = false;
}
