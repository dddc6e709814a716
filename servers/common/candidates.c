#include "candidates.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)

bool peer_same_address(const struct peer *a, const struct peer *b)
{
    return a->family == b->family && memcmp(a->address, b->address, sizeof a->address) == 0;
}

bool peer_same(const struct peer *a, const struct peer *b)
{
    return a->port == b->port && peer_same_address(a, b);
}

static struct candidate *find(struct candidates *candidates, const struct peer *at)
{
    for (size_t i = 0; i < candidates->count; i++) {
        if (peer_same(&candidates->list[i].at, at))
            return &candidates->list[i];
    }
    return NULL;
}

/* 0.0.0.0, broadcast and multicast are nobody's. */
static bool is_address(const struct peer *at)
{
    if (at->family == AF_INET)
        return at->address[0] != 0 && at->address[0] < 224;
    static const uint8_t none[16];
    return at->family == AF_INET6 && at->address[0] != 0xff &&
           memcmp(at->address, none, sizeof none) != 0;
}

static struct candidate *make_room(struct candidates *candidates)
{
    if (candidates->count < CANDIDATES_MOST)
        return &candidates->list[candidates->count++];
    struct candidate *worst = NULL;
    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *one = &candidates->list[i];
        if (!one->busy && !one->never && one->failures > 0 &&
            (worst == NULL || one->failures > worst->failures))
            worst = one;
    }
    return worst;
}

void candidates_add(struct candidates *candidates, const struct peer *at)
{
    if (at->port == 0 || !is_address(at) || candidates_banned(candidates, at) ||
        find(candidates, at) != NULL)
        return;
    struct candidate *place = make_room(candidates);
    if (place != NULL)
        *place = (struct candidate){.at = *at};
}

bool candidates_next(struct candidates *candidates, uint64_t now, struct peer *at)
{
    if (candidates->count == 0)
        return false;
    candidates->random = candidates->random * 1664525u + 1013904223u;
    size_t from = (candidates->random >> 8) % candidates->count;
    struct candidate *best = NULL;
    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *one = &candidates->list[(from + i) % candidates->count];
        if (!one->busy && !one->never && one->next_try <= now &&
            (best == NULL || one->failures < best->failures))
            best = one;
    }
    if (best == NULL)
        return false;
    best->busy = true;
    *at = best->at;
    return true;
}

void candidates_busy(struct candidates *candidates, const struct peer *at)
{
    candidates_add(candidates, at);
    struct candidate *one = find(candidates, at);
    if (one != NULL)
        one->busy = true;
}

/* 10 s, 20 s, 40 s ... up to 20 min, and up to half as much again, so that two who missed each
 * other do not do so for ever. */
static uint64_t patience(struct candidates *candidates, unsigned failures)
{
    uint64_t wait = (failures > 0 ? 10 * SECOND : 2 * SECOND) << (failures > 7 ? 7 : failures);
    candidates->random = candidates->random * 1664525u + 1013904223u;
    return wait / 2 + (wait >> 16) * (candidates->random >> 16);
}

void candidates_done(struct candidates *candidates, const struct peer *at, bool failed,
                     uint64_t now)
{
    struct candidate *one = find(candidates, at);
    if (one == NULL)
        return;
    one->busy = false;
    one->failures = failed ? (uint8_t)(one->failures + (one->failures < 20)) : 0;
    one->next_try = now + patience(candidates, one->failures);
}

void candidates_never(struct candidates *candidates, const struct peer *at)
{
    struct candidate *one = find(candidates, at);
    if (one != NULL)
        one->never = true;
}

void candidates_ban(struct candidates *candidates, const struct peer *address)
{
    if (candidates_banned(candidates, address))
        return;
    candidates->banned[candidates->banned_next++ % CANDIDATES_MOST] = *address;
    if (candidates->banned_count < CANDIDATES_MOST)
        candidates->banned_count++;
    for (size_t i = 0; i < candidates->count;) {
        if (peer_same_address(&candidates->list[i].at, address))
            candidates->list[i] = candidates->list[--candidates->count];
        else
            i++;
    }
}

bool candidates_banned(const struct candidates *candidates, const struct peer *address)
{
    for (size_t i = 0; i < candidates->banned_count; i++) {
        if (peer_same_address(&candidates->banned[i], address))
            return true;
    }
    return false;
}

size_t candidates_free(const struct candidates *candidates)
{
    size_t count = 0;
    for (size_t i = 0; i < candidates->count; i++)
        count += !candidates->list[i].busy && !candidates->list[i].never;
    return count;
}
