/* The nodes of blocking.flux: how many primes there are in each of ten ranges. */
#include "blocking_flux.h"

#include "flux.h"

#include <stdio.h>

int Ranges(Ranges_out *out)
{
    static int from = 0;

    if (from == 10000)
        return FLUX_STOP;
    out->from = from;
    out->to = from + 1000;
    from = out->to;
    return 0;
}

static bool is_prime(int number)
{
    for (int divisor = 2; divisor * divisor <= number; divisor++)
        if (number % divisor == 0)
            return false;
    return number > 1;
}

int CountPrimes(CountPrimes_in *in, CountPrimes_out *out)
{
    *out = (CountPrimes_out){in->from, in->to, 0};
    for (int number = in->from; number < in->to; number++)
        if (is_prime(number))
            out->primes++;
    return 0;
}

int Print(Print_in *in)
{
    printf("%5d to %5d: %d\n", in->from, in->to, in->primes);
    return 0;
}
