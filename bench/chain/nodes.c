/* The nodes of chain.flux: a number goes by and is mixed into a sum. */
#include "chain_flux.h"

#include "flux.h"

#include <errno.h>

extern uint64_t flows; /* how many Count starts */

int Count(Count_out *out)
{
    if (flows == 0)
        return FLUX_STOP;
    out->number = flows--;
    out->sum = 0;
    return 0;
}

#define NODE(name)                                                                                 \
    int name(name##_in *in, name##_out *out)                                                       \
    {                                                                                              \
        out->number = in->number;                                                                  \
        out->sum = in->sum * 31 + in->number;                                                      \
        return 0;                                                                                  \
    }

NODE(One)
NODE(Two)
NODE(Three)
NODE(Four)
NODE(Five)
NODE(Six)
NODE(Seven)
NODE(Eight)
NODE(Nine)

/* 31^8 + 31^7 + ... + 1: what nine nodes make of 1. */
#define NINE_NODES UINT64_C(881320738689)

int Ten(Ten_in *in)
{
    return in->sum == in->number * NINE_NODES ? 0 : EINVAL;
}
