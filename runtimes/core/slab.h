/* slab.h - memory for many small things of one size that come and go in crowds.
 *
 * malloc would keep it: small blocks that are freed are not put together, each thread has an arena
 * that only shrinks from its end, and one block that is left holds what lies before it. A slab is a
 * mapping of its own, and is unmapped when the last thing in it has gone.
 *
 * The owner of a struct fluxi_slabs, zero at first, keeps threads apart.
 */
#ifndef FLUXI_SLAB_H
#define FLUXI_SLAB_H

#include <stddef.h>

struct fluxi_slabs {
    struct fluxi_slab *room; /* slabs that are not full */
};

/* Indeterminate memory for an object of that size; NULL: no memory. All in `slabs` have one size.
 * fluxi_slab_put gives it back. */
void *fluxi_slab_get(struct fluxi_slabs *slabs, size_t size);
void fluxi_slab_put(struct fluxi_slabs *slabs, void *object, size_t size);

/* All objects have been given back: gives back what is kept for the next. */
void fluxi_slabs_free(struct fluxi_slabs *slabs);

#endif
