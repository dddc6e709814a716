/* near.h - "did you mean": the candidate that is fewest slips away from a name.
 *
 *      struct near near = near_to("ReadReqest");
 *      near_try(&near, "ReadRequest");
 *      near.best  is NULL if nothing is near enough
 */
#ifndef NEAR_H
#define NEAR_H

#include <stddef.h>

struct near {
    const char *name;
    size_t length;
    unsigned slips; /* of the best; before there is one, one more than would be near enough */
    const char *best;
};

struct near near_to(const char *name);

/* Of equally near ones the first stays. Costs no more than the name is long. */
void near_try(struct near *near, const char *candidate);

#endif
