/* The node that the flows and the threads of the peer call alike. */
#include "turns_flux.h"

int Add(Add_in *in, Add_out *out)
{
    out->left = in->left;
    out->sum = in->sum * 31 + in->left;
    return 0;
}
