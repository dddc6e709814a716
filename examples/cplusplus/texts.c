/* The source of cplusplus.flux, in C. */
#include "cplusplus_flux.h"

#include "flux.h"

int Texts(Texts_out *out)
{
    static const char *const texts[] = {"the quick brown fox", "jumps over the lazy dog"};
    static size_t next;

    if (next == sizeof texts / sizeof texts[0])
        return FLUX_STOP;
    out->text = texts[next++];
    return 0;
}
