/* watch.c - who holds a loop: a thread that says so when one gets nowhere.
 *
 * A node that computes for long, or waits in a way that is not intercepted, keeps all flows of its
 * loop waiting, and nothing in the program shows which one it is. So loops count what they run and
 * leave behind where it went on; the watch looks at that four times within --stall. A loop whose
 * count stands still meanwhile, and that does not sleep, is held.
 *
 * Time in which the loop's thread could run but was given no core (/proc/PID/task/TID/schedstat,
 * the second number) is no fault of a node, nor is time in which the watch itself did not run, as
 * when the program was stopped. Neither counts.
 *
 * While all loops sleep so does the watch, and the first loop to wake wakes it: `sleeps` is set,
 * then it looks at all loops; a loop says that it is awake, then it looks at `sleeps`.
 */
#include "loop/calls.h"

#include "core.h"
#include "metrics.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MS       UINT64_C(1000000)
#define LOOKS    4u
#define TICK_MIN (5 * MS / 2)
#define TICK_MAX (100 * MS)
#define CLOSER   (10 * MS) /* while one is held: to tell when it is free again */
#define AGAIN    10u       /* told again when it has lasted so many times as long */

/* What is known of a loop. */
struct look {
    unsigned count;
    uint64_t since;   /* when it was first seen to stand there */
    uint64_t delayed; /* the time without a core, by then */
    bool suspect;     /* `delayed` is known */
    uint64_t told;    /* how long it had been held when that was told; 0: it was not */
    char who[160];
};

uint64_t fluxi_watch_stall = 200 * MS;
atomic_bool fluxi_watch_sleeps;

static struct look *looks;
static pthread_t thread;
static bool running;
static atomic_bool quit;
static int bell = -1;
static atomic_ullong held_times, held_ns;

void fluxi_watch_wake(void)
{
    if (atomic_exchange(&fluxi_watch_sleeps, false)) {
        uint64_t one = 1;
        while (REAL(write)(bell, &one, sizeof one) < 0 && errno == EINTR)
            continue;
    }
}

/* ---- one loop -------------------------------------------------------------------------------- */

/* How long the loop's thread has waited for a core so far; 0: the kernel does not say. */
static uint64_t delay_of(struct loop *loop)
{
    char name[64], text[96];
    uint64_t ran = 0, waited = 0;
    snprintf(name, sizeof name, "/proc/self/task/%d/schedstat", atomic_load(&loop->tid));
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = REAL(read)(fd, text, sizeof text - 1);
    REAL(close)(fd);
    text[got > 0 ? got : 0] = '\0';
    return sscanf(text, "%" SCNu64 " %" SCNu64, &ran, &waited) == 2 ? waited : 0;
}

/* Who it is that the loop runs: with a profile and under trace the node, else the one at which its
 * flow went on when it ran last. */
static void describe(struct loop *loop, char *text, size_t size)
{
    const struct flux_source *source = atomic_load(&loop->watched_source);
    const struct flux_place *place = fluxi_place_at(source, atomic_load(&loop->watched_at));
    _Atomic(const struct flux_place *) *own = atomic_load(&loop->calling);
    const struct flux_place *calling = own != NULL ? atomic_load(own) : NULL;
    bool exact = calling != NULL || !fluxi_policy.straight;
    if (calling != NULL)
        place = calling;
    if (place != NULL)
        snprintf(text, size, "%s%s (%s:%u)", exact ? "" : "a flow that went on at ",
                 place->node->name, place->node->file, place->node->line);
    else if (source != NULL)
        snprintf(text, size, "a flow of %s (%s:%u)", source->name, source->file, source->line);
    else
        snprintf(text, size, "something");
}

static void tell(struct loop *loop, struct look *look, uint64_t held)
{
    static struct fluxi_log_limit limit;
    unsigned count = atomic_load(&loop->watched_count);
    describe(loop, look->who, sizeof look->who);
    if (atomic_load(&loop->watched_count) != count || count != look->count)
        return; /* free at this very moment */
    if (look->told == 0)
        atomic_fetch_add_explicit(&held_times, 1, memory_order_relaxed);
    look->told = held;
    fluxi_log_limited(&limit, FLUX_WARNING, "%s has held loop %u for %llu ms%s", look->who,
                      loop->index, (unsigned long long)(held / MS),
                      fluxi_policy.helpers > 0 ? "; a `blocking` node would not" : "");
}

static void tell_free(struct loop *loop, struct look *look, uint64_t now)
{
    static struct fluxi_log_limit limit;
    uint64_t held = now - look->since;
    atomic_fetch_add_explicit(&held_ns, held, memory_order_relaxed);
    fluxi_log_limited(&limit, FLUX_INFO, "loop %u is free again: %s has held it for %llu ms",
                      loop->index, look->who, (unsigned long long)(held / MS));
}

/* Looks at a loop. True: it is awake. */
static bool look_at(struct loop *loop, struct look *look, uint64_t now)
{
    unsigned count = atomic_load(&loop->watched_count);
    bool asleep = atomic_load(&loop->asleep);
    if (asleep || count != look->count) {
        if (look->told > 0)
            tell_free(loop, look, now);
        look->count = count;
        look->since = now;
        look->suspect = false;
        look->told = 0;
        return !asleep;
    }
    if (!look->suspect) {
        look->delayed = delay_of(loop);
        look->suspect = true;
        return true;
    }
    if (now - look->since < fluxi_watch_stall)
        return true;
    uint64_t delayed = delay_of(loop) - look->delayed;
    uint64_t held = now - look->since > delayed ? now - look->since - delayed : 0;
    if (held >= fluxi_watch_stall && held / AGAIN >= look->told)
        tell(loop, look, held);
    return true;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool any_awake(void)
{
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        if (!atomic_load(&fluxi_loops[i].asleep))
            return true;
    return false;
}

static bool any_told(void)
{
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        if (looks[i].told > 0)
            return true;
    return false;
}

/* Waits for the bell, at most that long. */
static void rest(uint64_t limit)
{
    struct timespec time = {(time_t)(limit / 1000000000), (long)(limit % 1000000000)};
    struct pollfd poll = {.fd = bell, .events = POLLIN};
    uint64_t rings;
    if (REAL(ppoll)(&poll, 1, limit != UINT64_MAX ? &time : NULL, NULL) > 0 &&
        REAL(read)(bell, &rings, sizeof rings) < 0)
        return;
}

static void sleep_until_woken(void)
{
    atomic_store(&fluxi_watch_sleeps, true);
    if (!any_awake() && !atomic_load(&quit))
        rest(UINT64_MAX);
    atomic_store(&fluxi_watch_sleeps, false);
}

static void *watch(void *unused)
{
    uint64_t tick = fluxi_watch_stall / LOOKS;
    tick = tick < TICK_MIN ? TICK_MIN : tick > TICK_MAX ? TICK_MAX : tick;
    uint64_t last = flux_now();
    bool awake = true;
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        looks[i].since = last;
    while (!atomic_load(&quit)) {
        uint64_t pause = any_told() && tick > CLOSER ? CLOSER : tick;
        if (awake)
            rest(pause);
        else
            sleep_until_woken();
        uint64_t now = flux_now(), missed = now - last > 2 * pause ? now - last - pause : 0;
        bool slept = !awake;
        awake = false;
        for (unsigned i = 0; i < fluxi_loop_count; i++) {
            looks[i].since = slept ? now : looks[i].since + missed;
            awake |= look_at(&fluxi_loops[i], &looks[i], now);
        }
        last = now;
    }
    return unused;
}

void fluxi_watch_start(void)
{
    if (fluxi_watch_stall == 0)
        return;
    looks = calloc(fluxi_loop_count, sizeof *looks);
    bell = looks != NULL ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    int error = looks == NULL ? ENOMEM
                : bell < 0    ? errno
                              : pthread_create(&thread, NULL, watch, NULL);
    running = error == 0;
    if (!running) {
        flux_log(FLUX_WARNING, "nobody watches for loops that are held: %s", flux_strerror(error));
        fluxi_watch_free();
    }
}

void fluxi_watch_end(void)
{
    if (running) {
        atomic_store(&quit, true);
        atomic_store(&fluxi_watch_sleeps, true);
        fluxi_watch_wake();
        pthread_join(thread, NULL);
    }
    running = false;
}

void fluxi_watch_free(void)
{
    if (bell >= 0)
        REAL(close)(bell);
    free(looks);
    bell = -1;
    looks = NULL;
}

void fluxi_watch_metrics(FILE *out)
{
    fluxi_metric(out, "flux_loop_held_total", FLUXI_COUNTER,
                 "How often a node has held its loop for longer than --stall.",
                 (double)atomic_load(&held_times));
    fluxi_metric(out, "flux_loop_held_seconds_total", FLUXI_COUNTER,
                 "For how long that was, once it was over.", (double)atomic_load(&held_ns) / 1e9);
}
