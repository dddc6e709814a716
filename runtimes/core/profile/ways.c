/* ways.c - how often flows have gone which way.
 *
 * A way is looked up in a table of the thread's shard. Threads of one shard insert with one
 * exchange and never remove, so a look-up takes no lock. Ways that are taken are few, however many
 * there are, and the last one that a thread has taken is mostly the next one, too.
 */
#include "ways.h"

#include "watched.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS   1024u
#define WAYS_MOST (1u << 18) /* in all shards: 16 MB */

struct shard {
    _Atomic(struct fluxi_way *) buckets[BUCKETS];
};

static _Atomic(struct shard *) shards[FLUXI_SHARDS];
static atomic_uint threads, way_count;
static atomic_ullong *unknown; /* by source, where there is no memory for a way */

unsigned fluxi_shard(void)
{
    static _Thread_local unsigned mine; /* from 1; 0: not known */
    if (mine == 0)
        mine = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % FLUXI_SHARDS;
    return mine - 1;
}

static struct shard *shard_of(unsigned index)
{
    struct shard *shard = atomic_load_explicit(&shards[index], memory_order_acquire), *none = NULL;
    if (shard != NULL)
        return shard;
    shard = calloc(1, sizeof *shard);
    if (shard != NULL && !atomic_compare_exchange_strong(&shards[index], &none, shard)) {
        free(shard);
        shard = none;
    }
    return shard;
}

static struct fluxi_way *way_new(unsigned source, uint64_t number)
{
    struct fluxi_way *way = NULL;
    if (atomic_fetch_add_explicit(&way_count, 1, memory_order_relaxed) < WAYS_MOST)
        way = calloc(1, sizeof *way);
    if (way == NULL) {
        atomic_fetch_sub_explicit(&way_count, 1, memory_order_relaxed);
        return NULL;
    }
    way->source = source;
    way->number = number;
    return way;
}

static struct fluxi_way *search(struct fluxi_way *way, unsigned source, uint64_t number)
{
    while (way != NULL && (way->number != number || way->source != source))
        way = way->next;
    return way;
}

struct fluxi_way *fluxi_way_find(unsigned source, uint64_t number)
{
    struct shard *shard = shard_of(fluxi_shard());
    if (shard == NULL)
        return NULL;
    /* Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4. */
    uint64_t hash = (number + source) * UINT64_C(0x9E3779B97F4A7C15);
    _Atomic(struct fluxi_way *) *bucket = &shard->buckets[hash >> 54];
    struct fluxi_way *first = atomic_load_explicit(bucket, memory_order_acquire);
    struct fluxi_way *way = search(first, source, number), *fresh = NULL;
    while (way == NULL) {
        if (fresh == NULL && (fresh = way_new(source, number)) == NULL)
            return NULL;
        fresh->next = first;
        if (atomic_compare_exchange_strong(bucket, &first, fresh))
            return fresh;
        way = search(first, source, number);
    }
    if (fresh != NULL) { /* raced: a thread of this shard was faster */
        free(fresh);
        atomic_fetch_sub_explicit(&way_count, 1, memory_order_relaxed);
    }
    return way;
}

/* ---- where there is no memory ---------------------------------------------------------------- */

uint64_t fluxi_ways_unknown(unsigned source)
{
    return atomic_load_explicit(&unknown[source], memory_order_relaxed);
}

static uint64_t value(atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* ---- what emitted code calls ----------------------------------------------------------------- */

void flux_path_count(struct flux_flow *flow, uint64_t number)
{
    unsigned source = (unsigned)(flow->source - flux_program.sources);
    struct fluxi_way *way = fluxi_way_find(source, number);
    atomic_ullong *count = way != NULL ? &way->count : &unknown[source];
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
    if (flux_profiled(flow)->watch != NULL)
        fluxi_watch_way(flow, way);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const struct fluxi_way_sum *left = a, *right = b;
    if (left->source != right->source)
        return left->source < right->source ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* Adds up what shards know of the same way. */
static size_t merge(struct fluxi_way_sum *sums, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && by_number(&sums[kept - 1], &sums[i]) == 0) {
            struct fluxi_way_sum *to = &sums[kept - 1];
            to->count += sums[i].count;
            to->sampled += sums[i].sampled;
            to->cpu += sums[i].cpu;
            to->blocked += sums[i].blocked;
            to->waited += sums[i].waited;
        } else {
            sums[kept++] = sums[i];
        }
    }
    return kept;
}

int fluxi_ways_sum(struct fluxi_way_sum **sums, size_t *count)
{
    size_t room = atomic_load(&way_count) + 64u, used = 0;
    *sums = calloc(room, sizeof **sums);
    if (*sums == NULL)
        return ENOMEM;
    for (unsigned s = 0; s < FLUXI_SHARDS; s++) {
        struct shard *shard = atomic_load_explicit(&shards[s], memory_order_acquire);
        for (unsigned b = 0; shard != NULL && b < BUCKETS; b++) {
            struct fluxi_way *way = atomic_load_explicit(&shard->buckets[b], memory_order_acquire);
            /* Those that were first seen since the room was measured come the next time. */
            for (; way != NULL && used < room; way = way->next)
                (*sums)[used++] = (struct fluxi_way_sum){.source = way->source,
                                                         .number = way->number,
                                                         .count = value(&way->count),
                                                         .sampled = value(&way->sampled),
                                                         .cpu = value(&way->cpu),
                                                         .blocked = value(&way->blocked),
                                                         .waited = value(&way->waited)};
        }
    }
    qsort(*sums, used, sizeof **sums, by_number);
    *count = merge(*sums, used);
    return 0;
}

int fluxi_ways_start(void)
{
    unknown = calloc(flux_program.source_count, sizeof *unknown);
    return unknown != NULL ? 0 : ENOMEM;
}

void fluxi_ways_free(void)
{
    for (unsigned s = 0; s < FLUXI_SHARDS; s++) {
        struct shard *shard = atomic_exchange(&shards[s], NULL);
        for (unsigned b = 0; shard != NULL && b < BUCKETS; b++) {
            struct fluxi_way *way = atomic_load(&shard->buckets[b]), *next;
            for (; way != NULL; way = next) {
                next = way->next;
                free(way);
            }
        }
        free(shard);
    }
    atomic_store(&way_count, 0);
    free(unknown);
    unknown = NULL;
}
