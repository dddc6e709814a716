#include "parallel-source_flux.h"

#include "../exclusion.h"

#include <stdio.h>

static atomic_int next, sum;
static struct exclusion one;

int Many(Many_out *out)
{
    exclusion_dawdle();
    out->n = atomic_fetch_add(&next, 1);
    return out->n >= 500 ? FLUX_STOP : 0; /* each copy stops on its own */
}

int One(One_out *out)
{
    static int n;

    exclusion_enter(&one);
    exclusion_leave(&one);
    out->n = 1000;
    return n++ == 50 ? FLUX_STOP : 0;
}

int Count(Count_in *in)
{
    sum += in->n;
    return 0;
}

int Print(void)
{
    printf("sum %d, overlaps %d\n", sum, one.overlaps);
    return 0;
}
