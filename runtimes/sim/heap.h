/* heap.h - what happens next: a heap of four branches, which for the some tens of events that are
 * pending here beats whatever else there is. Events of the same time come in the order in which
 * they were put in.
 */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct sim_event {
    double at; /* not below 0 */
    uint32_t what;
};

/* The time, the order, and what, from the most significant bits on: for numbers that are not below
 * 0, the bits of a double are in the order of the numbers. So one comparison is all it takes. */
__extension__ typedef unsigned __int128 sim_key;

struct sim_heap {
    sim_key *keys;
    uint32_t count, room, order;
};

/* Numbers those that are pending anew: the order has run out of bits. False: no memory. */
bool sim_heap_renumber(struct sim_heap *heap);
bool sim_heap_grow(struct sim_heap *heap);

static inline sim_key sim_key_make(double at, uint32_t order, uint32_t what)
{
    uint64_t bits;
    at += 0.0; /* -0 */
    memcpy(&bits, &at, sizeof bits);
    return (sim_key)bits << 64 | (uint64_t)order << 32 | what;
}

static inline struct sim_event sim_key_event(sim_key key)
{
    uint64_t bits = (uint64_t)(key >> 64);
    struct sim_event event = {.what = (uint32_t)key};
    memcpy(&event.at, &bits, sizeof event.at);
    return event;
}

/* False: no memory. */
static inline bool sim_heap_put(struct sim_heap *heap, double at, uint32_t what)
{
    if (__builtin_expect(heap->count == heap->room, 0) && !sim_heap_grow(heap))
        return false;
    if (__builtin_expect(heap->order == UINT32_MAX, 0) && !sim_heap_renumber(heap))
        return false;
    sim_key key = sim_key_make(at, heap->order++, what), *keys = heap->keys;
    uint32_t i = heap->count++;
    while (i > 0) {
        uint32_t up = (i - 1) / 4;
        if (keys[up] < key)
            break;
        keys[i] = keys[up];
        i = up;
    }
    keys[i] = key;
    return true;
}

/* There has to be one. */
static inline struct sim_event sim_heap_take(struct sim_heap *heap)
{
    sim_key *keys = heap->keys, first = keys[0], last = keys[--heap->count];
    uint32_t i = 0, count = heap->count, child;
    for (; (child = 4 * i + 1) + 3 < count; i = child) { /* four there are: no branch for them */
        const sim_key *four = &keys[child];
        uint32_t left = four[1] < four[0], right = 2 + (four[3] < four[2]);
        child += four[right] < four[left] ? right : left;
        if (last < keys[child])
            goto found;
        keys[i] = keys[child];
    }
    if (child < count) {
        uint32_t best = child;
        while (++child < count)
            best = keys[child] < keys[best] ? child : best;
        if (keys[best] < last) {
            keys[i] = keys[best];
            i = best;
        }
    }
found:
    keys[i] = last;
    return sim_key_event(first);
}

/* Any of those that are pending, by number from 0. */
static inline struct sim_event sim_heap_at(const struct sim_heap *heap, uint32_t number)
{
    return sim_key_event(heap->keys[number]);
}

#endif
