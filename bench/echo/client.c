/* client.c PORT REQUESTS - how long an otherwise idle echo server takes to answer on a connection
 * that stays open, with a pause of a millisecond before each request. Prints the median and the
 * 99th percentile, in microseconds. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST                                                                                    \
    "GET /one/hundred/bytes/and/a/line HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static bool exchange(int fd)
{
    char answer[sizeof REQUEST];
    size_t length = sizeof REQUEST - 1;

    return send(fd, REQUEST, length, MSG_NOSIGNAL) == (ssize_t)length &&
           recv(fd, answer, length, MSG_WAITALL) == (ssize_t)length &&
           memcmp(answer, REQUEST, length) == 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    double *took = calloc(count + 1, sizeof *took);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (count == 0 || took == NULL) {
        fputs("usage: client PORT REQUESTS\n", stderr);
        return EXIT_FAILURE;
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("client: connect");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < count; i++) {
        double begun;

        usleep(1000);
        begun = now();
        if (!exchange(fd)) {
            fputs("client: no answer, or another\n", stderr);
            return EXIT_FAILURE;
        }
        took[i] = now() - begun;
    }
    qsort(took, count, sizeof *took, by_size);
    printf("%.1f %.1f\n", took[count / 2], took[count * 99 / 100]);
    close(fd);
    free(took);
    return EXIT_SUCCESS;
}
