/* signature.h - the inputs and outputs of nodes that do not declare them (R10, R24). */
#ifndef SIGNATURE_H
#define SIGNATURE_H

#include "program.h"

/* Fills in what is not declared. What depends on an error, or on a cycle, stays unknown. Reports
 * nodes that nothing tells of. */
void signature_infer(struct program *program);

/* After that: a body whose last member does not fit behind the one before, an error that is still
 * to be reported, tells nothing of outputs:
 *
 *      A = B -> C;        where C takes something else than B gives, and so may be the wrong node
 */
void signature_doubt(struct program *program);

/* The body that an undeclared signature is made of: the first one that is not empty. NULL: none. */
const struct arm *signature_model(const struct node *node);

#endif
