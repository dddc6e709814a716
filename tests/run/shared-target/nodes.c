#include "shared-target_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

int Odd(Odd_out *out)
{
    static int n = 1;

    if (n > 9)
        return FLUX_STOP;
    out->n = n;
    n += 2;
    return 0;
}

/* Two sources begin with this one. */
int Even(Even_out *out)
{
    static atomic_int calls;

    out->n = 2 * atomic_fetch_add(&calls, 1);
    return out->n > 40 ? FLUX_STOP : 0;
}

int Sieve(Sieve_in *in, Sieve_out *out)
{
    if (in->n % 3 != 0)
        return EAGAIN;
    out->n = in->n % 2 == 0 ? 0 : in->n; /* which source got which even number is open */
    return 0;
}

int Mark(Mark_in *in, Mark_out *out)
{
    out->n = in->n;
    return 0;
}

int Print(Print_in *in)
{
    printf("%d\n", in->n);
    return 0;
}
