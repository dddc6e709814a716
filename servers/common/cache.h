/* cache.h - finished things by name, at most so many bytes, the least frequently used replaced.
 *
 * An entry is found under a key from the moment somebody sets about making it, so whoever asks for
 * the same key meanwhile finds the entry being made instead of making it again. Every entry that
 * cache_find or cache_add returns is referenced, and stays valid until cache_release, replaced or
 * not. Among the least frequently used entries, the one that was used longest ago goes first; all
 * operations take constant time (K. Shah, A. Mitra, D. Matani: An O(1) algorithm for implementing
 * the LFU cache eviction scheme, 2010).
 *
 * Nothing here is locked: in the .flux file every node that calls these functions holds one
 * constraint. None of them blocks. Only `data` and `size` of an entry that is referenced and was
 * seen to be ready may be read without it, since they do not change any more.
 */
#ifndef CACHE_H
#define CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;
struct cache_frequency;

enum cache_state {
    CACHE_MAKING, /* whoever added it has to call cache_fill or cache_fail */
    CACHE_READY,  /* data and size hold */
    CACHE_FAILED, /* it could not be made; error says why */
};

/* Its users read state, error, data and size. */
struct cache_entry {
    enum cache_state state;
    int error;
    void *data;
    size_t size;

    /* The rest is cache.c's. */
    uint64_t version;
    unsigned references;
    int made;    /* readable once the entry is no longer being made; -1: nobody waits */
    bool listed; /* found by its key */
    struct cache_frequency *frequency; /* NULL: not among those that can be replaced */
    struct cache_entry *newer, *older; /* of the same frequency */
    struct cache_entry *chain;         /* in its slot of the table */
    uint64_t hash;
    size_t key_length;
    unsigned char key[];
};

/* NULL when there is no memory. With a limit of 0 bytes nothing outlives its last reference, but
 * what is being made is still shared. */
struct cache *cache_new(size_t limit);
/* Every entry must have been released. */
void cache_free(struct cache *cache);

/* The entry, referenced, and counts one more use of it; or NULL. An entry of another version (a
 * file that has changed since) is forgotten. */
struct cache_entry *cache_find(struct cache *cache, const void *key, size_t length,
                               uint64_t version);

/* A new entry, being made, referenced once; NULL when there is no memory. The key must not be
 * there. */
struct cache_entry *cache_add(struct cache *cache, const void *key, size_t length,
                              uint64_t version);

/* The entry has been made: data (from malloc) belongs to the cache from here on. Whoever waits is
 * woken, and others are replaced until all fit. What is larger than the limit is forgotten. */
void cache_fill(struct cache *cache, struct cache_entry *entry, void *data, size_t size);

/* It could not be made: those who wait are told why, and the next one who asks tries again. */
void cache_fail(struct cache *cache, struct cache_entry *entry, int error);

/* A descriptor that becomes readable, and stays so, once the entry is no longer being made. It is
 * the entry's. Returns -1, with errno set, when there are no more descriptors. */
int cache_watch(struct cache_entry *entry);

void cache_release(struct cache *cache, struct cache_entry *entry);

/* What it holds: entries that can be found, and the bytes of those that are ready. */
size_t cache_count(const struct cache *cache);
size_t cache_bytes(const struct cache *cache);

#endif
