#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection *connection_make(int fd)
{
    struct connection *connection = malloc(sizeof *connection);

    if (connection == NULL) {
        close(fd);
        return NULL;
    }
    connection->next = NULL;
    connection->fd = fd;
    connection->watched = false;
    connection->size = 0;
    return connection;
}

void connection_end(struct connection *connection)
{
    close(connection->fd);
    free(connection);
}

bool connection_receive(struct connection *connection, int flags)
{
    ssize_t count = recv(connection->fd, connection->bytes + connection->size,
                         sizeof connection->bytes - connection->size, flags);

    if (count > 0)
        connection->size += (size_t)count;
    return count > 0 || (count < 0 && errno == EAGAIN);
}

bool connection_send(struct connection *connection, const struct response *response)
{
    for (size_t sent = 0; sent < response->size;) {
        ssize_t count = send(connection->fd, response->bytes + sent, response->size - sent, 0);
        if (count < 0)
            return false;
        sent += (size_t)count;
    }
    return true;
}

bool connection_answer(struct connection *connection)
{
    struct request request;
    size_t done = 0;

    while (done < connection->size) {
        enum request_state state =
            request_read(&request, connection->bytes + done, connection->size - done);
        if (state == REQUEST_BAD)
            return false;
        if (state == REQUEST_PART)
            break;
        if (!connection_send(connection,
                             documents_find(request.path, request.path_length, request.keep)) ||
            !request.keep)
            return false;
        done += request.size;
    }
    connection->size -= done;
    memmove(connection->bytes, connection->bytes + done, connection->size);
    return true;
}

void connection_watch(struct connection *connection, int epoll)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = connection};
    int operation = connection->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    connection->watched = true; /* before another thread has it */
    if (epoll_ctl(epoll, operation, connection->fd, &event) != 0)
        connection_end(connection);
}
