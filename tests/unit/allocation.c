/* allocation.c - what the linker puts in place of malloc, calloc and mmap (--wrap), in the
 * project's code and not in that of libraries. */
#include "allocation.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

int allocations_left = -1;
size_t allocation_max = SIZE_MAX;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);

static bool may_allocate(size_t size)
{
    if (size > allocation_max)
        return false;
    if (allocations_left > 0)
        allocations_left--;
    else if (allocations_left == 0)
        return false;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate(size) ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate(count * size) ? __real_calloc(count, size) : NULL;
}

/* Of whatever size: a mapping is for many. */
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return may_allocate(0) ? __real_mmap(address, size, protection, flags, fd, offset) : MAP_FAILED;
}
