/* R32: a million sessions one after another, and a hundred thousand at once, leave no memory
 * behind: none that malloc counts, and none that the kernel does. */
// args: --max-flows 64
// limit: 120 s
#include "runtime.h"
#include "testing.h"

#include <malloc.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SCALE 50 /* and sanitizers keep memory of their own: leaks are theirs to find */
#else
#define SCALE 1
#endif

#define ROW    (1000000 / SCALE)         /* flows, each in a session of its own */
#define CROWDS 8                         /* flows that make sessions side by side, */
#define CROWD  (100000 / SCALE / CROWDS) /* each as many as this */
#define BOUND  (2 << 20) /* bytes that may stay, of either kind; the crowd takes 20 MB */

static _Atomic int gone, crowds_in, crowds_out;
static _Atomic bool measured;
static size_t used_before, resident_before;

struct frame {
    struct flux_flow base;
    int number;
};

static size_t resident(void)
{
    unsigned long size, pages;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%lu %lu", &size, &pages) == 2);
    fclose(file);
    return pages * 4096;
}

static void check_memory(const char *after)
{
    size_t used = mallinfo2().uordblks, now = resident();
    fprintf(stderr, "%s: %zd bytes in use, %zd resident more than before\n", after,
            (ssize_t)(used - used_before), (ssize_t)(now - resident_before));
    CHECK(used <= used_before + BOUND);
    CHECK(SCALE > 1 || now <= resident_before + BOUND);
}

/* One after another: a flow, a session. */
static enum flux_next run_Row(struct flux_flow *base)
{
    static int next;
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        if (next == 10000 / SCALE) { /* buffers, stacks and tables are what they will be */
            WAIT_UNTIL(gone == next);
            used_before = mallinfo2().uordblks;
            resident_before = resident();
        }
        if (next == ROW) {
            WAIT_UNTIL(gone == ROW);
            check_memory("one after another");
            measured = true;
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        }
        frame->number = next++;
        return flux_source_done(base, 1);
    case 1:
        base->session_id = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)frame->number;
        CHECK(flux_session_join(base) == 0);
        if (!flux_take_session(base, 0, FLUX_WRITE, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        flux_give_session(base, 0, FLUX_WRITE);
        gone++;
    }
    return FLUX_ENDED;
}

/* At once. Under `thread` so many flows would take as many threads; here the members of a session
 * are flows in name only, which join and leave. */
static void crowd(uint64_t number)
{
    size_t size = CROWD * sizeof(struct flux_flow);
    struct flux_flow *flows =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(flows != MAP_FAILED);
    for (uint64_t i = 0; i < CROWD; i++) {
        flows[i].session_id = number * CROWD + i;
        CHECK(flux_session_join(&flows[i]) == 0);
    }
    crowds_in++;
    WAIT_UNTIL(crowds_in == CROWDS);
    for (uint64_t i = 0; i < CROWD; i++)
        fluxi_session_leave(&flows[i]);
    munmap(flows, size);
    crowds_out++;
}

static enum flux_next run_Crowd(struct flux_flow *base)
{
    static int next;
    struct frame *frame = (struct frame *)base;
    if (base->at == 0) {
        WAIT_UNTIL(measured);
        if (next == CROWDS) {
            WAIT_UNTIL(crowds_out == CROWDS);
            check_memory("at once");
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        }
        frame->number = next++;
        return flux_source_done(base, 1);
    }
    crowd((uint64_t)frame->number);
    return FLUX_ENDED;
}

static int final(void)
{
    CHECK(gone == ROW && crowds_out == CROWDS);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Row, frame), .sessions = true},
                                             {SOURCE(Crowd, frame)}};
static const char *const names[] = {"basket", "user"};
const struct flux_program flux_program = {TEST_PROGRAM("many-sessions"),
                                          .sources = sources,
                                          .source_count = 2,
                                          .session_constraints = names,
                                          .session_constraint_count = 2,
                                          .final = final};
