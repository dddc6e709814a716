#include "deadlock-paper_flux.h"

#include "../soak.h"

#include <stdio.h>

static struct exclusion both;

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

int B(B_in *in)
{
    (void)in;
    exclusion_enter(&both);
    exclusion_leave(&both);
    return 0;
}

int D(D_in *in)
{
    (void)in;
    exclusion_enter(&both);
    exclusion_leave(&both);
    return 0;
}

int Print(void)
{
    printf("done, overlaps: %d\n", both.overlaps);
    return 0;
}
