#include "strategy.h"

#include <string.h>
#include <sys/socket.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t strategy_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(*state);
}

uint64_t strategy_hash(uint64_t seed, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ seed;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return mix(hash);
}

/* ---- the strategies -------------------------------------------------------------------------- */

static size_t round_robin(const struct choice *choice)
{
    return (size_t)(choice->turn % choice->count);
}

/* Fewer unfinished requests come first, then fewer connections: one may ask any moment. */
static uint64_t load_of(const struct replica *replica)
{
    uint64_t unfinished = atomic_load_explicit(&replica->unfinished, memory_order_relaxed);
    return unfinished << 32 | replica->connections;
}

/* The smallest by `cost`; among equals the one whose turn it is. */
static size_t cheapest(const struct choice *choice,
                       uint64_t (*cost)(const struct choice *, const struct replica *))
{
    size_t best = round_robin(choice);
    uint64_t least = cost(choice, choice->of[best]);
    for (size_t i = 1; i < choice->count; i++) {
        size_t at = (size_t)((choice->turn + i) % choice->count);
        uint64_t here = cost(choice, choice->of[at]);
        if (here < least) {
            least = here;
            best = at;
        }
    }
    return best;
}

static uint64_t load_cost(const struct choice *choice, const struct replica *replica)
{
    (void)choice;
    return load_of(replica);
}

static size_t least_loaded(const struct choice *choice)
{
    return cheapest(choice, load_cost);
}

/* M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001. */
static size_t two_choices(const struct choice *choice)
{
    if (choice->count == 1)
        return 0;
    size_t one = (size_t)(strategy_random(choice->random) % choice->count);
    size_t other = (size_t)(strategy_random(choice->random) % (choice->count - 1));
    other += other >= one;
    return load_of(choice->of[other]) < load_of(choice->of[one]) ? other : one;
}

/* What a request would have to wait for: those ahead of it, and itself. One that is not known yet
 * is asked once, and not again before it has answered. The algorithm is Finagle's "peak EWMA". */
static uint64_t latency_cost(const struct choice *choice, const struct replica *replica)
{
    const uint64_t unknown = UINT64_C(1) << 40;
    uint64_t latency = replica_latency(replica, choice->now);
    uint64_t waiting = atomic_load_explicit(&replica->unfinished, memory_order_relaxed);
    if (latency == 0)
        return waiting == 0 && replica->connections == 0 ? 0 : unknown + load_of(replica);
    uint64_t cost = latency * (waiting + 1);
    return cost < unknown ? cost : unknown;
}

static size_t latency_aware(const struct choice *choice)
{
    return cheapest(choice, latency_cost);
}

/* Rendezvous hashing (D. Thaler, C. Ravishankar, 1998): a client stays where it is unless that
 * replica goes, whatever becomes of the others. */
static size_t source_hash(const struct choice *choice)
{
    size_t length = choice->client->family == AF_INET ? 4 : 16;
    uint64_t best_score = 0;
    size_t best = 0;
    for (size_t i = 0; i < choice->count; i++) {
        uint64_t score = strategy_hash(choice->of[i]->hash, choice->client->address, length);
        if (i == 0 || score > best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

static const struct strategy strategies[] = {
    {"rr", round_robin},     {"least", least_loaded}, {"p2c", two_choices},
    {"ewma", latency_aware}, {"hash", source_hash},
};

const struct strategy *strategy_named(const char *name)
{
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++)
        if (strcmp(strategies[i].name, name) == 0)
            return &strategies[i];
    return NULL;
}

const char *strategy_name(const struct strategy *strategy)
{
    return strategy->name;
}
