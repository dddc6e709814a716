#include "cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The entries that were used `uses` times. Frequencies stand in a list, by `uses`, and there are no
 * empty ones: what is replaced next is the oldest entry of the first. */
struct cache_frequency {
    uint64_t uses;
    struct cache_frequency *lower, *higher;
    struct cache_entry *newest, *oldest;
};

struct cache {
    size_t limit, bytes;
    struct cache_frequency *lowest;
    struct cache_entry **slots; /* chained */
    size_t slot_count;          /* a power of two */
    size_t count;
};

#define FIRST_SLOTS 64

/* What an entry costs; its key and the entry itself count, or many small ones would cost nothing.
 */
static size_t cost(const struct cache_entry *entry)
{
    return sizeof *entry + entry->key_length + entry->size;
}

/* ---- the table ------------------------------------------------------------------------------- */

/* FNV-1a, 64 bits; keys are names of files that exist, so nobody can choose them to collide. */
static uint64_t hash_of(const unsigned char *key, size_t length)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ key[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

static struct cache_entry **slot_of(const struct cache *cache, uint64_t hash)
{
    return &cache->slots[hash & (cache->slot_count - 1)];
}

/* More slots; without memory the chains grow longer instead. */
static void grow(struct cache *cache)
{
    size_t old_count = cache->slot_count;
    struct cache_entry **old = cache->slots;
    struct cache_entry **slots = calloc(2 * old_count, sizeof(struct cache_entry *));
    if (slots == NULL)
        return;
    cache->slots = slots;
    cache->slot_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct cache_entry *entry = old[i], *next; entry != NULL; entry = next) {
            next = entry->chain;
            struct cache_entry **slot = slot_of(cache, entry->hash);
            entry->chain = *slot;
            *slot = entry;
        }
    }
    free(old);
}

/* ---- frequencies ----------------------------------------------------------------------------- */

/* Behind `lower`, or first. NULL when there is no memory. */
static struct cache_frequency *frequency_after(struct cache *cache, struct cache_frequency *lower,
                                               uint64_t uses)
{
    struct cache_frequency *higher = lower != NULL ? lower->higher : cache->lowest;
    if (higher != NULL && higher->uses == uses)
        return higher;
    struct cache_frequency *frequency = calloc(1, sizeof *frequency);
    if (frequency == NULL)
        return NULL;
    frequency->uses = uses;
    frequency->lower = lower;
    frequency->higher = higher;
    if (higher != NULL)
        higher->lower = frequency;
    if (lower != NULL)
        lower->higher = frequency;
    else
        cache->lowest = frequency;
    return frequency;
}

static void frequency_drop_if_empty(struct cache *cache, struct cache_frequency *frequency)
{
    if (frequency->newest != NULL)
        return;
    if (frequency->lower != NULL)
        frequency->lower->higher = frequency->higher;
    else
        cache->lowest = frequency->higher;
    if (frequency->higher != NULL)
        frequency->higher->lower = frequency->lower;
    free(frequency);
}

static void enter(struct cache_frequency *frequency, struct cache_entry *entry)
{
    entry->frequency = frequency;
    entry->newer = NULL;
    entry->older = frequency->newest;
    if (entry->older != NULL)
        entry->older->newer = entry;
    else
        frequency->oldest = entry;
    frequency->newest = entry;
}

/* Leaves the frequency in place, be it empty. */
static void leave(struct cache_entry *entry)
{
    struct cache_frequency *frequency = entry->frequency;
    if (entry->newer != NULL)
        entry->newer->older = entry->older;
    else
        frequency->newest = entry->older;
    if (entry->older != NULL)
        entry->older->newer = entry->newer;
    else
        frequency->oldest = entry->newer;
    entry->frequency = NULL;
}

/* One more use. Without memory for the next frequency it stays where it is. */
static void promote(struct cache *cache, struct cache_entry *entry)
{
    struct cache_frequency *frequency = entry->frequency;
    struct cache_frequency *next = frequency_after(cache, frequency, frequency->uses + 1);
    leave(entry);
    enter(next != NULL ? next : frequency, entry);
    frequency_drop_if_empty(cache, frequency);
}

/* ---- entries --------------------------------------------------------------------------------- */

static void destroy(struct cache_entry *entry)
{
    if (entry->made >= 0)
        close(entry->made);
    free(entry->data);
    free(entry);
}

/* It cannot be found any more; it goes with its last reference. */
static void forget(struct cache *cache, struct cache_entry *entry)
{
    if (!entry->listed)
        return;
    struct cache_entry **link = slot_of(cache, entry->hash);
    while (*link != entry)
        link = &(*link)->chain;
    *link = entry->chain;
    entry->listed = false;
    cache->count--;

    struct cache_frequency *frequency = entry->frequency;
    if (frequency != NULL) {
        leave(entry);
        frequency_drop_if_empty(cache, frequency);
        cache->bytes -= cost(entry);
    }
    if (entry->references == 0)
        destroy(entry);
}

static void wake(struct cache_entry *entry)
{
    if (entry->made >= 0)
        eventfd_write(entry->made, 1);
}

struct cache *cache_new(size_t limit)
{
    struct cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    cache->limit = limit;
    cache->slot_count = FIRST_SLOTS;
    cache->slots = calloc(FIRST_SLOTS, sizeof(struct cache_entry *));
    if (cache->slots == NULL) {
        free(cache);
        return NULL;
    }
    return cache;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->lowest != NULL)
        forget(cache, cache->lowest->oldest);
    free(cache->slots);
    free(cache);
}

struct cache_entry *cache_find(struct cache *cache, const void *key, size_t length,
                               uint64_t version)
{
    uint64_t hash = hash_of(key, length);
    struct cache_entry *entry = *slot_of(cache, hash);
    while (entry != NULL && (entry->hash != hash || entry->key_length != length ||
                             memcmp(entry->key, key, length) != 0))
        entry = entry->chain;
    if (entry == NULL)
        return NULL;
    if (entry->version != version) {
        forget(cache, entry);
        return NULL;
    }
    entry->references++;
    if (entry->frequency != NULL)
        promote(cache, entry);
    return entry;
}

struct cache_entry *cache_add(struct cache *cache, const void *key, size_t length, uint64_t version)
{
    struct cache_entry *entry = calloc(1, sizeof *entry + length);
    if (entry == NULL)
        return NULL;
    entry->state = CACHE_MAKING;
    entry->version = version;
    entry->references = 1;
    entry->made = -1;
    entry->key_length = length;
    memcpy(entry->key, key, length);
    entry->hash = hash_of(key, length);

    if (cache->count >= cache->slot_count)
        grow(cache);
    struct cache_entry **slot = slot_of(cache, entry->hash);
    entry->chain = *slot;
    *slot = entry;
    entry->listed = true;
    cache->count++;
    return entry;
}

void cache_fill(struct cache *cache, struct cache_entry *entry, void *data, size_t size)
{
    entry->data = data;
    entry->size = size;
    entry->state = CACHE_READY;
    wake(entry);
    if (!entry->listed)
        return;

    if (cost(entry) > cache->limit) {
        forget(cache, entry);
        return;
    }
    while (cache->bytes > cache->limit - cost(entry))
        forget(cache, cache->lowest->oldest);
    struct cache_frequency *once = frequency_after(cache, NULL, 1);
    if (once == NULL) {
        forget(cache, entry);
        return;
    }
    enter(once, entry);
    cache->bytes += cost(entry);
}

void cache_fail(struct cache *cache, struct cache_entry *entry, int error)
{
    entry->state = CACHE_FAILED;
    entry->error = error;
    wake(entry);
    forget(cache, entry);
}

int cache_watch(struct cache_entry *entry)
{
    if (entry->made < 0)
        entry->made = eventfd(entry->state == CACHE_MAKING ? 0 : 1, EFD_CLOEXEC | EFD_NONBLOCK);
    return entry->made;
}

void cache_release(struct cache *cache, struct cache_entry *entry)
{
    (void)cache;
    if (--entry->references == 0 && !entry->listed)
        destroy(entry);
}

size_t cache_count(const struct cache *cache)
{
    return cache->count;
}

size_t cache_bytes(const struct cache *cache)
{
    return cache->bytes;
}
