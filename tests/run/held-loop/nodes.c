#include "held-loop_flux.h"

#include "../listening.h"
#include "flux.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
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

int Read(Read_in *in, Read_out *out)
{
    *out = (Read_out){.fd = in->fd};
    return recv(in->fd, &out->what, 1, 0) == 1 ? 0 : EPROTO;
}

bool Spins(char what)
{
    return what == 's';
}

bool Fetches(char what)
{
    return what == 'f';
}

bool Naps(char what)
{
    return what == 'n';
}

/* Until its client says otherwise, so that the test depends on no time. */
static bool told_to_go_on(int fd)
{
    char byte;
    return syscall(SYS_recvfrom, fd, &byte, 1, MSG_DONTWAIT, NULL, NULL) == 1;
}

int Spin(Spin_in *in, Spin_out *out)
{
    while (!told_to_go_on(in->fd))
        continue;
    out->fd = in->fd;
    return 0;
}

/* The loop cannot see that this waits. */
int Fetch(Fetch_in *in, Fetch_out *out)
{
    char byte;
    if (syscall(SYS_read, in->fd, &byte, 1) != 1)
        return EPROTO;
    out->fd = in->fd;
    return 0;
}

/* Here it can. */
int Nap(Nap_in *in, Nap_out *out)
{
    char byte;
    if (recv(in->fd, &byte, 1, 0) != 1)
        return EPROTO;
    out->fd = in->fd;
    return 0;
}

int Nothing(Nothing_in *in, Nothing_out *out)
{
    out->fd = in->fd;
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
