/* The nodes of default-handler.flux. */
#include "default-handler_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdio.h>

int Requests(Requests_out *out)
{
    static int code;

    if (code == 4)
        return FLUX_STOP;
    out->code = ++code;
    return 0;
}

int Check(Check_in *in, Check_out *out)
{
    if (in->code == 4)
        return EPERM;
    out->code = in->code;
    return 0;
}

bool IsRed(int code)
{
    return code == 1;
}

bool IsGreen(int code)
{
    return code == 2;
}

int Red(Red_in *in)
{
    printf("%d is red\n", in->code);
    return 0;
}

int Green(Green_in *in)
{
    printf("%d is green\n", in->code);
    return 0;
}

int Report(Report_in *in)
{
    const char *why = in->error == FLUX_ENOMATCH ? "no arm matches" : flux_strerror(in->error);

    printf("%s failed: %s\n", flux_failed_node(), why);
    return 0;
}
