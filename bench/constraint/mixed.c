/* The nodes of mixed.flux. */
#include "mixed_flux.h"
#include "waits.h"

#include "flux.h"

extern uint64_t flows; /* how many Begin starts */
extern uint64_t turns;

int Begin(Begin_out *out)
{
    if (flows == 0)
        return FLUX_STOP;
    flows--;
    *out = (Begin_out){.writer = flows % 2, .left = turns, .came = 0};
    return 0;
}

bool IsWriter(bool writer)
{
    return writer;
}

int Come(Come_in *in, Come_out *out)
{
    *out = (Come_out){.writer = in->writer, .left = in->left - 1, .came = waits_now()};
    return 0;
}

int Read(Read_in *in, Read_out *out)
{
    waits_note(false, in->came);
    waits_use();
    *out = (Read_out){.writer = in->writer, .left = in->left, .came = in->came};
    return 0;
}

int Write(Write_in *in, Write_out *out)
{
    waits_note(true, in->came);
    waits_use();
    *out = (Write_out){.writer = in->writer, .left = in->left, .came = in->came};
    return 0;
}

int End(End_in *in)
{
    (void)in;
    return 0;
}

int Report(void)
{
    waits_report();
    return 0;
}
