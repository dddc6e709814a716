/* connection.h - a connection that has a thread's whole attention while it is served: its socket
 * blocks when it sends. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "documents.h"
#include "request.h"

#include <stdbool.h>
#include <stddef.h>

struct connection {
    struct connection *next; /* in a queue */
    int fd;
    bool watched; /* epoll knows it */
    struct request request;
    const struct response *response;
    size_t size;
    char bytes[REQUEST_MOST]; /* received, not answered */
};

/* NULL, and the descriptor closed, without memory. */
struct connection *connection_make(int fd);
void connection_end(struct connection *connection);

/* One recv with these flags. False if the connection is over. */
bool connection_receive(struct connection *connection, int flags);

/* Sends all of a response. False if the connection is over. */
bool connection_send(struct connection *connection, const struct response *response);

/* Answers the whole requests that have been received. False if the connection is over. */
bool connection_answer(struct connection *connection);

/* Has epoll say once, with the connection as its data, when there is something to receive. Ends the
 * connection if that cannot be. */
void connection_watch(struct connection *connection, int epoll);

#endif
