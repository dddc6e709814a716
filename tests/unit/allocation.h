/* allocation.h - memory that runs out, in unit tests. */
#ifndef ALLOCATION_H
#define ALLOCATION_H

#include <stddef.h>

/* How many calls of malloc, calloc and mmap by the project's code still succeed; negative: all. */
extern int allocations_left;

/* The largest of malloc and calloc that succeeds, in bytes; SIZE_MAX at first. */
extern size_t allocation_max;

#endif
