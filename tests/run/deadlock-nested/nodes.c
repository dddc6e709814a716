#include "deadlock-nested_flux.h"

#include "../soak.h"

#include <stdio.h>

static struct exclusion x, z;

int Left(Left_out *out)
{
    static int n;

    out->n = n;
    return soak_next(&n, 4000);
}

int Right(Right_out *out)
{
    static int n;

    out->n = n;
    return soak_next(&n, 4000);
}

int P(P_in *in, P_out *out)
{
    exclusion_enter(&x);
    out->n = in->n;
    return 0;
}

int E(E_in *in)
{
    (void)in;
    exclusion_enter(&z);
    exclusion_leave(&z);
    exclusion_leave(&x);
    return 0;
}

int F(F_in *in)
{
    (void)in;
    exclusion_enter(&x);
    exclusion_enter(&z);
    exclusion_leave(&z);
    exclusion_leave(&x);
    return 0;
}

int Print(void)
{
    printf("done, overlaps: %d\n", x.overlaps + z.overlaps);
    return 0;
}
