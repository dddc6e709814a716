/* heap.h - what happens next: a heap of four branches, which for the some tens of events that are
 * pending here beats whatever else there is. Events of the same time come in the order in which
 * they were put in.
 */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct sim_event {
    double at;
    uint32_t order; /* wraps around: differences count */
    uint32_t what;
};

struct sim_heap {
    struct sim_event *events;
    uint32_t count, room, order;
};

static inline bool sim_event_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at < b->at || (a->at == b->at && (int32_t)(a->order - b->order) < 0);
}

/* False: no memory. */
static inline bool sim_heap_put(struct sim_heap *heap, double at, uint32_t what)
{
    if (__builtin_expect(heap->count == heap->room, 0)) {
        uint32_t room = heap->room == 0 ? 64 : 2 * heap->room;
        struct sim_event *events = realloc(heap->events, room * sizeof *events);
        if (events == NULL)
            return false;
        heap->events = events;
        heap->room = room;
    }
    struct sim_event event = {at, heap->order++, what};
    uint32_t i = heap->count++;
    while (i > 0) {
        uint32_t up = (i - 1) / 4;
        if (!sim_event_before(&event, &heap->events[up]))
            break;
        heap->events[i] = heap->events[up];
        i = up;
    }
    heap->events[i] = event;
    return true;
}

/* There has to be one. */
static inline struct sim_event sim_heap_take(struct sim_heap *heap)
{
    struct sim_event *events = heap->events, first = events[0];
    struct sim_event last = events[--heap->count];
    uint32_t i = 0, count = heap->count;
    for (;;) {
        uint32_t child = 4 * i + 1, end = child + 4 < count ? child + 4 : count, best = child;
        if (child >= count)
            break;
        for (uint32_t k = child + 1; k < end; k++)
            if (sim_event_before(&events[k], &events[best]))
                best = k;
        if (!sim_event_before(&events[best], &last))
            break;
        events[i] = events[best];
        i = best;
    }
    events[i] = last;
    return first;
}

#endif
