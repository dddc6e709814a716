#include "source-errors_flux.h"

#include "flux.h"

#include <stdio.h>

int Draw(Draw_out *out)
{
    static int n;

    out->n = n++;
    return out->n == 3 ? 77 : 0; /* nothing this time */
}

int Check(Check_in *in, Check_out *out)
{
    out->n = in->n;
    return in->n == 1 ? 11 : 0;
}

int Mend(Mend_in *in, Mend_out *out)
{
    if (in->error == FLUX_STOP)
        puts("a handler saw FLUX_STOP");
    out->n = 100 * in->n;
    return 0;
}

int Last(Last_in *in, Last_out *out)
{
    out->n = in->n;
    return in->n == 2 ? 22 : in->n == 5 ? FLUX_STOP : 0;
}

int Drop(Drop_in *in)
{
    printf("dropped %d: %d\n", in->n, in->error);
    return 0;
}

int Never(Never_in *in)
{
    printf("the default handler saw %d\n", in->error);
    return 0;
}

int Print(Print_in *in)
{
    printf("%d\n", in->n);
    return 0;
}
