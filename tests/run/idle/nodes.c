#include "idle_flux.h"

#include "../listening.h"
#include "flux.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener = -1;

int Listen(void)
{
    return listen_anywhere(&listener);
}

int Accept(Accept_out *out)
{
    return accept_from(listener, &out->fd);
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
