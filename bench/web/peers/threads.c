/* threads.c - a thread for each connection, which blocks in recv and send: the server of every
 * book. There is nothing it could do better, but to keep threads for the next connection. */
#include "connection.h"
#include "start.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK (64 * 1024)

static void *serve(void *argument)
{
    struct connection *connection = argument;

    while (connection_receive(connection, 0) && connection_answer(connection))
        continue;
    connection_end(connection);
    return NULL;
}

int main(int argc, char **argv)
{
    struct start options = {0};
    int listener = start(argc, argv, &options, 0);
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        struct connection *connection = fd >= 0 ? connection_make(fd) : NULL;
        pthread_t thread;
        if (connection != NULL && pthread_create(&thread, &attributes, serve, connection) != 0)
            connection_end(connection);
    }
}
