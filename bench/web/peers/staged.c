/* staged.c - a staged server, after SEDA: receive, parse, find and send are a thread each, and hand
 * each other all connections they have, so that a stage does the same thing many times over. */
#include "dispatcher.h"
#include "start.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct queue ready, received, parsed, found;

/* A connection that has no whole request comes back when there is more of it. */
static void parse(struct connection *connection, struct chain *next)
{
    switch (request_read(&connection->request, connection->bytes, connection->size)) {
    case REQUEST_WHOLE:
        chain_add(next, connection);
        break;
    case REQUEST_PART:
        connection_watch(connection, dispatcher_epoll());
        break;
    case REQUEST_BAD:
        connection_end(connection);
        break;
    }
}

static void *receive_stage(void *argument)
{
    (void)argument;
    for (;;) {
        struct connection *next;
        struct chain chain;
        chain_init(&chain);
        for (struct connection *c = queue_take_all(&ready); c != NULL; c = next) {
            next = c->next;
            if (connection_receive(c, MSG_DONTWAIT))
                chain_add(&chain, c);
            else
                connection_end(c);
        }
        queue_put(&received, &chain);
    }
    return NULL;
}

static void *parse_stage(void *argument)
{
    (void)argument;
    for (;;) {
        struct connection *next;
        struct chain chain;
        chain_init(&chain);
        for (struct connection *c = queue_take_all(&received); c != NULL; c = next) {
            next = c->next;
            parse(c, &chain);
        }
        queue_put(&parsed, &chain);
    }
    return NULL;
}

static void *find_stage(void *argument)
{
    (void)argument;
    for (;;) {
        struct connection *next;
        struct chain chain;
        chain_init(&chain);
        for (struct connection *c = queue_take_all(&parsed); c != NULL; c = next) {
            next = c->next;
            c->response = documents_find(c->request.path, c->request.path_length, c->request.keep);
            chain_add(&chain, c);
        }
        queue_put(&found, &chain);
    }
    return NULL;
}

/* What is pipelined behind the request is parsed next. */
static void send_response(struct connection *connection, struct chain *pipelined)
{
    if (!connection_send(connection, connection->response) || !connection->request.keep) {
        connection_end(connection);
        return;
    }
    connection->size -= connection->request.size;
    if (connection->size == 0) {
        connection_watch(connection, dispatcher_epoll());
        return;
    }
    memmove(connection->bytes, connection->bytes + connection->request.size, connection->size);
    chain_add(pipelined, connection);
}

static void *send_stage(void *argument)
{
    (void)argument;
    for (;;) {
        struct connection *next;
        struct chain pipelined;
        chain_init(&pipelined);
        for (struct connection *c = queue_take_all(&found); c != NULL; c = next) {
            next = c->next;
            send_response(c, &pipelined);
        }
        queue_put(&received, &pipelined);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct queue *const queues[] = {&ready, &received, &parsed, &found};
    static void *(*const stages[])(void *) = {receive_stage, parse_stage, find_stage, send_stage};
    struct start options = {0};

    dispatcher_prepare(start(argc, argv, &options, SOCK_NONBLOCK));
    for (size_t i = 0; i < sizeof queues / sizeof queues[0]; i++)
        queue_init(queues[i]);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        start_threads(1, stages[i], NULL);
    dispatcher_run(&ready);
    return EXIT_SUCCESS;
}
