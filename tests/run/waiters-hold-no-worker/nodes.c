#include "waiters-hold-no-worker_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { FLOWS = 6 };

static int ends[FLOWS][2];
static atomic_int started;

int Accept(Accept_out *out)
{
    if (started == FLOWS)
        return FLUX_STOP;
    if (pipe(ends[started]) != 0)
        return errno;
    out->fd = ends[started][0];
    started++;
    return 0;
}

/* Only once all the others are there; until then a source that has nothing this time. */
int Bring(Bring_out *out)
{
    static int brought;

    if (brought == FLOWS)
        return FLUX_STOP;
    if (started < FLOWS || (brought == 0 && flux_load().flows < FLOWS))
        return EAGAIN;
    out->fd = ends[brought++][1];
    return 0;
}

int Send(Send_in *in)
{
    return write(in->fd, "x", 1) == 1 ? 0 : errno;
}

int Read(Read_in *in, Read_out *out)
{
    char byte;

    out->fd = in->fd;
    return read(in->fd, &byte, 1) == 1 ? 0 : errno;
}

int Reply(Reply_in *in)
{
    printf("reply %d\n", in->fd > 0);
    return 0;
}
