#include "no-match_flux.h"

#include "flux.h"

#include <stdio.h>

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 2)
        return FLUX_STOP;
    out->n = 1 + 100 * n++;
    return 0;
}

bool IsSmall(int n)
{
    return n < 10;
}

bool IsLarge(int n)
{
    return n > 1000;
}

int Small(Small_in *in, Small_out *out)
{
    out->n = in->n;
    return 0;
}

int Large(Large_in *in, Large_out *out)
{
    out->n = in->n;
    return 0;
}

int Never(Never_in *in)
{
    printf("went on with %d\n", in->n);
    return 0;
}

int NoArm(NoArm_in *in)
{
    printf("%d: %s\n", in->n, in->error == FLUX_ENOMATCH ? "FLUX_ENOMATCH" : "another error");
    return 0;
}
