#include "clock_flux.h"

#include "../exclusion.h"

#include <signal.h>
#include <stdio.h>

static struct exclusion flow;
static uint64_t begun;
static int flows; /* they do not overlap */

/* Takes three periods. */
int Enter(void)
{
    if (begun == 0)
        begun = flux_now();
    exclusion_enter(&flow);
    usleep(6000);
    return 0;
}

int Leave(void)
{
    exclusion_leave(&flow);
    if (++flows == 10)
        kill(getpid(), SIGTERM);
    return 0;
}

int Print(void)
{
    uint64_t periods = (flux_now() - begun) / 2000000;

    printf("overlaps %d, flows of their own for merged ticks: %d\n", flow.overlaps,
           (uint64_t)flows > periods / 2);
    return 0;
}
