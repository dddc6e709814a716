/* The nodes of echo.flux: sockets as in any book on C, blocking. */
#include "echo_flux.h"

#include "flux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t port = 0; /* any free one */
static int listener = -1;

/* An option of this program, beside those that every Flux program has; see --help. */
static const struct flux_option options[] = {
    {"port", "N", "TCP port on 127.0.0.1; 0: any", FLUX_NUMBER, &port, 0, 65535, NULL},
};
FLUX_OPTIONS(options);

int Listen(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t length = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return errno;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return errno;
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return 0;
}

int Unlisten(void)
{
    close(listener);
    return 0;
}

int Accept(Accept_out *out)
{
    int fd = accept(listener, NULL, NULL);

    if (fd < 0)
        return errno; /* no flow starts; the runtime calls again, unless it is stopping */
    *out = (Accept_out){.fd = fd, .open = true};
    return 0;
}

int Answer(Answer_in *in, Answer_out *out)
{
    char data[4096];
    ssize_t size = recv(in->fd, data, sizeof data, 0);

    if (size < 0)
        return errno;
    for (ssize_t sent = 0, count; sent < size; sent += count) {
        count = send(in->fd, data + sent, (size_t)(size - sent), 0);
        if (count < 0)
            return errno;
    }
    *out = (Answer_out){.fd = in->fd, .open = size > 0};
    return 0;
}

bool IsOpen(bool open)
{
    return open;
}

int Done(Done_in *in)
{
    (void)in;
    return 0;
}

int Close(Close_in *in)
{
    close(in->fd);
    return 0;
}
