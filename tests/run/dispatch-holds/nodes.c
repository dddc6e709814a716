#include "dispatch-holds_flux.h"

#include "../exclusion.h"

#include <stdio.h>

static int stock; /* guarded by `stock`; never below zero, refilled only when empty */
static atomic_int wrong;

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == exclusion_flows(1000))
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

bool IsStocked(int n)
{
    (void)n;
    bool stocked = stock > 0;
    exclusion_dawdle();
    return stocked;
}

int Take(Take_in *in)
{
    (void)in;
    if (stock-- <= 0)
        wrong++;
    exclusion_dawdle();
    return 0;
}

int Refill(Refill_in *in)
{
    (void)in;
    if (stock != 0)
        wrong++;
    exclusion_dawdle();
    stock += 3;
    return 0;
}

int Print(void)
{
    printf("wrong %d, stock %s\n", wrong, stock >= 0 && stock <= 3 ? "right" : "wrong");
    return 0;
}
