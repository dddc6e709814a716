/* table.h - from an interned string to whatever it names. Nothing ever walks through a table: its
 * order would be the machine's (R42).
 */
#ifndef TABLE_H
#define TABLE_H

#include "arena.h"

struct table {
    struct table_slot *slots;
    unsigned count, capacity; /* capacity: 0 or a power of two */
};

/* Zero-initialised is empty. NULL: nothing. */
void *table_get(const struct table *table, const char *key);

/* The value of a new key is NULL. Valid until the next call. */
void **table_at(struct arena *arena, struct table *table, const char *key);

#endif
