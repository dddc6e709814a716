/* loop.c - the echo server of examples/echo as one would write it for libevent: an event and a few
 * bytes of its own for each connection. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    struct event *event;
};

static struct event_base *base;

static void answer(evutil_socket_t fd, short what, void *argument)
{
    struct connection *connection = argument;
    char data[4096];
    ssize_t size = recv(fd, data, sizeof data, 0);

    (void)what;
    if (size <= 0 || send(fd, data, (size_t)size, MSG_NOSIGNAL) != size) {
        event_free(connection->event);
        free(connection);
        close(fd);
    }
}

static void welcome(evutil_socket_t listener, short what, void *argument)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct connection *connection = malloc(sizeof *connection);

    (void)what;
    (void)argument;
    if (fd < 0 || connection == NULL)
        exit(EXIT_FAILURE);
    connection->event = event_new(base, fd, EV_READ | EV_PERSIST, answer, connection);
    if (connection->event == NULL || event_add(connection->event, NULL) != 0)
        exit(EXIT_FAILURE);
}

static void stop(evutil_socket_t number, short what, void *argument)
{
    (void)number;
    (void)what;
    (void)argument;
    event_base_loopbreak(base);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("loop");
        return EXIT_FAILURE;
    }
    base = event_base_new();
    if (base == NULL)
        return EXIT_FAILURE;
    event_add(event_new(base, listener, EV_READ | EV_PERSIST, welcome, NULL), NULL);
    event_add(evsignal_new(base, SIGTERM, stop, NULL), NULL);
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return event_base_dispatch(base) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
