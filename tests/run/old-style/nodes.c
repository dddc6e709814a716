#include "old-style_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int Pick(Pick_out *out)
{
    static char fruits[][8] = {"plum", "melon", "", "pear"};
    static size_t next;

    if (next == sizeof fruits / sizeof fruits[0])
        return FLUX_STOP;
    out->fruit = fruits[next++];
    return 0;
}

int Weigh(Weigh_in *in, Weigh_out *out)
{
    if (in->fruit[0] == '\0')
        return EINVAL;
    *out = (Weigh_out){in->fruit, (int)strlen(in->fruit)};
    return 0;
}

bool IsHeavy(int weight)
{
    return weight > 4;
}

int Sort(Sort_in *in, Sort_out *out)
{
    *out = (Sort_out){in->fruit, in->weight};
    return 0;
}

int Box(Box_in *in, Box_out *out)
{
    *out = (Box_out){in->fruit, 10 * in->weight};
    return 0;
}

int Bag(Bag_in *in, Bag_out *out)
{
    *out = (Bag_out){in->fruit, in->weight + 1};
    return 0;
}

int Store(Store_in *in, Store_out *out)
{
    *out = (Store_out){in->fruit, in->weight};
    return 0;
}

int Send(Send_in *in)
{
    printf("%s: %d\n", in->fruit, in->weight);
    return 0;
}

int Spill(Spill_in *in)
{
    printf("spilt '%s' (%s)\n", in->fruit, in->error == EINVAL ? "EINVAL" : "?");
    return 0;
}
