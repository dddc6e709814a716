#include "admin-port_flux.h"

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

int Unlisten(void)
{
    close(listener);
    return 0;
}

int Accept(Accept_out *out)
{
    return accept_from(listener, &out->fd);
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
