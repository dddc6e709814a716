/* The nodes of sleepers.flux. Standard input says what to do: "sleep N SECONDS" has N flows sleep,
 * "wait" waits until they have come back, "overflow" has a flow run out of stack, and the end of
 * it ends the program. The answers are "asleep N", which says that so many slept at one moment,
 * and "awake". */
#include "sleepers_flux.h"

#include "../kit/command.h"
#include "flux.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OVERFLOW = -1 };

static unsigned long left;   /* flows to start */
static unsigned long wanted; /* flows that "asleep" waits for */
static int seconds;
static atomic_ulong asleep;

static void report(void)
{
    while (atomic_load(&asleep) < wanted)
        usleep(1000);
    printf("asleep %lu\n", wanted);
    fflush(stdout);
    wanted = 0;
}

static bool obey(const char *command)
{
    if (sscanf(command, "sleep %lu %d", &left, &seconds) == 2) {
        wanted = left;
        return true;
    }
    if (strcmp(command, "overflow") == 0) {
        left = 1;
        seconds = OVERFLOW;
        return true;
    }
    if (strcmp(command, "wait") != 0)
        return false;
    while (atomic_load(&asleep) > 0)
        usleep(1000);
    puts("awake");
    fflush(stdout);
    return true;
}

int Start(Start_out *out)
{
    char command[64];

    while (left == 0) {
        if (wanted > 0)
            report();
        if (!command_read(command, sizeof command) || !obey(command))
            return FLUX_STOP;
    }
    left--;
    out->seconds = seconds;
    return 0;
}

/* Deeper and deeper, a page at a time, without an end that a compiler could find. */
static int sink(volatile char *above)
{
    volatile char page[4096];

    page[0] = above[0];
    return sink(page) + page[0];
}

int Sleep(Sleep_in *in)
{
    if (in->seconds == OVERFLOW)
        return sink(&(volatile char){0});
    atomic_fetch_add(&asleep, 1);
    sleep((unsigned)in->seconds);
    atomic_fetch_sub(&asleep, 1);
    return 0;
}
