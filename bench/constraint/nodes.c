/* The nodes of turns.flux. */
#include "turns_flux.h"

#include "flux.h"

#include <errno.h>

extern uint64_t flows; /* how many Begin starts */
extern uint64_t turns;

int Begin(Begin_out *out)
{
    if (flows == 0)
        return FLUX_STOP;
    flows--;
    *out = (Begin_out){.left = turns, .sum = 0};
    return 0;
}

int Count(Count_in *in, Count_out *out)
{
    *out = (Count_out){.left = in->left - 1, .sum = in->sum};
    return 0;
}

int End(End_in *in)
{
    uint64_t sum = 0;
    for (uint64_t left = turns; left > 0; left--)
        for (int i = 0; i < 10; i++)
            sum = sum * 31 + left;
    return in->sum == sum ? 0 : EINVAL;
}
