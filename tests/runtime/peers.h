/* peers.h - descriptors to block on, and threads of a test's own to which the runtime is to be
 * invisible. */
#ifndef PEERS_H
#define PEERS_H

#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

static inline pthread_t thread_run(void *(*function)(void *argument), void *argument)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, function, argument) == 0);
    return thread;
}

/* A listener on loopback, on any port. */
static inline int listener_new(struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof *address;
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *)address, sizeof *address) == 0);
    CHECK(listen(fd, 512) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)address, &length) == 0);
    return fd;
}

static inline int connection_new(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK(connect(fd, (const struct sockaddr *)address, sizeof *address) == 0);
    return fd;
}

static inline void pair_new(int type, int fds[2])
{
    CHECK(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) == 0);
}

/* Kilobytes of memory that this process holds, by the name of the kernel's figure. */
static inline long memory_kib(const char *name)
{
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "re");
    CHECK(file != NULL);
    while (value < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), ": %ld", &value);
    fclose(file);
    CHECK(value >= 0);
    return value;
}

#endif
