/* cycles.h - flows do not recurse (R11). */
#ifndef CYCLES_H
#define CYCLES_H

#include "program.h"

/* Reports every cycle of nodes, and has the signatures of those on it doubted. Returns an array
 * with all nodes in an order in which each stands behind what it leads to, or NULL if there is a
 * cycle. */
struct node *const *cycles_check(struct program *program);

#endif
