/* held.h - constraints that are held while something waits (R40), as declared. */
#ifndef HELD_H
#define HELD_H

#include "program.h"

/* order: all nodes, each behind what it leads to. */
void held_check(struct program *program, struct node *const *order);

#endif
