#include "nested-constraint_flux.h"

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

int First(First_in *in, First_out *out)
{
    exclusion_enter(&place);
    out->n = in->n;
    return 0;
}

int Second(Second_in *in, Second_out *out)
{
    exclusion_dawdle();
    out->n = in->n;
    return 0;
}

int Last(Last_in *in)
{
    (void)in;
    flows++;
    exclusion_leave(&place);
    return 0;
}

int Print(void)
{
    printf("all flows: %s, overlaps: %d\n", flows == exclusion_flows(1000) ? "yes" : "no",
           place.overlaps);
    return 0;
}
