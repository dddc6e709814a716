#include "error-codes_flux.h"

#include "flux.h"

#include <limits.h>
#include <stdio.h>

int Codes(Codes_out *out)
{
    static const int codes[] = {0, 1, -1, 9999, INT_MIN, INT_MAX, FLUX_ENOMATCH, FLUX_STOP};
    static size_t next;

    if (next == sizeof codes / sizeof codes[0])
        return FLUX_STOP;
    out->code = codes[next++];
    return 0;
}

int Fail(Fail_in *in, Fail_out *out)
{
    if (in->code == 0)
        out->code = 0;
    return in->code;
}

int Good(Good_in *in)
{
    printf("%d is none\n", in->code);
    return 0;
}

int Bad(Bad_in *in)
{
    printf("%s\n", in->error == in->code ? "an error" : "another error");
    return 0;
}
