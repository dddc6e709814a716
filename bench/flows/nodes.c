/* The nodes of flows.flux: as many flows as were asked for. */
#include "flows_flux.h"

#include "flux.h"

extern uint64_t flows;

int Begin(void)
{
    if (flows == 0)
        return FLUX_STOP;
    flows--;
    return 0;
}

int Nothing(void)
{
    return 0;
}
