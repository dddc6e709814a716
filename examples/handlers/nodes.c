/* The nodes of handlers.flux: a shop whose orders are "COUNT ITEM". */
#include "handlers_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int Orders(Orders_out *out)
{
    static const char *const lines[] = {"2 tea", "some tea", "3 honey", "1 moon", "0 tea"};
    static size_t next;

    if (next == sizeof lines / sizeof lines[0])
        return FLUX_STOP;
    out->line = lines[next++];
    return 0;
}

int Parse(Parse_in *in, Parse_out *out)
{
    char *item;
    long count = strtol(in->line, &item, 10);

    if (item == in->line || *item != ' ' || count < 0 || count > 1000)
        return EINVAL; /* `out` need not be written when an error is returned */
    out->count = (int)count;
    out->item = item + 1;
    return 0;
}

int Price(Price_in *in, Price_out *out)
{
    if (strcmp(in->item, "tea") != 0)
        return ENOENT;
    out->item = in->item;
    out->total = 4 * in->count;
    return 0;
}

/* Handles what Price cannot, and may fail itself: then Refuse, the handler around, is asked. */
int Estimate(Estimate_in *in, Estimate_out *out)
{
    if (strcmp(in->item, "moon") == 0)
        return ERANGE;
    out->item = in->item;
    out->total = 10 * in->count;
    return 0;
}

int Print(Print_in *in)
{
    if (in->total == 0)
        return EDOM;
    printf("%s: %d\n", in->item, in->total);
    return 0;
}

int Reject(Reject_in *in)
{
    printf("cannot read '%s': %s\n", in->line, flux_strerror(in->error));
    return 0;
}

int Refuse(Refuse_in *in)
{
    printf("cannot sell '%s': %s failed, %s\n", in->line, flux_failed_node(),
           flux_strerror(in->error));
    return 0;
}
