#include "initial-fails_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdio.h>

int Setup(void)
{
    puts("setup");
    return EACCES;
}

int TearDown(void)
{
    puts("tear down");
    return 0;
}

int Source(Source_out *out)
{
    puts("source");
    out->n = 0;
    return FLUX_STOP;
}

int Print(Print_in *in)
{
    printf("%d\n", in->n);
    return 0;
}
