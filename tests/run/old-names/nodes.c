#include "old-names_flux.h"

#include "flux.h"

#include <stdio.h>

int session(session_out *out)
{
    static int n;

    if (n == 3)
        return FLUX_STOP;
    out->every = n++;
    return 0;
}

int every(every_in *in, every_out *out)
{
    out->within = in->every * 10;
    return 0;
}

int repeat(repeat_in *in, repeat_out *out)
{
    out->finally = in->within;
    return 0;
}

int await(await_in *in, await_out *out)
{
    out->readable = in->finally;
    return 0;
}

bool atomically(int value)
{
    return value > 0;
}

int blocking(blocking_in *in, blocking_out *out)
{
    out->error = in->readable + 1;
    return 0;
}

int initial(initial_in *in, initial_out *out)
{
    out->parallel = in->error;
    return 0;
}

int writable(writable_in *in, writable_out *out)
{
    out->program = in->parallel + 1;
    return 0;
}

int finally(finally_in *in, finally_out *out)
{
    out->source = in->program;
    return 0;
}

int final(final_in *in)
{
    printf("%d\n", in->source);
    return 0;
}
