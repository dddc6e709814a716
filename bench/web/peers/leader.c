/* leader.c - leader/follower: workers wait at one epoll; the one that is given a connection serves
 * it itself, while another becomes the leader that waits. No queue, no hand-over. */
#include "connection.h"
#include "start.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static int listener, epoll;

/* The listener is watched as a connection is: once, so that one worker accepts. */
static void watch_listener(int operation)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = NULL};

    epoll_ctl(epoll, operation, listener, &event);
}

static void welcome(void)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = connection_make(fd);
        if (connection != NULL)
            connection_watch(connection, epoll);
    }
    watch_listener(EPOLL_CTL_MOD);
}

static void *work(void *argument)
{
    struct epoll_event event;

    (void)argument;
    for (;;) {
        struct connection *connection;
        if (epoll_wait(epoll, &event, 1, -1) != 1)
            continue;
        connection = event.data.ptr;
        if (connection == NULL)
            welcome();
        else if (connection_receive(connection, MSG_DONTWAIT) && connection_answer(connection))
            connection_watch(connection, epoll);
        else
            connection_end(connection);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct start options = {.workers = 8};

    listener = start(argc, argv, &options, SOCK_NONBLOCK);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    watch_listener(EPOLL_CTL_ADD);
    start_threads(options.workers - 1, work, NULL);
    work(NULL);
    return EXIT_SUCCESS;
}
