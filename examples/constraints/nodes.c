/* The nodes of constraints.flux: a thousand payments into one account. */
#include "constraints_flux.h"

#include "flux.h"

#include <sched.h>
#include <stdio.h>

static long account; /* guarded by the constraint `account` */

int Open(void)
{
    account = 0;
    return 0;
}

int Payments(Payments_out *out)
{
    static int count;

    if (count == 1000)
        return FLUX_STOP;
    out->amount = ++count;
    return 0;
}

int Read(Read_in *in, Read_out *out)
{
    out->amount = in->amount;
    out->balance = account;
    sched_yield(); /* without the constraint, this is where a payment would be lost */
    return 0;
}

int Add(Add_in *in, Add_out *out)
{
    out->balance = in->balance + in->amount;
    return 0;
}

int Write(Write_in *in)
{
    account = in->balance;
    return 0;
}

int Close(void)
{
    printf("balance: %ld\n", account);
    return 0;
}
