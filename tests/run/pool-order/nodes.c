#include "pool-order_flux.h"

#include "flux.h"

#include <stdio.h>

static int next, disorder; /* one worker: no two flows at a time */

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 10000)
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int Check(Check_in *in)
{
    if (in->n != next)
        disorder++;
    next = in->n + 1;
    return 0;
}

int Print(void)
{
    printf("%d flows, %d out of order\n", next, disorder);
    return 0;
}
