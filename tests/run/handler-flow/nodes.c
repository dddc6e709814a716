#include "handler-flow_flux.h"

#include "flux.h"

#include <stdio.h>

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 4)
        return FLUX_STOP;
    *out = (Numbers_out){.n = n++, .step = 0};
    return 0;
}

/* Fails on 3, but only in the handler. */
int Work(Work_in *in, Work_out *out)
{
    *out = (Work_out){in->n, in->step + 1};
    return in->n == 3 && in->step >= 10 ? 33 : 0;
}

int Check(Check_in *in, Check_out *out)
{
    *out = (Check_out){in->n, in->step};
    return in->n > 0 ? 22 : 0;
}

int Mend(Mend_in *in, Mend_out *out)
{
    *out = (Mend_out){in->n, in->step + 10};
    return flux_failed_code() == 22 ? 0 : 1;
}

bool IsSmall(int n)
{
    return n == 1;
}

int Small(Small_in *in, Small_out *out)
{
    *out = (Small_out){in->n, in->step + 100};
    return 0;
}

int Print(Print_in *in)
{
    printf("%d: %d\n", in->n, in->step);
    return 0;
}

int Report(Report_in *in)
{
    printf("%d: %d, error %d\n", in->n, in->step, in->error);
    return 0;
}
