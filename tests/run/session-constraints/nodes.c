#include "session-constraints_flux.h"

#include "../exclusion.h"

#include <stdio.h>
#include <sys/resource.h>

enum { SESSIONS = 4 };

static struct exclusion zones[SESSIONS];
static int counts[SESSIONS]; /* each guarded by its zone */
static int total;            /* guarded by log */
static long before, after;   /* KiB, the most memory that the process has had */

static long memory(void)
{
    struct rusage usage;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 0; /* sanitizers have memory of their own */
#endif
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

int First(First_out *out)
{
    static int n;

    if (n == exclusion_flows(400))
        return FLUX_STOP;
    out->id = (uint64_t)(n++ % SESSIONS);
    return 0;
}

int Second(Second_out *out)
{
    static int n;

    if (n == exclusion_flows(400))
        return FLUX_STOP;
    out->id = (uint64_t)(n++ % SESSIONS);
    return 0;
}

uint64_t FirstId(const First_out *out)
{
    return out->id;
}

uint64_t SecondId(const Second_out *out)
{
    return out->id;
}

int Strangers(Strangers_out *out)
{
    static uint64_t n;
    uint64_t many = strcmp(flux_runtime_name(), "trace") == 0 ? 1000 : 100000;

    if (n == many / 10)
        before = memory();
    after = memory();
    if (n == many)
        return FLUX_STOP;
    out->id = 1000 + n++;
    return 0;
}

uint64_t StrangerId(const Strangers_out *out)
{
    return out->id;
}

int Enter(Enter_in *in, Enter_out *out)
{
    exclusion_enter(&zones[in->id]);
    counts[in->id]++;
    out->id = in->id;
    return flux_session_id() == in->id ? 0 : 1;
}

int Leave(Leave_in *in)
{
    exclusion_leave(&zones[in->id]);
    total++;
    return 0;
}

int Pass(Pass_in *in)
{
    return flux_session_id() == in->id ? 0 : 1;
}

int Print(void)
{
    int overlaps = 0, sum = 0;

    for (int i = 0; i < SESSIONS; i++) {
        overlaps += zones[i].overlaps;
        sum += counts[i];
    }
    printf("overlaps %d, lost %d, grown by megabytes: %d\n", overlaps,
           4 * exclusion_flows(400) - sum - total, after - before > 8192);
    return 0;
}
