/* 100,000 flows blocked in the middle of a node are alive at once, each in little memory, and the
 * memory goes back when they have ended. */
// runtimes: event
// args: --loops 1
#include "peers.h"

#define FLOWS     100000u
#define BYTES_MAX (6u << 10) /* a flow */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static unsigned wanted = FLOWS;
static _Atomic unsigned begun, asleep;
static _Atomic bool released;
static long before;

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Sleeper(struct flux_flow *base)
{
    if (base->at == 0) {
        if (begun == wanted)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        begun++;
        return flux_source_done(base, 1);
    }
    asleep++;
    while (!released)
        sleep(1);
    return FLUX_ENDED;
}

/* The memory of the process and its page tables. */
static long memory(void)
{
    return memory_kib("VmRSS") + memory_kib("VmPTE");
}

static enum flux_next run_Watcher(struct flux_flow *base)
{
    if (base->at == 0) {
        static bool started;
        if (started)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        started = true;
        return flux_source_done(base, 1);
    }
    while (asleep < wanted)
        usleep(1000);
    CHECK(flux_load().flows >= wanted);
    long most = memory();
    fprintf(stderr, "%u blocked flows: %.2f KiB each\n", wanted, (double)(most - before) / wanted);
#ifndef SANITIZED
    CHECK((most - before) * 1024 < (long)BYTES_MAX * wanted);
#endif
    released = true;
    while (flux_load().flows > 1)
        usleep(10000);
#ifndef SANITIZED
    /* Page tables stay, and a few stacks. */
    while (memory_kib("VmRSS") - before > (most - before) / 10)
        usleep(10000);
#endif
    fprintf(stderr, "afterwards %ld KiB more than before\n", memory_kib("VmRSS") - before);
    return FLUX_ENDED;
}

static int set_up(void)
{
#ifdef SANITIZED
    wanted = 1000; /* a fiber costs ThreadSanitizer a megabyte */
#endif
    before = memory();
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Sleeper, frame)}, {SOURCE(Watcher, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("sleepers"), .sources = sources,
                                          .source_count = 2, .initial = set_up};
