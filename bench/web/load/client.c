#include "client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 5 /* seconds */

int64_t client_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int client_connect(int port, uint32_t source)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    struct timeval patience = {.tv_sec = PATIENCE};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    /* The port is chosen when the other end is known, so one port serves several connections. */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
    if ((source != 0 && bind(fd, (struct sockaddr *)&from, sizeof from) != 0) ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

size_t client_request(char *buffer, size_t size, const char *path, const char *line)
{
    int length = snprintf(buffer, size, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path, line);

    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

/* The size of the whole response, if all of its head is there. */
static size_t whole(const char *head)
{
    const char *end = strstr(head, "\r\n\r\n");
    const char *length = strcasestr(head, "\r\nContent-Length:");

    if (end == NULL || length == NULL || length > end)
        return 0;
    return (size_t)(end + 4 - head) + strtoul(strchr(length, ':') + 1, NULL, 10);
}

enum client_state client_take(struct client_response *response, const char *bytes, size_t size)
{
    static const char ok[] = "HTTP/1.1 200 ";
    size_t room = sizeof response->head - 1;

    if (response->size == 0) {
        size_t part = room - response->received < size ? room - response->received : size;
        memcpy(response->head + response->received, bytes, part);
        response->head[response->received + part] = '\0';
        response->size = whole(response->head);
    }
    response->received += size;
    if (response->size == 0)
        return response->received < room ? CLIENT_WAITS : CLIENT_WRONG;
    if (response->received > response->size || strncmp(response->head, ok, sizeof ok - 1) != 0)
        return CLIENT_WRONG;
    return response->received == response->size ? CLIENT_WHOLE : CLIENT_WAITS;
}
