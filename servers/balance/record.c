/* record.c - what is recorded is written down, by a flow that may block. */
#include "balance_flux.h"

int Collect(Collect_out *out)
{
    out->batch = ledger != NULL ? ledger_take(ledger) : NULL;
    return 0;
}

int Write(Write_in *in)
{
    ledger_write(ledger, in->batch);
    return 0;
}

int Pause(Pause_in *in)
{
    (void)in;
    return 0;
}

bool IsThere(entries *batch)
{
    return batch != NULL;
}
