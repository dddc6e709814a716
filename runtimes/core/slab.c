/* slab.c - mappings that are cut into objects of one size.
 *
 * A slab begins at a multiple of its size, so that an object finds its own. The first objects are
 * cut off what was never used, whose pages the kernel has not been asked for yet; after that they
 * come from a list. A slab that is empty is unmapped, unless it is the only one with room: then
 * all but its first page goes back, and things that come and go one by one cost no system call.
 *
 * Under AddressSanitizer everything comes from malloc, so that it sees every use after the end.
 */
#include "slab.h"
#include "runtime.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SLAB ((size_t)64 << 10)
#define PAGE 4096u /* where it is more, a slab that is kept keeps all its pages */

struct fluxi_slab {
    struct fluxi_slab *next, *previous; /* in `room` */
    void **free;                        /* objects given back; each begins with the next */
    size_t used;                        /* objects out */
    size_t cut;                         /* bytes, from the beginning; what follows is unused */
};

#define HEAD ((sizeof(struct fluxi_slab) + 15) & ~(size_t)15)

static bool is_kept(size_t size)
{
    return FLUXI_KEEP_FRAMES && size <= SLAB / 8;
}

static size_t step(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

static void link_room(struct fluxi_slabs *slabs, struct fluxi_slab *slab)
{
    slab->previous = NULL;
    slab->next = slabs->room;
    if (slab->next != NULL)
        slab->next->previous = slab;
    slabs->room = slab;
}

static void unlink_room(struct fluxi_slabs *slabs, struct fluxi_slab *slab)
{
    *(slab->previous != NULL ? &slab->previous->next : &slabs->room) = slab->next;
    if (slab->next != NULL)
        slab->next->previous = slab->previous;
}

/* Maps twice as much as a slab, somewhere in which it lies aligned, and cuts off both ends. */
static struct fluxi_slab *map(void)
{
    unsigned char *memory =
        mmap(NULL, 2 * SLAB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    size_t before = -(uintptr_t)memory & (SLAB - 1);
    struct fluxi_slab *slab = (struct fluxi_slab *)(void *)(memory + before);
    if (before > 0)
        munmap(memory, before);
    munmap(memory + before + SLAB, SLAB - before);
    slab->cut = HEAD;
    return slab;
}

static bool is_full(const struct fluxi_slab *slab, size_t size)
{
    return slab->free == NULL && slab->cut + step(size) > SLAB;
}

void *fluxi_slab_get(struct fluxi_slabs *slabs, size_t size)
{
    if (!is_kept(size))
        return malloc(size);
    struct fluxi_slab *slab = slabs->room;
    if (slab == NULL) {
        slab = map();
        if (slab == NULL)
            return NULL;
        link_room(slabs, slab);
    }
    void **object = slab->free;
    if (object != NULL) {
        slab->free = *object;
    } else {
        object = (void **)(void *)((unsigned char *)slab + slab->cut);
        slab->cut += step(size);
    }
    slab->used++;
    if (is_full(slab, size))
        unlink_room(slabs, slab);
    return object;
}

/* The first of a slab's objects are to be cut again, and the pages of the others are not needed. */
static void empty(struct fluxi_slab *slab)
{
    if (slab->cut > PAGE)
        madvise((unsigned char *)slab + PAGE, SLAB - PAGE, MADV_DONTNEED);
    slab->cut = HEAD;
    slab->free = NULL;
}

void fluxi_slab_put(struct fluxi_slabs *slabs, void *object, size_t size)
{
    if (!is_kept(size)) {
        free(object);
        return;
    }
    struct fluxi_slab *slab = (struct fluxi_slab *)((uintptr_t)object & ~(uintptr_t)(SLAB - 1));
    if (is_full(slab, size))
        link_room(slabs, slab);
    *(void **)object = slab->free;
    slab->free = object;
    slab->used--;
    if (slab->used > 0)
        return;
    if (slab->next == NULL && slab->previous == NULL) {
        empty(slab);
    } else {
        unlink_room(slabs, slab);
        munmap(slab, SLAB);
    }
}

void fluxi_slabs_free(struct fluxi_slabs *slabs)
{
    if (slabs->room != NULL)
        munmap(slabs->room, SLAB);
    slabs->room = NULL;
}
