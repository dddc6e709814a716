/* stack.c - the memory of carriers' stacks.
 *
 * Stacks are cut from slabs of address space, of which only the pages that have been touched hold
 * memory: one page for a flow that blocks early, whatever --stack-size says.
 *
 *      slab  | guard |  stack  carrier | guard |  stack  carrier | ...
 *            base     low              base + stride
 *
 * A guard makes an overflow a fault instead of a quiet write into the neighbour. Linux 6.13 and
 * later install guards inside one mapping. Before that each costs two mappings, of which a process
 * has some 65,000, so only the first stacks get one; the others are *watched*: the top of what
 * should be their guard must still be zero whenever they block.
 */
#include "loop/loop.h"
#include "loop/tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLAB_BYTES    ((size_t)64 << 20)
#define GUARD_BYTES   ((size_t)16 << 10)
#define WATCHED_WORDS 128

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

struct slab {
    struct slab *next;
    char *base;
    size_t count, used; /* stacks */
};

static size_t stride(void)
{
    return fluxi_policy.stack;
}

/* Half of the guards that mappings allow for: the rest of the process needs some, too. */
static unsigned most_guards(void)
{
    static unsigned most;
    if (most == 0) {
        unsigned long mappings = 65530;
        FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
        if (file) {
            if (fscanf(file, "%lu", &mappings) != 1)
                mappings = 65530;
            fclose(file);
        }
        most = (unsigned)(mappings / 8 / fluxi_loop_count) + 1;
    }
    return most;
}

static struct slab *slab_new(struct stacks *stacks)
{
    size_t count = SLAB_BYTES > stride() ? SLAB_BYTES / stride() : 1;
    /* Room for all stacks that exist, so that giving one back needs no memory. */
    char **cold = realloc(stacks->cold, (stacks->cold_size + count) * sizeof *cold);
    if (!cold)
        return NULL;
    stacks->cold = cold;
    struct slab *slab = malloc(sizeof *slab);
    if (!slab)
        return NULL;
    void *base = mmap(NULL, count * stride(), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (base == MAP_FAILED) {
        free(slab);
        return NULL;
    }
    /* With huge pages a stack would hold 2 MiB instead of 4 KiB. */
    madvise(base, count * stride(), MADV_NOHUGEPAGE);
    stacks->cold_size += count;
    *slab = (struct slab){.next = stacks->slabs, .base = base, .count = count};
    stacks->slabs = slab;
    return slab;
}

/* True if the stack is guarded, false if it is to be watched. */
static bool guard(struct stacks *stacks, char *base)
{
    if (madvise(base, GUARD_BYTES, MADV_GUARD_INSTALL) == 0)
        return true;
    if (stacks->guards < most_guards() && mprotect(base, GUARD_BYTES, PROT_NONE) == 0) {
        stacks->guards++;
        return true;
    }
    return false;
}

static struct carrier *carrier_at(struct loop *loop, char *base, bool watched)
{
    char *top = base + stride() - sizeof(struct carrier);
    top -= (uintptr_t)top % 64;
    struct carrier *carrier = (struct carrier *)(void *)top;
    *carrier = (struct carrier){.loop = loop, .low = base + GUARD_BYTES, .watched = watched};
    return carrier;
}

/* A stack that was given back keeps its guard; whether it has one is the lowest bit of its entry,
 * since nothing can be kept in the stack itself. */
struct carrier *fluxi_stack_new(struct loop *loop)
{
    struct stacks *stacks = &loop->stacks;
    if (stacks->cold_count > 0) {
        uintptr_t entry = (uintptr_t)stacks->cold[--stacks->cold_count];
        return carrier_at(loop, (char *)(entry & ~(uintptr_t)1), entry & 1);
    }
    struct slab *slab = stacks->slabs;
    if (!slab || slab->used == slab->count) {
        slab = slab_new(stacks);
        if (!slab)
            return NULL;
    }
    char *base = slab->base + slab->used++ * stride();
    return carrier_at(loop, base, !guard(stacks, base));
}

void fluxi_stack_drop(struct loop *loop, struct carrier *carrier)
{
    struct stacks *stacks = &loop->stacks;
    char *low = carrier->low;
    uintptr_t entry = (uintptr_t)(low - GUARD_BYTES) | (carrier->watched ? 1 : 0);
    size_t size = stride() - GUARD_BYTES;
#ifdef FLUXI_ASAN
    __asan_unpoison_memory_region(low, size);
#endif
    madvise(low, size, MADV_DONTNEED);
    stacks->cold[stacks->cold_count++] = (char *)entry;
}

void fluxi_stacks_free(struct loop *loop)
{
    struct stacks *stacks = &loop->stacks;
    while (stacks->slabs) {
        struct slab *slab = stacks->slabs;
        stacks->slabs = slab->next;
#ifdef FLUXI_ASAN
        __asan_unpoison_memory_region(slab->base, slab->count * stride());
#endif
        munmap(slab->base, slab->count * stride());
        free(slab);
    }
    free(stacks->cold);
    *stacks = (struct stacks){0};
}

bool fluxi_stack_guards(const struct loop *loop, const void *address)
{
    for (const struct slab *slab = loop->stacks.slabs; slab; slab = slab->next) {
        uintptr_t offset = (uintptr_t)address - (uintptr_t)slab->base;
        if (offset < slab->count * stride())
            return offset % stride() < GUARD_BYTES;
    }
    return false;
}

void fluxi_stack_check(const struct carrier *carrier)
{
    if (!carrier->watched)
        return;
    const uint64_t *word = (const uint64_t *)(const void *)carrier->low - WATCHED_WORDS;
    for (unsigned i = 0; i < WATCHED_WORDS; i++) {
        if (word[i] != 0) {
            fluxi_overflow_report(carrier->flow, 0, 0);
            abort();
        }
    }
}
