#include "rarest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int rarest_init(struct rarest *rarest, uint32_t pieces, uint32_t peers)
{
    *rarest = (struct rarest){.count = pieces, .wanted = pieces, .levels = peers + 1};
    size_t room = pieces > 0 ? pieces : 1;
    rarest->order = malloc(room * sizeof *rarest->order);
    rarest->place = malloc(room * sizeof *rarest->place);
    rarest->rarity = calloc(room, sizeof *rarest->rarity);
    rarest->first = calloc((size_t)rarest->levels + 1, sizeof *rarest->first);
    if (rarest->order == NULL || rarest->place == NULL || rarest->rarity == NULL ||
        rarest->first == NULL) {
        rarest_free(rarest);
        return ENOMEM;
    }
    for (uint32_t i = 0; i < pieces; i++)
        rarest->order[i] = rarest->place[i] = i;
    for (uint32_t level = 1; level <= rarest->levels; level++)
        rarest->first[level] = pieces;
    return 0;
}

void rarest_free(struct rarest *rarest)
{
    free(rarest->order);
    free(rarest->place);
    free(rarest->rarity);
    free(rarest->first);
    *rarest = (struct rarest){0};
}

static void swap(struct rarest *rarest, uint32_t a, uint32_t b)
{
    uint32_t p = rarest->order[a], q = rarest->order[b];
    rarest->order[a] = q;
    rarest->order[b] = p;
    rarest->place[q] = a;
    rarest->place[p] = b;
}

bool rarest_wants(const struct rarest *rarest, uint32_t piece)
{
    return rarest->place[piece] < rarest->wanted;
}

/* Across the boundary to the next level: it becomes the last of its own, which then ends earlier.
 */
static void rise(struct rarest *rarest, uint32_t piece, uint32_t level)
{
    swap(rarest, rarest->place[piece], --rarest->first[level + 1]);
}

static void fall(struct rarest *rarest, uint32_t piece, uint32_t level)
{
    swap(rarest, rarest->place[piece], rarest->first[level]++);
}

void rarest_add(struct rarest *rarest, uint32_t piece)
{
    uint32_t level = rarest->rarity[piece];
    if (level + 1 >= rarest->levels)
        return;
    if (rarest_wants(rarest, piece))
        rise(rarest, piece, level);
    rarest->rarity[piece]++;
}

void rarest_remove(struct rarest *rarest, uint32_t piece)
{
    uint32_t level = rarest->rarity[piece];
    if (level == 0)
        return;
    if (rarest_wants(rarest, piece))
        fall(rarest, piece, level);
    rarest->rarity[piece]--;
}

/* Beyond the last level are those that are not wanted. */
void rarest_take(struct rarest *rarest, uint32_t piece)
{
    if (!rarest_wants(rarest, piece))
        return;
    for (uint32_t level = rarest->rarity[piece]; level < rarest->levels; level++)
        rise(rarest, piece, level);
    rarest->wanted--;
}

void rarest_put_back(struct rarest *rarest, uint32_t piece)
{
    if (rarest_wants(rarest, piece))
        return;
    rarest->wanted++;
    for (uint32_t level = rarest->levels; level > rarest->rarity[piece]; level--)
        fall(rarest, piece, level);
}

uint32_t rarest_pick(const struct rarest *rarest, const uint8_t *has, uint32_t random)
{
    for (uint32_t at = 0; at < rarest->wanted;) {
        uint32_t level = rarest->rarity[rarest->order[at]];
        uint32_t end = rarest->first[level + 1], size = end - at;
        for (uint32_t i = 0, from = random % size; i < size; i++) {
            uint32_t piece = rarest->order[at + (from + i) % size];
            if (has == NULL || bits_has(has, piece))
                return piece;
        }
        at = end;
    }
    return RAREST_NONE;
}
