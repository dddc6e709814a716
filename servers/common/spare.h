/* spare.h - blocks of memory of one size that are taken and given back with every request.
 *
 * A few that have been given back are kept, each in a slot; a thread looks at the slot that it used
 * last first, so it mostly gets the block that it had, and that is still in its cache. Any thread
 * may call these at any time: a slot is one atomic pointer.
 */
#ifndef SPARE_H
#define SPARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define SPARE_SLOTS 32

struct spare {
    size_t size; /* of a block; set before the first use */
    _Atomic(void *) slots[SPARE_SLOTS];
};

/* A block with whatever it held before; NULL when there is no memory. */
void *spare_take(struct spare *spare);
/* NULL is fine. */
void spare_give(struct spare *spare, void *block);

/* The same where blocks are more than memory: one that is kept, or NULL; and whether it is kept. */
void *spare_find(struct spare *spare);
bool spare_keep(struct spare *spare, void *block);
/* Any of those that are kept, wherever; NULL: there is none. */
void *spare_drain(struct spare *spare);

/* Frees those that are kept. */
void spare_clear(struct spare *spare);

#endif
