#include "repeat-turns_flux.h"

#include "../exclusion.h"

#include <stdio.h>

static struct exclusion turn;

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 4)
        return FLUX_STOP;
    *out = (Numbers_out){.n = n++, .left = 5};
    return 0;
}

bool IsMore(int left)
{
    return left > 0;
}

/* 1 fails at 3 and is mended, 2 fails at 3 and is not, 3 is mended into the end of the loop. */
int Turn(Turn_in *in, Turn_out *out)
{
    exclusion_enter(&turn);
    exclusion_leave(&turn);
    *out = (Turn_out){in->n, in->left - 1};
    return in->n > 0 && in->n < 100 && in->left == 3 ? in->n : 0;
}

int Mend(Mend_in *in, Mend_out *out)
{
    printf("%d: mends %d\n", in->n, in->left); /* as this turn began, not the first one */
    *out = (Mend_out){in->n + 100, in->n == 3 ? 0 : in->left};
    return in->error == 2 ? 22 : 0;
}

int Print(Print_in *in)
{
    if (in->n < 100 || in->left != 0)
        printf("%d: ends with %d\n", in->n, in->left);
    else
        printf("%d: ends, mended\n", in->n);
    return 0;
}

int Give(Give_in *in)
{
    printf("%d: given up at %d, %d\n", in->n, in->left, in->error);
    return turn.overlaps;
}
