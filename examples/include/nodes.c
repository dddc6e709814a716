/* The nodes of include.flux. */
#include "include_flux.h"

#include "flux.h"

#include <stdio.h>

int Shapes(Shapes_out *out)
{
    static const struct shape shapes[] = {{CIRCLE, 2}, {SQUARE, 3}};
    static size_t next;

    if (next == sizeof shapes / sizeof shapes[0])
        return FLUX_STOP;
    out->shape = shapes[next++];
    return 0;
}

int Print(Print_in *in)
{
    printf("a %s of %.2f\n", in->name, in->area);
    return 0;
}
