/* scenario.h - a program each of whose flows runs one function, as a node would, and ends. The
 * functions run side by side, and may use each other; a test of what blocks is made of some that
 * block and others that set them free. Outside of flows, thread_run runs a function on a thread of
 * its own, to which the runtime is to be invisible. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

struct scenario_frame {
    struct flux_flow base;
    void (*function)(void);
};

/* What the program does; ends with NULL. */
static void (*const scenarios[])(void);
static _Atomic unsigned scenarios_begun, scenarios_ended;

static enum flux_next run_Scenario(struct flux_flow *base)
{
    struct scenario_frame *frame = (struct scenario_frame *)base;
    if (base->at == 0) {
        frame->function = scenarios[scenarios_begun];
        if (!frame->function)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        scenarios_begun++;
        return flux_source_done(base, 1);
    }
    frame->function();
    scenarios_ended++;
    return FLUX_ENDED;
}

static int scenarios_check(void)
{
    unsigned count = 0;
    while (scenarios[count])
        count++;
    CHECK(scenarios_ended == count);
    return 0;
}

#define SCENARIOS(...)                                                                             \
    static void (*const scenarios[])(void) = {__VA_ARGS__, NULL};                                  \
    static const struct flux_source scenario_sources[] = {{SOURCE(Scenario, scenario_frame)}};     \
    const struct flux_program flux_program = {TEST_PROGRAM(__FILE__), .sources = scenario_sources, \
                                              .source_count = 1, .final = scenarios_check}

/* ---- peers ----------------------------------------------------------------------------------- */

static inline pthread_t thread_run(void *(*function)(void *argument), void *argument)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, function, argument) == 0);
    return thread;
}

/* A listener on loopback, on any port. */
static inline int listener_new(struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof *address;
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *)address, sizeof *address) == 0);
    CHECK(listen(fd, 512) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)address, &length) == 0);
    return fd;
}

static inline int connection_new(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK(connect(fd, (const struct sockaddr *)address, sizeof *address) == 0);
    return fd;
}

static inline void pair_new(int type, int fds[2])
{
    CHECK(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) == 0);
}

/* Kilobytes of memory that this process holds, by the name of the kernel's figure. */
static inline long memory_kib(const char *name)
{
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "re");
    CHECK(file != NULL);
    while (value < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), ": %ld", &value);
    fclose(file);
    CHECK(value >= 0);
    return value;
}

#endif
