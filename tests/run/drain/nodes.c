#include "drain_flux.h"

#include "../listening.h"
#include "flux.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener = -1;

static void say(const char *text)
{
    puts(text);
    fflush(stdout);
}

int Listen(void)
{
    return listen_anywhere(&listener);
}

int Unlisten(void)
{
    close(listener);
    say("final");
    return 0;
}

int Accept(Accept_out *out)
{
    *out = (Accept_out){.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), .open = true};
    return out->fd < 0 ? errno : 0;
}

int Hear(Hear_in *in, Hear_out *out)
{
    char request;
    ssize_t size = recv(in->fd, &request, 1, 0);

    if (size < 0)
        return errno;
    *out = (Hear_out){in->fd, size == 1};
    return 0;
}

/* Takes until the client sends a second byte: blocks in the middle of a node. */
int Work(Work_in *in, Work_out *out)
{
    char go;

    say("working");
    if (recv(in->fd, &go, 1, 0) != 1 || send(in->fd, "done\n", 5, 0) != 5)
        return errno;
    *out = (Work_out){in->fd, true};
    return 0;
}

bool IsOpen(bool open)
{
    return open;
}

int End(End_in *in)
{
    (void)in;
    return 0;
}

int Explain(Explain_in *in)
{
    say(in->error == ECANCELED ? "canceled" : flux_strerror(in->error));
    return 0;
}

int Close(Close_in *in)
{
    close(in->fd);
    return 0;
}
