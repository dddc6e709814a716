#include "node-twice_flux.h"

#include "flux.h"

#include <stdio.h>

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 5)
        return FLUX_STOP;
    *out = (Numbers_out){.n = ++n, .sum = 0};
    return 0;
}

int Add(Add_in *in, Add_out *out)
{
    *out = (Add_out){in->n, in->sum + in->n};
    in->n = -1; /* nobody sees what a node does to its input (R7) */
    return 0;
}

int Double(Double_in *in, Double_out *out)
{
    *out = (Double_out){in->n, 2 * in->sum};
    return 0;
}

int Print(Print_in *in)
{
    printf("%d: %d\n", in->n, in->sum);
    return 0;
}
