/* limit.c - what one core can do: a loop around epoll that does no more than it must. Responses are
 * ready-made, a request costs one recv and one send, what is received goes through one buffer, and
 * a connection that has nothing unfinished is a descriptor and three words. No deadlines, no log,
 * no Date. With --workers N it is N processes, each with a listening socket of its own (SYMPED). */
#include "documents.h"
#include "request.h"
#include "start.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 512
#define BUFFER 65536

/* What a connection has left unfinished: part of a request, or of a response and, behind it,
 * requests that have not been looked at. */
struct rest {
    const struct response *response;
    size_t sent;
    size_t size;
    char bytes[];
};

struct connection {
    struct rest *rest;
    int fd;
    bool keep;
    bool writing; /* epoll tells when it can be sent to, not when it can be received from */
};

enum outcome { DONE, BLOCKED, OVER };

static size_t sendfile_from;
static int epoll;
static char buffer[BUFFER];

static void end(struct connection *connection)
{
    close(connection->fd);
    free(connection->rest);
    free(connection);
}

static enum outcome leave(struct connection *connection, const struct response *response,
                          size_t sent, const char *bytes, size_t size)
{
    struct rest *rest = malloc(sizeof *rest + size);

    if (rest == NULL)
        return OVER;
    rest->response = response;
    rest->sent = sent;
    rest->size = size;
    memcpy(rest->bytes, bytes, size);
    connection->rest = rest;
    return BLOCKED;
}

/* Sends from `*sent` on. */
static enum outcome send_response(int fd, const struct response *response, size_t *sent)
{
    bool by_sendfile = response->size >= sendfile_from && response->file >= 0;

    while (*sent < response->size) {
        ssize_t count;
        if (!by_sendfile) {
            count = send(fd, response->bytes + *sent, response->size - *sent, 0);
        } else if (*sent < response->head) {
            count = send(fd, response->bytes + *sent, response->head - *sent, MSG_MORE);
        } else {
            off_t offset = (off_t)(*sent - response->head);
            count = sendfile(fd, response->file, &offset, response->size - *sent);
        }
        if (count <= 0)
            return count < 0 && errno == EAGAIN ? BLOCKED : OVER;
        *sent += (size_t)count;
    }
    return DONE;
}

/* Answers the requests in the bytes. BLOCKED: a rest is left. */
static enum outcome answer(struct connection *connection, const char *bytes, size_t size)
{
    while (size > 0) {
        struct request request;
        const struct response *response;
        size_t sent = 0;
        enum outcome outcome;
        switch (request_read(&request, bytes, size)) {
        case REQUEST_WHOLE:
            break;
        case REQUEST_PART:
            return leave(connection, NULL, 0, bytes, size);
        case REQUEST_BAD:
            return OVER;
        }
        bytes += request.size;
        size -= request.size;
        connection->keep = request.keep;
        response = documents_find(request.path, request.path_length, request.keep);
        outcome = send_response(connection->fd, response, &sent);
        if (outcome == BLOCKED)
            return leave(connection, response, sent, bytes, size);
        if (outcome == OVER || !request.keep)
            return OVER;
    }
    return DONE;
}

/* Receives once: as epoll tells again what has been left in the socket, no second recv is needed.
 */
static enum outcome receive(struct connection *connection)
{
    struct rest *rest = connection->rest;
    size_t size = 0;
    ssize_t count;

    if (rest != NULL) {
        size = rest->size;
        memcpy(buffer, rest->bytes, size);
    }
    count = recv(connection->fd, buffer + size, sizeof buffer - size, 0);
    if (count <= 0)
        return count < 0 && errno == EAGAIN ? DONE : OVER;
    free(rest);
    connection->rest = NULL;
    return answer(connection, buffer, size + (size_t)count);
}

/* The rest of a response, then what has been received behind it. */
static enum outcome resume(struct connection *connection)
{
    struct rest *rest = connection->rest;
    enum outcome outcome = send_response(connection->fd, rest->response, &rest->sent);

    if (outcome != DONE)
        return outcome;
    connection->rest = NULL;
    outcome = connection->keep ? answer(connection, rest->bytes, rest->size) : OVER;
    free(rest);
    return outcome;
}

static void watch(struct connection *connection, int operation)
{
    struct epoll_event event = {.events = connection->writing ? EPOLLOUT : EPOLLIN,
                                .data.ptr = connection};

    epoll_ctl(epoll, operation, connection->fd, &event);
}

static void serve(struct connection *connection)
{
    bool writing;

    if ((connection->writing ? resume(connection) : receive(connection)) == OVER) {
        end(connection);
        return;
    }
    writing = connection->rest != NULL && connection->rest->response != NULL;
    if (writing != connection->writing) {
        connection->writing = writing;
        watch(connection, EPOLL_CTL_MOD);
    }
}

static void welcome(int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection == NULL) {
            close(fd);
            continue;
        }
        connection->fd = fd;
        watch(connection, EPOLL_CTL_ADD);
        serve(connection); /* its request has often come already */
    }
}

static void loop(int listener)
{
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN, .data.ptr = NULL};

    epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                welcome(listener);
            else
                serve(events[i].data.ptr);
        }
    }
}

int main(int argc, char **argv)
{
    struct start options = {.workers = 1, .sendfile = 256 * 1024};
    int listener = start(argc, argv, &options, SOCK_NONBLOCK);

    sendfile_from = options.sendfile;
    for (size_t i = 1; i < options.workers; i++) {
        int another = start_another(listener, SOCK_NONBLOCK);
        pid_t child = fork();
        if (child < 0) {
            perror("fork");
            return EXIT_FAILURE;
        }
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(listener);
            loop(another);
        }
        close(another);
    }
    loop(listener);
    return EXIT_SUCCESS;
}
