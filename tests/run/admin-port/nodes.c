#include "admin-port_flux.h"

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

int Unlisten(void)
{
    close(listener);
    return 0;
}

int Accept(Accept_out *out)
{
    out->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return out->fd < 0 ? errno : 0;
}

/* Waits in the middle of the node for a byte; "!" is an error that nobody handles. */
int Read(Read_in *in, Read_out *out)
{
    char byte = 0;
    if (recv(in->fd, &byte, 1, 0) != 1 || byte == '!')
        return EPROTO;
    *out = (Read_out){in->fd, true};
    return 0;
}

int Answer(Answer_in *in)
{
    return send(in->fd, "done\n", 5, 0) == 5 ? 0 : errno;
}

int Close(Close_in *in)
{
    close(in->fd);
    return 0;
}

int Tick(void)
{
    return 0;
}
