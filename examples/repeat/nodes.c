/* The nodes of repeat.flux. Collatz's conjecture: halve an even number, else triple it and add one,
 * and you arrive at 1. */
#include "repeat_flux.h"

#include "flux.h"

#include <stdio.h>

int Starts(Starts_out *out)
{
    static int start = 1;

    if (start == 28)
        return FLUX_STOP;
    start++;
    *out = (Starts_out){.start = start, .steps = 0, .n = start};
    return 0;
}

bool IsEven(long n)
{
    return n % 2 == 0;
}

bool AboveOne(long n)
{
    return n > 1;
}

int Halve(Halve_in *in, Halve_out *out)
{
    *out = (Halve_out){in->start, in->steps + 1, in->n / 2};
    return 0;
}

int Triple(Triple_in *in, Triple_out *out)
{
    *out = (Triple_out){in->start, in->steps + 1, 3 * in->n + 1};
    return 0;
}

int Print(Print_in *in)
{
    printf("from %2d in %3d steps\n", in->start, in->steps);
    return 0;
}
