#include "max-flows_flux.h"

#include "../exclusion.h"

#include <signal.h>
#include <stdio.h>

enum { LIMIT = 3 };

static atomic_int inside, most, done, ticks;

int Numbers(Numbers_out *out)
{
    static int n;

    if (n == 200)
        return FLUX_STOP;
    out->n = n++;
    return 0;
}

int Enter(Enter_in *in, Enter_out *out)
{
    int now = atomic_fetch_add(&inside, 1) + 1, seen = most;

    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
        continue;
    exclusion_dawdle();
    out->n = in->n;
    return 0;
}

int Leave(Leave_in *in)
{
    (void)in;
    exclusion_dawdle();
    inside--;
    done++;
    return 0;
}

/* A clock does not end, so this one ends the program, when all others have. */
int Tick(void)
{
    static bool over;

    ticks++;
    if (done == 200 && !over)
        kill(getpid(), SIGTERM);
    over = done == 200;
    return 0;
}

int Print(void)
{
    printf("%d flows, too many at once: %d, ticks: %d\n", done, most > LIMIT, ticks > 0);
    return 0;
}
