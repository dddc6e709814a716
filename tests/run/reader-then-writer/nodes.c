#include "reader-then-writer_flux.h"

#include "../exclusion.h"

#include <stdio.h>

static int value; /* guarded by c */
static atomic_int torn;

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == exclusion_flows(1000))
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

bool IsOdd(int n)
{
    return n % 2 != 0;
}

int Look(Look_in *in, Look_out *out)
{
    (void)in;
    out->seen = value;
    exclusion_dawdle();
    return 0;
}

int Change(Change_in *in)
{
    value = in->seen + 1;
    return 0;
}

int Peek(Peek_in *in)
{
    (void)in;
    int seen = value;
    exclusion_dawdle();
    if (seen != value)
        torn++;
    return 0;
}

int Print(void)
{
    printf("lost: %d, torn: %d\n", exclusion_flows(1000) / 2 - value, torn);
    return 0;
}
