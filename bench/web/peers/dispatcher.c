#include "dispatcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define BATCH 256

static int listener, epoll;

int dispatcher_epoll(void)
{
    return epoll;
}

void dispatcher_prepare(int socket)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    listener = socket;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) {
        perror("epoll");
        exit(EXIT_FAILURE);
    }
}

static void welcome(void)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = connection_make(fd);
        if (connection != NULL)
            connection_watch(connection, epoll);
    }
}

void dispatcher_run(struct queue *ready)
{
    struct epoll_event events[BATCH];

    for (;;) {
        int count = epoll_wait(epoll, events, BATCH, -1);
        struct chain chain;
        chain_init(&chain);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                welcome();
            else
                chain_add(&chain, events[i].data.ptr);
        }
        queue_put(ready, &chain);
    }
}
