/* R36: a flow in an await is its frame. Ten thousand of them on connections of their own, and a
 * hundred thousand on descriptors that they share, are counted in bytes of user memory each; then
 * all are woken, and each only once. */
// runtimes: event
// args: --loops 1
#include "peers.h"

#include <malloc.h>
#include <sys/resource.h>

#define SHARED_FLOWS 100000u
#define SHARED       100u
#define BYTES_MAX    400

static unsigned connections = 10000;
static int (*own)[2], shared[SHARED][2];
static _Atomic unsigned begun, waiting, woken;
static _Atomic bool second_part;

struct frame {
    struct flux_flow base;
    int fd;
    char more[32]; /* what a connection may keep */
};

static unsigned wanted(void)
{
    return second_part ? SHARED_FLOWS : connections;
}

static enum flux_next run_Idle(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    if (base->at == 0) {
        if (begun == connections + SHARED_FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        if (begun >= connections && !second_part)
            return flux_source_fail(base, NULL, EAGAIN, true);
        frame->fd = begun < connections ? own[begun][0] : shared[begun % SHARED][0];
        begun++;
        return flux_source_done(base, 1);
    }
    if (base->at == 1) {
        waiting++;
        if (!flux_await(base, frame->fd, FLUX_READABLE, 3600000, false, 2))
            return FLUX_PARKED;
    }
    CHECK(base->at == 2 && base->error == 0);
    woken++;
    return FLUX_ENDED;
}

static size_t memory(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Waits until all are parked: then the watcher is the only one that runs. */
static void measure(const char *what, size_t before)
{
    while (waiting < wanted())
        usleep(1000);
    double bytes = (double)(memory() - before) / wanted();
    fprintf(stderr, "%u flows in await on %s: %.0f bytes each\n", wanted(), what, bytes);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(bytes < BYTES_MAX);
#endif
}

static void wait_woken(void)
{
    while (woken < wanted() || flux_load().flows > 1)
        usleep(1000);
    CHECK(woken == wanted());
    waiting = woken = 0;
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
    size_t before = memory();
    measure("descriptors of their own", before);
    for (unsigned i = 0; i < connections; i++)
        CHECK(write(own[i][1], "x", 1) == 1);
    wait_woken();

    before = memory();
    second_part = true;
    measure("shared descriptors", before);
    for (unsigned i = 0; i < SHARED; i++)
        CHECK(write(shared[i][1], "x", 1) == 1);
    wait_woken();
    return FLUX_ENDED;
}

static int set_up(void)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 2 * connections + 2 * SHARED + 50)
        connections = (unsigned)(limit.rlim_max - 2 * SHARED - 50) / 2;
    own = calloc(connections, sizeof *own);
    CHECK(own != NULL);
    for (unsigned i = 0; i < connections; i++)
        pair_new(SOCK_STREAM, own[i]);
    for (unsigned i = 0; i < SHARED; i++)
        pair_new(SOCK_STREAM, shared[i]);
    return 0;
}

static int tear_down(void)
{
    free(own);
    return 0;
}

/* The watcher first, so that it measures before anybody waits. */
static const struct flux_source sources[] = {{SOURCE(Watcher, frame)}, {SOURCE(Idle, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("idle"), .sources = sources,
                                          .source_count = 2, .initial = set_up, .final = tear_down};
