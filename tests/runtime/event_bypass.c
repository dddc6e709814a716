/* A descriptor that is closed past the runtime, while a copy keeps what it meant open, has news for
 * ever. The loop does not spin over them, and the number serves again. */
// runtimes: event trace
#include "scenario.h"

#include <sys/resource.h>
#include <sys/syscall.h>

static double cpu_seconds(void)
{
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void close_past(void)
{
    int fds[2], again[2];
    char byte;
    pair_new(SOCK_STREAM, fds);
    CHECK(poll(&(struct pollfd){.fd = fds[0], .events = POLLIN}, 1, 1) == 0);
    int copy = dup(fds[0]);
    CHECK(syscall(SYS_close, fds[0]) == 0);
    CHECK(write(fds[1], "x", 1) == 1);
    double before = cpu_seconds();
    CHECK(usleep(200000) == 0);
    CHECK(cpu_seconds() - before < 0.1);

    pair_new(SOCK_STREAM, again);
    CHECK(again[0] == fds[0]);
    CHECK(poll(&(struct pollfd){.fd = again[0], .events = POLLIN}, 1, 1) == 0);
    CHECK(write(again[1], "y", 1) == 1);
    CHECK(poll(&(struct pollfd){.fd = again[0], .events = POLLIN}, 1, -1) == 1);
    CHECK(read(again[0], &byte, 1) == 1 && byte == 'y');
    CHECK(read(copy, &byte, 1) == 1 && byte == 'x');
    close(again[0]);
    close(again[1]);
    close(fds[1]);
    close(copy);
}

SCENARIOS(close_past);
