/* The cache: what it keeps, what it replaces, and what those who share an entry see. */
#include "cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cache_entry *find(struct cache *cache, const char *key)
{
    return cache_find(cache, key, strlen(key), 1);
}

static struct cache_entry *add(struct cache *cache, const char *key)
{
    struct cache_entry *entry = cache_add(cache, key, strlen(key), 1);
    assert_non_null(entry);
    return entry;
}

/* Makes an entry of `size` bytes and lets go of it. */
static void put(struct cache *cache, const char *key, size_t size)
{
    struct cache_entry *entry = add(cache, key);
    void *data = malloc(size);
    assert_non_null(data);
    cache_fill(cache, entry, data, size);
    cache_release(cache, entry);
}

/* Uses it once; whether it was there. */
static bool use(struct cache *cache, const char *key)
{
    struct cache_entry *entry = find(cache, key);
    if (entry != NULL)
        cache_release(cache, entry);
    return entry != NULL;
}

static bool is_readable(int fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    return poll(&waiting, 1, 0) == 1;
}

static void cache_find__entry_being_made__is_shared_and_wakes(void **state)
{
    (void)state;
    struct cache *cache = cache_new(100000);
    struct cache_entry *maker = add(cache, "k");
    struct cache_entry *follower = find(cache, "k");
    assert_ptr_equal(follower, maker);
    assert_int_equal(follower->state, CACHE_MAKING);
    int made = cache_watch(follower);
    assert_true(made >= 0);
    assert_int_equal(cache_watch(find(cache, "k")), made);
    assert_false(is_readable(made));

    cache_fill(cache, maker, strdup("jpeg"), 5);
    assert_true(is_readable(made));
    assert_true(is_readable(made)); /* for all who wait */
    assert_int_equal(follower->state, CACHE_READY);
    assert_string_equal(follower->data, "jpeg");
    for (int i = 0; i < 3; i++)
        cache_release(cache, maker);
    assert_int_equal(cache_count(cache), 1);
    cache_free(cache);
}

static void cache_watch__entry_already_made__readable_at_once(void **state)
{
    (void)state;
    struct cache *cache = cache_new(100000);
    put(cache, "k", 10);
    struct cache_entry *entry = find(cache, "k");
    assert_true(is_readable(cache_watch(entry)));
    cache_release(cache, entry);
    cache_free(cache);
}

static void cache_fail__those_who_wait_are_told__the_next_tries_again(void **state)
{
    (void)state;
    struct cache *cache = cache_new(100000);
    struct cache_entry *maker = add(cache, "k");
    struct cache_entry *follower = find(cache, "k");
    int made = cache_watch(follower);
    cache_fail(cache, maker, ENOENT);
    cache_release(cache, maker);
    assert_true(is_readable(made));
    assert_int_equal(follower->state, CACHE_FAILED);
    assert_int_equal(follower->error, ENOENT);
    assert_null(find(cache, "k"));
    cache_release(cache, follower);
    assert_int_equal(cache_count(cache), 0);
    cache_free(cache);
}

static void cache_fill__no_room__least_frequently_used_goes(void **state)
{
    (void)state;
    put(*state = cache_new(100000), "probe", 10000);
    size_t each = cache_bytes(*state);
    cache_free(*state);

    struct cache *cache = cache_new(3 * each);
    put(cache, "a----", 10000);
    put(cache, "b----", 10000);
    put(cache, "c----", 10000);
    assert_true(use(cache, "a----") && use(cache, "a----"));
    assert_true(use(cache, "b----"));
    assert_true(use(cache, "c----") && use(cache, "c----") && use(cache, "c----"));
    put(cache, "d----", 10000); /* b was used least */
    assert_false(use(cache, "b----"));
    put(cache, "e----", 10000); /* d was never used */
    assert_false(use(cache, "d----"));
    assert_true(use(cache, "a----") && use(cache, "c----") && use(cache, "e----"));
    assert_true(cache_bytes(cache) <= 3 * each);
    cache_free(cache);
}

static void cache_fill__equally_frequent__the_longest_unused_goes(void **state)
{
    (void)state;
    put(*state = cache_new(100000), "probe", 10000);
    size_t each = cache_bytes(*state);
    cache_free(*state);

    struct cache *cache = cache_new(2 * each);
    put(cache, "a----", 10000);
    put(cache, "b----", 10000);
    assert_true(use(cache, "b----") && use(cache, "a----"));
    put(cache, "c----", 10000);
    assert_false(use(cache, "b----"));
    assert_true(use(cache, "a----"));
    cache_free(cache);
}

static void cache_fill__larger_than_the_cache__delivered_but_not_kept(void **state)
{
    (void)state;
    struct cache *cache = cache_new(1000);
    put(cache, "small", 100);
    struct cache_entry *entry = add(cache, "large");
    cache_fill(cache, entry, calloc(1, 5000), 5000);
    assert_int_equal(entry->state, CACHE_READY);
    assert_int_equal(entry->size, 5000);
    assert_null(find(cache, "large"));
    cache_release(cache, entry);
    assert_true(use(cache, "small")); /* nothing was thrown out for it */
    cache_free(cache);

    cache = cache_new(0);
    put(cache, "k", 1);
    assert_int_equal(cache_count(cache), 0);
    cache_free(cache);
}

static void cache_fill__replaced_while_in_use__stays_valid(void **state)
{
    (void)state;
    struct cache *cache = cache_new(2000);
    struct cache_entry *entry = add(cache, "a");
    cache_fill(cache, entry, strdup("still here"), 11);
    for (int i = 0; i < 10; i++) {
        char key[] = {'k', (char)('0' + i), '\0'};
        put(cache, key, 1500);
    }
    assert_null(find(cache, "a"));
    assert_string_equal(entry->data, "still here");
    cache_release(cache, entry);
    cache_free(cache);
}

static void cache_find__other_version__made_again(void **state)
{
    (void)state;
    struct cache *cache = cache_new(100000);
    put(cache, "k", 10);
    assert_null(cache_find(cache, "k", 1, 2));
    assert_int_equal(cache_count(cache), 0);
    assert_int_equal(cache_bytes(cache), 0);

    /* Also while it is being made: then two of them are, for a moment. */
    struct cache_entry *old = add(cache, "k");
    assert_null(cache_find(cache, "k", 1, 2));
    struct cache_entry *young = cache_add(cache, "k", 1, 2);
    cache_fill(cache, old, strdup("old"), 4);
    cache_fill(cache, young, strdup("young"), 6);
    cache_release(cache, old);
    cache_release(cache, young);
    struct cache_entry *found = cache_find(cache, "k", 1, 2);
    assert_string_equal(found->data, "young");
    cache_release(cache, found);
    cache_free(cache);
}

/* Against a plain model: who is there, and who goes, over many random operations. */
static void cache__random_use__as_the_model_says(void **state)
{
    (void)state;
    enum { KEYS = 40, ROOM = 12 };
    put(*state = cache_new(100000), "k00", 100);
    size_t each = cache_bytes(*state);
    cache_free(*state);
    struct cache *cache = cache_new(ROOM * each);
    uint64_t uses[KEYS] = {0}, touched[KEYS] = {0}, clock = 0;
    unsigned seed = 1;
    for (int step = 0; step < 20000; step++) {
        seed = seed * 1103515245 + 12345;
        unsigned k = (seed >> 16) % KEYS;
        if (k > 10)
            k = (seed >> 24) % KEYS;
        char key[8];
        snprintf(key, sizeof key, "k%02u", k);
        assert_int_equal(use(cache, key), uses[k] > 0);
        touched[k] = ++clock;
        if (uses[k]++ > 0)
            continue;
        int kept = 0, victim = -1;
        for (int i = 0; i < KEYS; i++) {
            if (uses[i] == 0 || i == (int)k)
                continue;
            kept++;
            if (victim < 0 || uses[i] < uses[victim] ||
                (uses[i] == uses[victim] && touched[i] < touched[victim]))
                victim = i;
        }
        if (kept == ROOM)
            uses[victim] = 0;
        put(cache, key, 100);
    }
    cache_free(cache);
}

static void cache_add__thousands__all_found(void **state)
{
    (void)state;
    struct cache *cache = cache_new(SIZE_MAX);
    char key[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(cache, key, 1);
    }
    assert_int_equal(cache_count(cache), 5000);
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%d", i);
        assert_true(use(cache, key));
    }
    assert_false(use(cache, "5000"));
    cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cache_find__entry_being_made__is_shared_and_wakes),
        cmocka_unit_test(cache_watch__entry_already_made__readable_at_once),
        cmocka_unit_test(cache_fail__those_who_wait_are_told__the_next_tries_again),
        cmocka_unit_test(cache_fill__no_room__least_frequently_used_goes),
        cmocka_unit_test(cache_fill__equally_frequent__the_longest_unused_goes),
        cmocka_unit_test(cache_fill__larger_than_the_cache__delivered_but_not_kept),
        cmocka_unit_test(cache_fill__replaced_while_in_use__stays_valid),
        cmocka_unit_test(cache_find__other_version__made_again),
        cmocka_unit_test(cache__random_use__as_the_model_says),
        cmocka_unit_test(cache_add__thousands__all_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
