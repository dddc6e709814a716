/* allocation.h - memory that runs out, in unit tests. */
#ifndef ALLOCATION_H
#define ALLOCATION_H

/* How many calls of malloc and calloc by the project's code still succeed; negative: all. */
extern int allocations_left;

#endif
