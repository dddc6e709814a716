/* walk.h - a program as a graph: a node leads to the members of its bodies and to its handler.
 *
 *      struct walk walk = walk_from(node);
 *      while (walk_next(&walk))
 *          ... walk.to, walk.span ...
 *
 * A walk can be kept and gone on with, which is what passes do that go deep without recursion.
 */
#ifndef WALK_H
#define WALK_H

#include "program.h"

struct walk {
    const struct node *node;
    struct node *to;  /* where the present step leads */
    struct span span; /* where it stands in the text */
    bool handler;     /* `to` is the handler; else a member */
    unsigned arm, member;
};

static inline struct walk walk_from(const struct node *node)
{
    return (struct walk){.node = node};
}

static inline bool walk_next(struct walk *walk)
{
    const struct node *node = walk->node;
    for (; walk->arm < node->arm_count; walk->arm++, walk->member = 0) {
        const struct arm *arm = &node->arms[walk->arm];
        if (walk->member < arm->member_count) {
            walk->to = arm->members[walk->member].node;
            walk->span = arm->members[walk->member].span;
            walk->member++;
            return true;
        }
    }
    if (walk->handler || node->handler == NULL)
        return false;
    walk->handler = true;
    walk->to = node->handler->node;
    walk->span = node->handler->span;
    return true;
}

#endif
