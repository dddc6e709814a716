#include "suspended-holder_flux.h"

#include "flux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FLOWS = 200, BLOCK = 4096 };

static int hits; /* guarded by `hits` */
static int ends[2];

int Open(void)
{
    if (pipe(ends) != 0)
        return errno;
    return fcntl(ends[1], F_SETPIPE_SZ, BLOCK) < 0 ? errno : 0; /* room for one block */
}

int Listen(Listen_out *out)
{
    static int n;

    if (n == FLOWS)
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int Count(Count_in *in)
{
    static const char block[BLOCK];
    int before = hits;

    (void)in;
    for (size_t sent = 0; sent < BLOCK;) {
        ssize_t size = write(ends[1], block + sent, BLOCK - sent);
        if (size < 0)
            return errno;
        sent += (size_t)size;
    }
    hits = before + 1;
    return 0;
}

int Drain(Drain_out *out)
{
    static size_t left = (size_t)FLOWS * BLOCK;
    char block[BLOCK];

    if (left == 0)
        return FLUX_STOP;
    ssize_t size = read(ends[0], block, BLOCK);
    if (size <= 0)
        return errno;
    left -= (size_t)size;
    out->size = (int)size;
    return 0;
}

int Ignore(Ignore_in *in)
{
    (void)in;
    return 0;
}

int Print(void)
{
    printf("%d hits\n", hits);
    return 0;
}
