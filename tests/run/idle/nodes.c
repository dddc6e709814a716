#include "idle_flux.h"

#include "flux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener = -1;

int Listen(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return errno;
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return 0;
}

int Accept(Accept_out *out)
{
    out->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return out->fd < 0 ? errno : 0;
}

int Hear(Hear_in *in, Hear_out *out)
{
    out->fd = in->fd;
    return 0;
}

int Echo(Echo_in *in)
{
    char line[64];
    ssize_t size = recv(in->fd, line, sizeof line, 0);

    return size >= 0 && send(in->fd, line, (size_t)size, 0) == size ? 0 : errno;
}

int Close(Close_in *in)
{
    close(in->fd);
    return 0;
}
