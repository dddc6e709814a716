#include "one-helper_flux.h"

#include "../exclusion.h"

#include <stdio.h>

static struct exclusion c;
static int crunched, quit; /* guarded by c */

int S(S_out *out)
{
    static int n;

    if (n == exclusion_flows(400))
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int U(U_out *out)
{
    static int n;

    if (n == exclusion_flows(400))
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int Crunch(Crunch_in *in)
{
    (void)in;
    exclusion_enter(&c);
    crunched++;
    exclusion_leave(&c);
    return 0;
}

int P(P_in *in, P_out *out)
{
    exclusion_dawdle();
    out->n = in->n;
    return 0;
}

int Q(Q_in *in)
{
    (void)in;
    exclusion_enter(&c);
    quit++;
    exclusion_leave(&c);
    return 0;
}

int Print(void)
{
    printf("all crunched: %d, all quit: %d, overlaps: %d\n", crunched == exclusion_flows(400),
           quit == exclusion_flows(400), c.overlaps);
    return 0;
}
