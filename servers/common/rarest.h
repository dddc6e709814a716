/* rarest.h - which piece to ask for next: the rarest one that a peer has (BEP 3).
 *
 * The wanted pieces stand in one array, sorted by how many peers have them, with the place of each
 * piece and the place where each rarity begins. One peer more or less moves a piece across one
 * boundary: constant time. To find a piece costs as many steps as there are rarer ones that the
 * peer has not; so callers count what a peer has to offer, and do not ask in vain. Of those that
 * are equally rare a random one is taken, or all peers would go for the same.
 *
 * Peers that have everything are not counted: they make no piece rarer than another.
 */
#ifndef RAREST_H
#define RAREST_H

#include "bits.h"

#define RAREST_NONE UINT32_MAX

struct rarest {
    uint32_t count, wanted; /* pieces; the first `wanted` of order are */
    uint32_t levels;        /* rarities go from 0 to levels - 1 */
    uint32_t *order, *place;
    uint16_t *rarity;
    uint32_t *first; /* where a rarity begins in order; first[levels] is wanted */
};

/* For at most so many peers. All pieces are wanted. Returns 0 or ENOMEM. */
int rarest_init(struct rarest *rarest, uint32_t pieces, uint32_t peers);
void rarest_free(struct rarest *rarest);

/* One more peer has it; one less. */
void rarest_add(struct rarest *rarest, uint32_t piece);
void rarest_remove(struct rarest *rarest, uint32_t piece);

/* It is asked for, or there; or wanted again. */
void rarest_take(struct rarest *rarest, uint32_t piece);
void rarest_put_back(struct rarest *rarest, uint32_t piece);
bool rarest_wants(const struct rarest *rarest, uint32_t piece);

/* One of the rarest among those wanted that are in `has`, or RAREST_NONE; has NULL: any. */
uint32_t rarest_pick(const struct rarest *rarest, const uint8_t *has, uint32_t random);

#endif
