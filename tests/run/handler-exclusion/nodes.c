#include "handler-exclusion_flux.h"

#include "../exclusion.h"

#include <errno.h>
#include <stdio.h>

static struct exclusion ledger;
static atomic_int logs, fixes, ends;

int Src(Src_out *out)
{
    static int n;

    if (n == 100)
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int B(B_in *in, B_out *out)
{
    out->n = in->n;
    return in->n % 2 == 0 ? EIO : 0;
}

int C(C_in *in, C_out *out)
{
    exclusion_enter(&ledger);
    out->n = in->n;
    return 0;
}

int D(D_in *in)
{
    (void)in;
    ends++;
    exclusion_leave(&ledger);
    return 0;
}

int Log(Log_in *in)
{
    logs++;
    return in->error;
}

int Fix(Fix_in *in, Fix_out *out)
{
    fixes++;
    out->n = in->n;
    return 0;
}

int Print(void)
{
    printf("Log %d, Fix %d, D %d, overlaps %d\n", logs, fixes, ends, ledger.overlaps);
    return 0;
}
