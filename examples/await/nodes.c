/* The nodes of await.flux: five alarm clocks, one of which nobody has wound up. */
#include "await_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

int Alarms(Alarms_out *out)
{
    static int number;

    if (number == 5)
        return FLUX_STOP;
    int clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (clock < 0)
        return errno;

    number++;
    struct itimerspec soon = {.it_value.tv_nsec = number * 1000000L};
    if (number != 3)
        timerfd_settime(clock, 0, &soon, NULL);
    *out = (Alarms_out){.number = number, .clock = clock, .limit = number != 3 ? -1 : 20};
    return 0;
}

/* Called when the descriptor is readable, so this read does not wait. */
int Ring(Ring_in *in)
{
    uint64_t times;

    if (read(in->clock, &times, sizeof times) != sizeof times)
        return errno;
    printf("alarm %d rings\n", in->number);
    return 0;
}

int GiveUp(GiveUp_in *in)
{
    printf("alarm %d: %s\n", in->number, flux_strerror(in->error));
    return 0;
}

int Close(Close_in *in)
{
    close(in->clock);
    return 0;
}
