#include "whole-body_flux.h"

#include "../exclusion.h"

#include <stdio.h>

static struct exclusion place;
static int flows; /* guarded by c */

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == exclusion_flows(1000))
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int Enter(Enter_in *in, Enter_out *out)
{
    exclusion_enter(&place);
    out->n = in->n;
    return 0;
}

int Linger(Linger_in *in, Linger_out *out)
{
    flows++;
    out->n = in->n;
    return 0;
}

int Leave(Leave_in *in)
{
    (void)in;
    exclusion_leave(&place);
    return 0;
}

int Print(void)
{
    printf("all flows: %s, overlaps: %d\n", flows == exclusion_flows(1000) ? "yes" : "no",
           place.overlaps);
    return 0;
}
