/* hold.c PORT COUNT PATH - idle connections: opens COUNT of them, from 200 addresses, has one
 * answer on each and prints 'held N'. Once its standard input ends, prints 'alive N', those that
 * the server has not closed meanwhile. */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESSES 200
#define FIRST     0x7f000101 /* 127.0.1.1 */
#define FAILURES  4          /* that many, and the rest is not tried */

static bool ask(int fd, const char *request, size_t size)
{
    struct client_response response = {0};
    char bytes[16384];
    enum client_state state = CLIENT_WAITS;

    if (send(fd, request, size, MSG_NOSIGNAL) != (ssize_t)size)
        return false;
    while (state == CLIENT_WAITS) {
        ssize_t count = recv(fd, bytes, sizeof bytes, 0);
        if (count <= 0)
            return false;
        state = client_take(&response, bytes, (size_t)count);
    }
    return state == CLIENT_WHOLE;
}

static bool alive(int fd)
{
    char byte;
    ssize_t count = recv(fd, &byte, 1, MSG_DONTWAIT);

    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

int main(int argc, char **argv)
{
    int port = argc > 3 ? atoi(argv[1]) : 0, failures = 0;
    size_t count = argc > 3 ? strtoul(argv[2], NULL, 10) : 0, held = 0, left = 0, size;
    int *fds = calloc(count + 1, sizeof *fds);
    struct rlimit descriptors;
    char request[512], byte;

    if (port == 0 || count == 0 || fds == NULL) {
        fputs("usage: hold PORT COUNT PATH\n", stderr);
        return EXIT_FAILURE;
    }
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    size = client_request(request, sizeof request, argv[3], "");
    for (size_t i = 0; i < count && failures < FAILURES; i++) {
        int fd = client_connect(port, FIRST + (uint32_t)(i % ADDRESSES));
        if (fd >= 0 && ask(fd, request, size)) {
            fds[held++] = fd;
            continue;
        }
        failures++;
        if (fd >= 0)
            close(fd);
    }
    printf("held %zu\n", held);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    for (size_t i = 0; i < held; i++)
        left += alive(fds[i]);
    printf("alive %zu\n", left);
    free(fds);
    return EXIT_SUCCESS;
}
