/* steady.c PORT PATH CONNECTIONS RATE SECONDS - requests at a steady rate, whether they are
 * answered or not (an open loop), over connections that stay open. A request is due at its time;
 * its latency counts from then on, so a server that falls behind cannot hide it. Prints 'answered N
 * median US late US', the latter the 99th percentile; fails if an answer is wrong or missing.
 *
 * It never sleeps: it has a CPU of its own, and waking up would be measured too. */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS   64
#define PATIENCE INT64_C(5000000000) /* for answers after the last request, in nanoseconds */

struct connection {
    int fd;
    int64_t due; /* of the request that is under way */
    struct client_response response;
};

static struct connection *connections, **idle;
static size_t idle_count;
static int64_t *latencies;
static size_t answered;
static char request[512];
static size_t request_size;

/* From any of the threads, while the others go on: so nothing may be taken down. */
static void fail(const char *what)
{
    fprintf(stderr, "steady: %s\n", what);
    _exit(EXIT_FAILURE);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int open_connections(int port, size_t count)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    for (size_t i = 0; i < count; i++) {
        struct connection *connection = &connections[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        connection->fd = client_connect(port, 0);
        if (connection->fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
            fail("no connection");
        idle[idle_count++] = connection;
    }
    return epoll;
}

static void ask(int64_t due)
{
    struct connection *connection = idle[--idle_count];

    connection->due = due;
    connection->response = (struct client_response){0};
    if (send(connection->fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size)
        fail("cannot send");
}

static void receive(struct connection *connection)
{
    char bytes[65536];
    ssize_t count = recv(connection->fd, bytes, sizeof bytes, MSG_DONTWAIT);

    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0)
        fail("the connection was closed");
    switch (client_take(&connection->response, bytes, (size_t)count)) {
    case CLIENT_WAITS:
        break;
    case CLIENT_WHOLE:
        latencies[answered++] = client_now() - connection->due;
        idle[idle_count++] = connection;
        break;
    case CLIENT_WRONG:
        fail("a wrong answer");
    }
}

int main(int argc, char **argv)
{
    size_t count = argc > 5 ? strtoul(argv[3], NULL, 10) : 0;
    double rate = argc > 5 ? strtod(argv[4], NULL) : 0,
           seconds = argc > 5 ? strtod(argv[5], NULL) : 0;
    size_t total = (size_t)(rate * seconds), asked = 0;
    struct epoll_event events[EVENTS];
    int64_t begun;
    int epoll;

    if (count == 0 || total == 0) {
        fputs("usage: steady PORT PATH CONNECTIONS RATE SECONDS\n", stderr);
        return EXIT_FAILURE;
    }
    connections = calloc(count, sizeof *connections);
    idle = calloc(count, sizeof *idle);
    latencies = calloc(total, sizeof *latencies);
    if (connections == NULL || idle == NULL || latencies == NULL)
        fail("no memory");
    request_size = client_request(request, sizeof request, argv[2], "");
    epoll = open_connections(atoi(argv[1]), count);
    begun = client_now();
    while (answered < total) {
        int64_t now = client_now(), due;
        while (asked < total && idle_count > 0 &&
               (due = begun + (int64_t)((double)asked * 1e9 / rate)) <= now) {
            ask(due);
            asked++;
        }
        if (now > begun + (int64_t)(seconds * 1e9) + PATIENCE)
            fail("answers are missing");
        for (int i = 0, ready = epoll_wait(epoll, events, EVENTS, 0); i < ready; i++)
            receive(events[i].data.ptr);
    }
    qsort(latencies, total, sizeof *latencies, by_size);
    printf("answered %zu median %.1f late %.1f\n", total, (double)latencies[total / 2] / 1e3,
           (double)latencies[total * 99 / 100] / 1e3);
    return EXIT_SUCCESS;
}
