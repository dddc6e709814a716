#include "handler-values_flux.h"

#include "flux.h"

#include <stdio.h>
#include <string.h>

int Next(Next_out *out)
{
    static int n;

    if (n == 6)
        return FLUX_STOP;
    out->n = ++n;
    out->at[0] = n;
    out->at[1] = -n;
    return 0;
}

bool IsSmall(int n)
{
    return n < 5;
}

/* Those that are not small have no arm. */
int Clip(Clip_in *in, Clip_out *out)
{
    out->n = in->error == FLUX_ENOMATCH ? 3 : -1;
    memcpy(out->at, in->at, sizeof out->at);
    return 0;
}

int Odd(Odd_in *in, Odd_out *out)
{
    if (in->n % 2 == 0)
        return 30 + in->n;
    out->n = in->n;
    memcpy(out->at, in->at, sizeof out->at);
    in->n = 99; /* nobody sees it (R7) */
    return 0;
}

int Scale(Scale_in *in, Scale_out *out)
{
    out->n = in->n;
    out->at[0] = 10 * in->at[0];
    out->at[1] = 10 * in->at[1];
    return 0;
}

int Note(Note_in *in, Note_out *out)
{
    out->n = in->n;
    memcpy(out->at, in->at, sizeof out->at);
    out->error = in->error;
    return 0;
}

int Repair(Repair_in *in, Repair_out *out)
{
    out->n = in->n;
    out->at[0] = in->at[0];
    out->at[1] = in->error;
    return 0;
}

int Show(Show_in *in)
{
    printf("%d: %d %d\n", in->n, in->at[0], in->at[1]);
    return 0;
}

/* What the source gave, whatever handlers have put in its place. */
int Close(Close_in *in)
{
    printf("end %d: %d %d\n", in->n, in->at[0], in->at[1]);
    return 0;
}
