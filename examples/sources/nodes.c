/* The nodes of sources.flux. */
#include "sources_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

int Letters(Letters_out *out)
{
    static const char *const letters[] = {"A", "B", "C"};
    static size_t next;

    if (next == sizeof letters / sizeof letters[0])
        return FLUX_STOP;
    out->what = letters[next++];
    return 0;
}

int Digits(Digits_out *out)
{
    static const char *const digits[] = {"1", "2"};
    static size_t next;

    if (next == sizeof digits / sizeof digits[0])
        return FLUX_STOP;
    out->what = digits[next++];
    return 0;
}

/* Of a parallel source: several copies of it draw at once, from one drum. */
int Draw(Draw_out *out)
{
    static atomic_int drum;
    int number = atomic_fetch_add(&drum, 1);

    if (number > 8)
        return FLUX_STOP;
    out->number = number;
    return 0;
}

/* An error starts no flow: this number has not won. A source that failed many times in a row would
 * be made to pause. */
int Choose(Choose_in *in, Choose_out *out)
{
    if (in->number % 2 != 0)
        return EAGAIN;
    out->number = in->number;
    return 0;
}

int Show(Show_in *in)
{
    printf("%s\n", in->what);
    return 0;
}

int ShowNumber(ShowNumber_in *in)
{
    printf("number %d wins\n", in->number);
    return 0;
}
