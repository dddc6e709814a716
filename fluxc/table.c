#include "table.h"

#include <stdint.h>

struct table_slot {
    const char *key; /* NULL: free */
    void *value;
};

/* Open addressing, at most half full. The multiplier spreads the few bits in which addresses
 * differ (Knuth, The Art of Computer Programming 3, 6.4: the golden ratio). */
static struct table_slot *find(struct table_slot *slots, unsigned capacity, const char *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
    unsigned i = (unsigned)(hash >> 32) & (capacity - 1);
    while (slots[i].key != NULL && slots[i].key != key)
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

void *table_get(const struct table *table, const char *key)
{
    return table->capacity == 0 ? NULL : find(table->slots, table->capacity, key)->value;
}

static void grow(struct arena *arena, struct table *table)
{
    unsigned capacity = table->capacity == 0 ? 64 : table->capacity * 2;
    struct table_slot *slots = arena_alloc(arena, capacity * sizeof *slots);
    for (unsigned i = 0; i < table->capacity; i++)
        if (table->slots[i].key != NULL)
            *find(slots, capacity, table->slots[i].key) = table->slots[i];
    table->slots = slots;
    table->capacity = capacity;
}

void **table_at(struct arena *arena, struct table *table, const char *key)
{
    if (table->count >= table->capacity / 2)
        grow(arena, table);
    struct table_slot *slot = find(table->slots, table->capacity, key);
    if (slot->key == NULL) {
        slot->key = key;
        table->count++;
    }
    return &slot->value;
}
