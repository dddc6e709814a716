#include "one-arm_flux.h"

#include "flux.h"

#include <stdatomic.h>
#include <stdio.h>

static atomic_int never, first, second, rest, count;

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 100)
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

bool IsNone(int n)
{
    return n < 0;
}

bool IsEven(int n)
{
    return n % 2 == 0;
}

bool IsAny(int n)
{
    return n >= 0;
}

int Never(Never_in *in, Never_out *out)
{
    never++;
    out->n = in->n;
    return 0;
}

int First(First_in *in, First_out *out)
{
    first++;
    out->n = in->n + 1; /* odd: would match no further arm that asks for even */
    return 0;
}

int Second(Second_in *in, Second_out *out)
{
    second++;
    out->n = in->n;
    return 0;
}

int Rest(Rest_in *in, Rest_out *out)
{
    rest++;
    out->n = in->n + 1; /* even: would match the arm above */
    return 0;
}

int Count(Count_in *in)
{
    (void)in;
    count++;
    return 0;
}

int Print(void)
{
    printf("never %d, first %d, second %d, rest %d of %d\n", never, first, second, rest, count);
    return 0;
}
