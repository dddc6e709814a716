/* The nodes of every.flux. */
#include "every_flux.h"

#include "flux.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* The flows of a clock follow one another, so a plain variable will do. */
int Tick(Tick_out *out)
{
    static int ticks;

    out->count = ++ticks;
    return 0;
}

int Tock(Tock_in *in)
{
    if (in->count <= 3)
        printf("%d: %s\n", in->count, in->count % 2 != 0 ? "tick" : "tock");
    if (in->count == 3)
        kill(getpid(), SIGTERM); /* what an operator would do */
    return 0;
}
