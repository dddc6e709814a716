#include "hangup.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int signals = -1;

int hangup_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_CLOEXEC);
    return signals >= 0 ? 0 : errno;
}

void hangup_close(void)
{
    if (signals >= 0)
        close(signals);
    signals = -1;
}

int hangup_wait(void)
{
    struct signalfd_siginfo info;
    return read(signals, &info, sizeof info) == (ssize_t)sizeof info ? 0 : errno;
}
