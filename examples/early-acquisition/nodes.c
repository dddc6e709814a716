/* The nodes of early-acquisition.flux. */
#include "early-acquisition_flux.h"

#include "flux.h"

#include <sched.h>
#include <stdio.h>

static long stock = 1000; /* guarded by `stock` */
static long ledger;       /* guarded by `ledger` */

int Events(Events_out *out)
{
    static int count;

    if (count == 1000)
        return FLUX_STOP;
    out->refund = count++ % 4 == 3;
    return 0;
}

bool IsRefund(bool refund)
{
    return refund;
}

int Reserve(Reserve_in *in, Reserve_out *out)
{
    stock--;
    out->refund = in->refund;
    sched_yield(); /* makes the unlucky order likely */
    return 0;
}

int Charge(Charge_in *in)
{
    (void)in;
    ledger += 5;
    return 0;
}

int Repay(Repay_in *in, Repay_out *out)
{
    ledger -= 5;
    out->refund = in->refund;
    sched_yield();
    return 0;
}

int PutBack(PutBack_in *in)
{
    (void)in;
    stock++;
    return 0;
}

int Report(void)
{
    printf("stock %ld, ledger %ld\n", stock, ledger);
    return 0;
}
