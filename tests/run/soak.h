/* soak.h - sources of programs that must not get stuck: so many flows, or, for a test that goes on
 * for longer, flows for FLUX_SOAK_SECONDS.
 */
#ifndef SOAK_H
#define SOAK_H

#include "exclusion.h"

#include <stdlib.h>

/* What a source returns that has been called *calls times. */
static inline int soak_next(int *calls, int flows)
{
    const char *seconds = getenv("FLUX_SOAK_SECONDS");
    static atomic_ullong begun;
    unsigned long long never = 0, now = flux_now();

    ++*calls;
    if (seconds == NULL)
        return *calls > exclusion_flows(flows) ? FLUX_STOP : 0;
    atomic_compare_exchange_strong(&begun, &never, now);
    return now - begun > strtoull(seconds, NULL, 10) * 1000000000 ? FLUX_STOP : 0;
}

#endif
