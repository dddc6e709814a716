#include "abstract-source-session_flux.h"

#include "flux.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int Number(Number_out *out)
{
    static int n;

    out->n = n++;
    return n > 9 ? FLUX_STOP : 0;
}

bool IsSmall(int n)
{
    return n < 3;
}

int Check(Check_in *in, Check_out *out)
{
    if (in->n > 5)
        return ERANGE;
    out->checked = in->n;
    return 0;
}

int Mend(Mend_in *in, Mend_out *out)
{
    out->mended = in->n * 10;
    return 0;
}

uint64_t SessionOf(const Numbers_out *out)
{
    return (uint64_t)out->seat + 100;
}

int Print(Print_in *in)
{
    printf("%d in session %" PRIu64 "\n", in->n, flux_session_id());
    return 0;
}
