#include "ending-releases_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_bool failing, visited, buried;

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 2)
        return FLUX_STOP;
    if (n == 1 && !failing)
        return EAGAIN;
    out->n = n++;
    return 0;
}

bool IsFirst(int n)
{
    return n == 0;
}

int Fail(Fail_in *in)
{
    (void)in;
    failing = true;
    return EIO;
}

int Visit(Visit_in *in)
{
    (void)in;
    visited = true;
    return 0;
}

int Bury(Bury_in *in)
{
    (void)in;
    while (!visited)
        usleep(1000);
    buried = true;
    return 0;
}

int Print(void)
{
    printf("visited %d, buried %d\n", visited, buried);
    return 0;
}
