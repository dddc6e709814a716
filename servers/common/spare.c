#include "spare.h"

#include <stdint.h>
#include <stdlib.h>

#define LOOKS 4 /* at slots, before the allocator is asked */

/* Threads differ in where their thread-local memory is. */
static unsigned first_slot(void)
{
    static _Thread_local char here;
    return (unsigned)((uintptr_t)&here >> 12) * 0x9e3779b1u >> 27;
}

void *spare_find(struct spare *spare)
{
    unsigned slot = first_slot();
    for (unsigned i = 0; i < LOOKS; i++) {
        _Atomic(void *) *place = &spare->slots[(slot + i) % SPARE_SLOTS];
        if (atomic_load_explicit(place, memory_order_relaxed) == NULL)
            continue;
        void *block = atomic_exchange_explicit(place, NULL, memory_order_acquire);
        if (block != NULL)
            return block;
    }
    return NULL;
}

void *spare_take(struct spare *spare)
{
    void *block = spare_find(spare);
    return block != NULL ? block : malloc(spare->size);
}

bool spare_keep(struct spare *spare, void *block)
{
    unsigned slot = first_slot();
    for (unsigned i = 0; i < LOOKS; i++) {
        _Atomic(void *) *place = &spare->slots[(slot + i) % SPARE_SLOTS];
        void *none = NULL;
        if (atomic_load_explicit(place, memory_order_relaxed) == NULL &&
            atomic_compare_exchange_strong_explicit(place, &none, block, memory_order_release,
                                                    memory_order_relaxed))
            return true;
    }
    return false;
}

void spare_give(struct spare *spare, void *block)
{
    if (block != NULL && !spare_keep(spare, block))
        free(block);
}

void *spare_drain(struct spare *spare)
{
    for (unsigned i = 0; i < SPARE_SLOTS; i++) {
        void *block = atomic_exchange(&spare->slots[i], NULL);
        if (block != NULL)
            return block;
    }
    return NULL;
}

void spare_clear(struct spare *spare)
{
    for (void *block; (block = spare_drain(spare)) != NULL;)
        free(block);
}
