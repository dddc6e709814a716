#include "admission_flux.h"

#include "../exclusion.h"

#include <stdio.h>

static int served; /* guarded by conns */
static struct exclusion conns;

int Accept(Accept_out *out)
{
    static int n;

    if (n == 100)
        return FLUX_STOP;
    exclusion_enter(&conns);
    exclusion_leave(&conns);
    out->n = n++;
    return 0;
}

int Serve(Serve_in *in)
{
    (void)in;
    exclusion_enter(&conns);
    served++;
    exclusion_leave(&conns);
    return 0;
}

int Print(void)
{
    printf("served %d, overlaps %d\n", served, conns.overlaps);
    return 0;
}
