#include "hoisted-reader_flux.h"

#include "../exclusion.h"

#include <stdio.h>

static int value, copy; /* guarded by a, and equal but while Q is at work */
static atomic_int torn;

int S(S_out *out)
{
    static int n;

    if (n == exclusion_flows(1000))
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int P(P_in *in, P_out *out)
{
    (void)in;
    out->seen = value;
    exclusion_dawdle();
    return 0;
}

int Q(Q_in *in)
{
    value = in->seen + 1;
    exclusion_dawdle();
    copy = value;
    return 0;
}

int T(T_out *out)
{
    static int n;

    if (n == exclusion_flows(1000))
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int Peek(Peek_in *in)
{
    (void)in;
    if (value != copy)
        torn++;
    exclusion_dawdle();
    return 0;
}

int Print(void)
{
    printf("lost: %d, torn: %d\n", exclusion_flows(1000) - value, torn);
    return 0;
}
