/* fetch.c - files, and as much of HTTP/1.1 as an admin port speaks: one GET, one answer with a
 * length or until the end, in ten seconds and 256 MiB. */
#include "fetch.h"
#include "address.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE_MOST (256u << 20)
#define PATIENCE  10

struct content {
    VECTOR(char) bytes;
};

/* Reads until the end. The descriptor may be a socket, which must come to an end in time. */
static const char *read_all(struct arena *arena, int fd, struct content *content, bool is_socket)
{
    time_t end = time(NULL) + PATIENCE;
    unsigned capacity = 1u << 16, size = 0;
    char *bytes = malloc(capacity);
    const char *error = NULL;
    while (bytes != NULL && error == NULL) {
        if (size == capacity) {
            char *grown = capacity < SIZE_MOST ? realloc(bytes, 2 * (size_t)capacity) : NULL;
            if (grown == NULL) {
                error = "it is larger than 256 MiB";
                break;
            }
            bytes = grown;
            capacity *= 2;
        }
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (is_socket && (time(NULL) > end || poll(&poll_fd, 1, PATIENCE * 1000) == 0)) {
            error = "no answer within ten seconds";
            break;
        }
        ssize_t got = read(fd, bytes + size, capacity - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            error = strerror(errno);
        if (got <= 0)
            break;
        size += (unsigned)got;
    }
    if (bytes != NULL && error == NULL) {
        content->bytes.at = arena_alloc(arena, (size_t)size + 1);
        memcpy(content->bytes.at, bytes, size);
        content->bytes.count = size;
    }
    free(bytes);
    return bytes == NULL ? strerror(ENOMEM) : error;
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static int connect_to(const char *host, const char *service, const char **error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    struct timeval limit = {.tv_sec = PATIENCE};
    int problem = getaddrinfo(host[0] != '\0' ? host : NULL, service, &hints, &found), fd = -1;
    if (problem != 0) {
        *error = gai_strerror(problem);
        return -1;
    }
    for (struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
        if (fd >= 0)
            setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            *error = strerror(errno);
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

static const char *field(const char *head, const char *end, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = head; line < end; line++) {
        line = memchr(line, '\n', (size_t)(end - line));
        if (line == NULL)
            break;
        if ((size_t)(end - line) > length + 1 && strncasecmp(line + 1, name, length) == 0)
            return line + 1 + length;
    }
    return NULL;
}

/* The body of the answer. */
static const char *body_of(struct arena *arena, const char *answer, size_t *size,
                           const char **error)
{
    const char *end = strstr(answer, "\r\n\r\n"), *body = end != NULL ? end + 4 : NULL;
    int status = 0;
    if (body == NULL || sscanf(answer, "HTTP/1.%*1[01] %3d", &status) != 1) {
        *error = "what is there does not speak HTTP";
        return NULL;
    }
    size_t length = *size - (size_t)(body - answer);
    const char *told = field(answer, end, "content-length:");
    if (told != NULL && strtoull(told, NULL, 10) != length) {
        *error = "the answer has been cut off";
        return NULL;
    }
    if (status != 200) {
        size_t line = strcspn(body, "\r\n");
        *error = arena_printf(arena, "%d: %.*s", status, line < 200 ? (int)line : 200, body);
        return NULL;
    }
    *size = length;
    return body;
}

static const char *fetch_port(struct arena *arena, const char *host, const char *port, size_t *size,
                              const char **error)
{
    static const char request[] = "GET /profile HTTP/1.1\r\nHost: fluxprof\r\n"
                                  "Connection: close\r\n\r\n";
    struct content content = {0};
    int fd = connect_to(host, port, error);
    if (fd < 0)
        return NULL;
    ssize_t sent = send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
    *error =
        sent == (ssize_t)sizeof request - 1 ? read_all(arena, fd, &content, true) : strerror(errno);
    close(fd);
    if (*error != NULL)
        return NULL;
    *size = content.bytes.count;
    return body_of(arena, content.bytes.at, size, error);
}

/* ---- either ---------------------------------------------------------------------------------- */

const char *fetch(struct arena *arena, const char *from, size_t *size, const char **error)
{
    struct content content = {0};
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
    if (access(from, F_OK) != 0 && address_split(from, host, port) == 0)
        return fetch_port(arena, host, port, size, error);
    bool standard = strcmp(from, "-") == 0;
    FILE *file = standard ? stdin : fopen(from, "re");
    *error = file == NULL ? strerror(errno) : read_all(arena, fileno(file), &content, false);
    if (file != NULL && !standard)
        fclose(file);
    *size = content.bytes.count;
    return *error == NULL ? content.bytes.at : NULL;
}
