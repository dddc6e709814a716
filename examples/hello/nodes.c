/* The nodes of hello.flux. fluxc writes hello_flux.h: for each node a prototype, and structs
 * NODE_in and NODE_out with the fields that the .flux file declares. */
#include "hello_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdio.h>

int Names(Names_out *out)
{
    static const char *const names[] = {"Ada", "Barbara", "Grace"};
    static size_t next; /* a source runs once at a time: no lock is needed */

    if (next == sizeof names / sizeof names[0])
        return FLUX_STOP; /* the source is finished; the program ends when its flows have */
    out->name = names[next++];
    return 0;
}

int Greet(Greet_in *in, Greet_out *out)
{
    const size_t room = 64;

    out->greeting = flux_alloc(room); /* freed when the flow ends */
    if (out->greeting == NULL)
        return ENOMEM; /* a node that fails returns an errno value */
    snprintf(out->greeting, room, "Hello, %s!", in->name);
    return 0;
}

int Print(Print_in *in)
{
    puts(in->greeting);
    return 0;
}
