/* A number says which nodes fail: digit by digit, 1 for One and so on; 5 and 6 for the handlers
 * MendInner and MendOuter. What a node adds tells that it has run. */
#include "handler-lookup_flux.h"

#include "flux.h"

#include <stdio.h>

int Numbers(Numbers_out *out)
{
    static const int fails[] = {0, 1, 2, 3, 4, 25, 256, 14, 123};
    static size_t next;

    if (next == sizeof fails / sizeof fails[0])
        return FLUX_STOP;
    out->n = fails[next++] * 100000;
    return 0;
}

static bool fails(int n, int digit)
{
    for (n /= 100000; n > 0; n /= 10)
        if (n % 10 == digit)
            return true;
    return false;
}

int One(One_in *in, One_out *out)
{
    out->n = in->n + 1;
    return fails(in->n, 1) ? 11 : 0;
}

int Two(Two_in *in, Two_out *out)
{
    out->n = in->n + 10;
    return fails(in->n, 2) ? 12 : 0;
}

int Three(Three_in *in, Three_out *out)
{
    out->n = in->n + 100;
    return fails(in->n, 3) ? 13 : 0;
}

int Four(Four_in *in, Four_out *out)
{
    out->n = in->n + 1000;
    return fails(in->n, 4) ? 14 : 0;
}

int MendOne(MendOne_in *in, MendOne_out *out)
{
    out->n = in->n + 2;
    return in->error == 11 && flux_failed_code() == 11 ? 0 : 1;
}

int MendInner(MendInner_in *in, MendInner_out *out)
{
    out->n = in->n + 50; /* what Inner got: neither Two nor Three has added anything */
    return fails(in->n, 5) ? 15 : 0;
}

int MendOuter(MendOuter_in *in, MendOuter_out *out)
{
    out->n = in->n + 500; /* what Outer got */
    return fails(in->n, 6) ? 16 : in->error == 15 ? 0 : 1;
}

int Default(Default_in *in)
{
    printf("default: %d of %s\n", in->error, flux_failed_node());
    return 0;
}

int End(End_in *in)
{
    printf("%d: %04d, %s\n", in->n / 100000, in->n % 100000,
           flux_failed_node() == NULL ? "well" : flux_failed_node());
    return 0;
}
