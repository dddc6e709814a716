/* blocking.c - the echo server of examples/echo as in any book: a thread for each connection, which
 * blocks in recv. */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char data[4096];
    ssize_t size;

    while ((size = recv(fd, data, sizeof data, 0)) > 0) {
        for (ssize_t sent = 0, count; sent < size; sent += count) {
            count = send(fd, data + sent, (size_t)(size - sent), MSG_NOSIGNAL);
            if (count < 0) {
                close(fd);
                return NULL;
            }
        }
    }
    close(fd);
    return NULL;
}

static void stop(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    pthread_attr_t detached;
    int fd, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("blocking");
        return EXIT_FAILURE;
    }
    signal(SIGTERM, stop);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        pthread_t thread;
        if (pthread_create(&thread, &detached, serve, (void *)(intptr_t)fd) != 0)
            close(fd);
    }
    perror("blocking");
    return EXIT_FAILURE;
}
