/* The nodes of readers-writers.flux. The two halves of the table are equal, except while Change is
 * at work: a reader must never see them differ. */
#include "readers-writers_flux.h"

#include "flux.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

static int table[2];              /* guarded by `table` */
static atomic_int looks, crooked; /* readers run side by side: what they change must be atomic */

int Requests(Requests_out *out)
{
    static int count;

    if (count == 1000)
        return FLUX_STOP;
    out->update = count++ % 10 == 0;
    return 0;
}

bool IsUpdate(bool update)
{
    return update;
}

int Look(Look_in *in)
{
    (void)in;
    int first = table[0];
    sched_yield();
    if (first != table[1])
        crooked++;
    looks++;
    return 0;
}

int Change(Change_in *in)
{
    (void)in;
    table[0]++;
    sched_yield();
    table[1]++;
    return 0;
}

int Report(void)
{
    printf("%d looks, %d of them crooked; %d changes\n", looks, crooked, table[1]);
    return 0;
}
