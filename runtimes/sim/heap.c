#include "heap.h"

bool sim_heap_grow(struct sim_heap *heap)
{
    uint32_t room = heap->room == 0 ? 64 : 2 * heap->room;
    sim_key *keys = realloc(heap->keys, room * sizeof *keys);
    if (keys == NULL)
        return false;
    heap->keys = keys;
    heap->room = room;
    return true;
}

bool sim_heap_renumber(struct sim_heap *heap)
{
    struct sim_heap fresh = {.room = heap->room, .keys = malloc(heap->room * sizeof *fresh.keys)};
    if (fresh.keys == NULL)
        return false;
    while (heap->count > 0) {
        struct sim_event event = sim_heap_take(heap);
        sim_heap_put(&fresh, event.at, event.what);
    }
    free(heap->keys);
    *heap = fresh;
    return true;
}
