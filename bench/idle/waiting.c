/* The nodes of waiting.flux. Standard input says what to do: "start N" has N more flows wait,
 * "wake" makes all descriptors readable, and the end of it ends the program. The answers are
 * "waiting N" and "gone", once that is so. */
#include "waiting_flux.h"

#include "../kit/command.h"
#include "flux.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define FDS 100

static int fds[FDS];
static unsigned long wanted, started;
static atomic_ulong entered, left;

int Open(void)
{
    for (int i = 0; i < FDS; i++) {
        fds[i] = eventfd(0, EFD_CLOEXEC);
        if (fds[i] < 0)
            return errno;
    }
    return 0;
}

int Shut(void)
{
    for (int i = 0; i < FDS; i++)
        close(fds[i]);
    return 0;
}

static void reached(atomic_ulong *count, unsigned long number)
{
    while (atomic_load(count) < number)
        usleep(1000);
}

static bool obey(const char *command)
{
    if (strncmp(command, "start ", 6) == 0) {
        wanted += strtoul(command + 6, NULL, 10);
        return true;
    }
    if (strcmp(command, "wake") != 0)
        return false;
    for (int i = 0; i < FDS; i++)
        if (write(fds[i], &(uint64_t){1}, sizeof(uint64_t)) < 0)
            return false;
    reached(&left, started);
    puts("gone");
    fflush(stdout);
    return true;
}

int Start(Start_out *out)
{
    char command[32];

    while (started == wanted) {
        if (started > 0 && atomic_load(&left) == 0) {
            reached(&entered, started);
            printf("waiting %lu\n", started);
            fflush(stdout);
        }
        if (!command_read(command, sizeof command) || !obey(command))
            return FLUX_STOP;
    }
    out->fd = fds[started++ % FDS];
    return 0;
}

int Enter(Enter_in *in, Enter_out *out)
{
    out->fd = in->fd;
    atomic_fetch_add(&entered, 1);
    return 0;
}

int Leave(Leave_in *in)
{
    (void)in;
    atomic_fetch_add(&left, 1);
    return 0;
}
