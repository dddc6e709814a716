#include "recovery-releases_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_bool begun, other_was_in, mended, finished, too_early;

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 3)
        return FLUX_STOP;
    if (n > 0 && !begun)
        return EAGAIN; /* the first flow has to be inside first */
    out->n = n++;
    return 0;
}

bool IsFirst(int n)
{
    return n == 0;
}

bool IsSecond(int n)
{
    return n == 1;
}

int Begin(Begin_in *in, Begin_out *out)
{
    begun = true;
    out->n = in->n;
    return 0;
}

int Inside(Inside_in *in, Inside_out *out)
{
    out->n = in->n;
    return EIO;
}

int Mend(Mend_in *in, Mend_out *out)
{
    while (!other_was_in)
        usleep(1000);
    mended = true;
    out->n = in->n;
    return 0;
}

int Finish(Finish_in *in)
{
    (void)in;
    finished = true;
    return 0;
}

int Other(Other_in *in)
{
    (void)in;
    other_was_in = true;
    return 0;
}

int Outsider(Outsider_in *in)
{
    (void)in;
    too_early = !finished;
    return 0;
}

int Print(void)
{
    printf("mended %d, finished %d, outsider too early %d\n", mended, finished, too_early);
    return 0;
}
