#include "life-of-a-flow_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

static void say(void *argument)
{
    printf("  deferred %s\n", (const char *)argument);
}

static void clear(void *argument)
{
    *(atomic_bool *)argument = false;
}

/* One flow at a time: the next one when the last action of this one has run. */
int Source(Source_out *out)
{
    static atomic_bool busy;
    static int n;

    if (busy)
        return EAGAIN;
    if (n == 3)
        return FLUX_STOP;
    printf("source %d\n", n);
    char *text = flux_alloc(8);
    if (text == NULL || flux_defer(clear, &busy) != 0 || flux_defer(say, text) != 0)
        return ENOMEM;
    snprintf(text, 8, "%d", n);
    busy = true;
    out->n = n++;
    return n == 2 ? EAGAIN : 0; /* the second run fails: its actions run at once */
}

int Work(Work_in *in, Work_out *out)
{
    static char first[] = "first", second[] = "second";

    printf("  work %d\n", in->n);
    flux_defer(say, first);
    flux_defer(say, second);
    out->n = in->n;
    return in->n == 2 ? EIO : 0;
}

int Last(Last_in *in)
{
    printf("  last %d\n", in->n);
    return 0;
}

int Trouble(Trouble_in *in)
{
    printf("  trouble %d\n", in->n);
    return in->error;
}

int Finally(Finally_in *in)
{
    printf("  finally %d\n", in->n);
    return 0;
}

int Setup(void)
{
    puts("setup");
    return 0;
}

int TearDown(void)
{
    puts("tear down");
    return 0;
}
