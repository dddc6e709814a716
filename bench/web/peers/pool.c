/* pool.c - a dispatcher that waits for all connections, and workers that serve those that are
 * ready, one at a time, over a queue. */
#include "dispatcher.h"
#include "start.h"

#include <stdlib.h>
#include <sys/socket.h>

static struct queue ready;

static void *work(void *argument)
{
    (void)argument;
    for (;;) {
        struct connection *connection = queue_take(&ready);
        if (connection_receive(connection, MSG_DONTWAIT) && connection_answer(connection))
            connection_watch(connection, dispatcher_epoll());
        else
            connection_end(connection);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct start options = {.workers = 8};

    dispatcher_prepare(start(argc, argv, &options, SOCK_NONBLOCK));
    queue_init(&ready);
    start_threads(options.workers, work, NULL);
    dispatcher_run(&ready);
    return EXIT_SUCCESS;
}
