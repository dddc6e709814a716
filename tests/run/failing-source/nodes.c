#include "failing-source_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdio.h>

int Fail(Fail_out *out)
{
    static uint64_t begun;
    static int runs;

    if (begun == 0)
        begun = flux_now();
    runs++;
    if (flux_now() - begun < 400000000)
        return ECONNABORTED;
    /* 9 at once, then after 1, 2, 4 .. 64, 100, 100 ms. */
    printf("%s\n", runs < 30 ? "few runs" : "many runs");
    out->n = 0;
    return FLUX_STOP;
}

int Print(Print_in *in)
{
    printf("%d\n", in->n);
    return 0;
}
