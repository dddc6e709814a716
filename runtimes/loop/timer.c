/* timer.c - timers of a loop: a binary heap, whose entries hold the moments, so that sifting does
 * not touch the stacks on which most timers lie. */
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>

#define SMALL 64u
#define LARGE 1024u

static void put(struct timers *timers, unsigned place, struct due due)
{
    timers->heap[place] = due;
    due.timer->place = place;
}

/* Moves `due` from the hole at `place` up or down to where it belongs. */
static void sift(struct timers *timers, unsigned place, struct due due)
{
    struct due *heap = timers->heap;
    while (place > 1 && heap[place / 2].when > due.when) {
        put(timers, place, heap[place / 2]);
        place /= 2;
    }
    for (;;) {
        unsigned child = 2 * place;
        if (child > timers->count)
            break;
        if (child < timers->count && heap[child + 1].when < heap[child].when)
            child++;
        if (heap[child].when >= due.when)
            break;
        put(timers, place, heap[child]);
        place = child;
    }
    put(timers, place, due);
}

static bool resize(struct timers *timers, unsigned size)
{
    struct due *heap = realloc(timers->heap, size * sizeof *heap);
    if (!heap)
        return false;
    timers->heap = heap;
    timers->size = size;
    return true;
}

int fluxi_timers_start(struct loop *loop)
{
    return resize(&loop->timers, SMALL + loop->timers.reserved) ? 0 : ENOMEM;
}

/* Entry 0 is not used, and the last `reserved` ones are kept for reserved timers. */
bool fluxi_timer_set(struct loop *loop, struct timer *timer, uint64_t when)
{
    struct timers *timers = &loop->timers;
    unsigned needed = timers->count + 2 + (timer->reserved ? 0 : timers->reserved);
    if (needed > timers->size && !resize(timers, 2 * timers->size))
        return false;
    timers->count++;
    sift(timers, timers->count, (struct due){when, timer});
    return true;
}

void fluxi_timer_clear(struct loop *loop, struct timer *timer)
{
    struct timers *timers = &loop->timers;
    unsigned place = timer->place;
    if (place == 0)
        return;
    timer->place = 0;
    struct due last = timers->heap[timers->count--];
    if (last.timer != timer)
        sift(timers, place, last);
    if (timers->size > LARGE && timers->count + timers->reserved < SMALL / 2)
        resize(timers, SMALL + timers->reserved);
}

uint64_t fluxi_timers_next(const struct loop *loop)
{
    return loop->timers.count ? loop->timers.heap[1].when : FLUXI_NEVER;
}

void fluxi_timers_run(struct loop *loop, uint64_t now)
{
    while (fluxi_timers_next(loop) <= now) {
        struct timer *timer = loop->timers.heap[1].timer;
        fluxi_timer_clear(loop, timer);
        timer->fire(loop, timer);
    }
}
