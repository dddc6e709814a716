/* Without memory for more stacks the program goes on: flows that would block do so one after
 * another, sources wait, and all end. */
// runtimes: event
// args: --stack-size 256M --loops 1
#include "peers.h"

#include <sys/resource.h>

#define FLOWS 60

static int begun;
static _Atomic int ended;

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Flow(struct flux_flow *base)
{
    if (base->at == 0) {
        if (begun == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        begun++;
        return flux_source_done(base, 1);
    }
    int fds[2];
    char byte;
    pair_new(SOCK_STREAM, fds);
    uint64_t before = flux_now();
    CHECK(usleep(5000) == 0);
    CHECK(flux_now() - before >= 5000000);
    CHECK(poll(&(struct pollfd){.fd = fds[0], .events = POLLIN}, 1, 5) == 0);
    CHECK(write(fds[1], "x", 1) == 1 && read(fds[0], &byte, 1) == 1);
    close(fds[0]);
    close(fds[1]);
    ended++;
    return FLUX_ENDED;
}

/* A source that blocks. Where there is no stack for that, its call fails. */
static enum flux_next run_Sleeper(struct flux_flow *base)
{
    static int quiet[2];
    if (ended == FLOWS)
        return flux_source_fail(base, NULL, FLUX_STOP, false);
    if (quiet[0] == 0)
        pair_new(SOCK_STREAM, quiet);
    struct pollfd poll_one = {.fd = quiet[0], .events = POLLIN};
    int found = poll(&poll_one, 1, 20);
    CHECK(found == 0 || (found == -1 && errno == ENOMEM));
    return flux_source_fail(base, NULL, EAGAIN, true);
}

/* Room for three stacks or so. */
static int initial(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    puts("SKIP: sanitizers need all of the address space");
    exit(77);
#endif
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = 1ul << 30;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    return 0;
}

static int final(void)
{
    CHECK(ended == FLOWS);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Flow, frame)}, {SOURCE(Sleeper, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("no_stack"), .sources = sources,
                                          .source_count = 2, .initial = initial, .final = final};
