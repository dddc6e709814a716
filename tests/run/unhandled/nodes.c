#include "unhandled_flux.h"

#include "flux.h"

#include <stdio.h>

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 3)
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int Deep(Deep_in *in, Deep_out *out)
{
    out->n = in->n;
    return in->n == 1 ? 4711 : 0;
}

int Print(Print_in *in)
{
    printf("%d\n", in->n);
    return 0;
}
