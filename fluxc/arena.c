#include "arena.h"

#include <limits.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What lies in a chunk and has not been asked for, and a gap behind every request, is out of bounds
 * for the address sanitizer. */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define FORBID(memory, size) ASAN_POISON_MEMORY_REGION(memory, size)
#define ALLOW(memory, size)  ASAN_UNPOISON_MEMORY_REGION(memory, size)
#define GAP                  alignof(max_align_t)
#else
#define FORBID(memory, size) ((void)(memory), (void)(size))
#define ALLOW(memory, size)  ((void)(memory), (void)(size))
#define GAP                  ((size_t)0)
#endif

/* Chunks grow with the compilation, so that a small program costs a page or two and a large one
 * few calls of malloc. A request that would waste much of a chunk gets one of its own. */
#define CHUNK_FIRST ((size_t)16 << 10)
#define CHUNK_LAST  ((size_t)1 << 20)

struct chunk {
    struct chunk *next;
    alignas(max_align_t) char bytes[];
};

/* The table of interned strings: open addressing, a power of two of slots, at most half full. */
struct interned {
    const char *text;
    size_t length;
    uint64_t hash;
};

struct arena {
    struct chunk *chunks;
    char *free, *end;  /* what is left of the newest shared chunk; all zero */
    size_t chunk_size; /* of the next one */
    struct interned *strings;
    size_t string_count, string_slots;
};

static _Noreturn void out_of_memory(void)
{
    fputs("fluxc: error: out of memory\n", stderr);
    exit(2);
}

struct arena *arena_new(void)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        out_of_memory();
    arena->chunk_size = CHUNK_FIRST;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct chunk *chunk = arena->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(arena->strings);
    free(arena);
}

static char *chunk_new(struct arena *arena, size_t size)
{
    struct chunk *chunk = NULL;
    if (size <= SIZE_MAX - sizeof *chunk)
        chunk = calloc(1, sizeof *chunk + size);
    if (chunk == NULL)
        out_of_memory();
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk->bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t unit = alignof(max_align_t), wanted = size;
    if (size > SIZE_MAX - unit - GAP)
        out_of_memory();
    size = (size + unit - 1) / unit * unit + GAP;
    if (size == 0)
        size = unit;
    if (size > (size_t)(arena->end - arena->free)) {
        if (size > arena->chunk_size / 4)
            return chunk_new(arena, wanted);
        arena->free = chunk_new(arena, arena->chunk_size);
        arena->end = arena->free + arena->chunk_size;
        FORBID(arena->free, arena->chunk_size);
        if (arena->chunk_size < CHUNK_LAST)
            arena->chunk_size *= 2;
    }
    void *memory = arena->free;
    ALLOW(memory, wanted);
    arena->free += size;
    return memory;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        out_of_memory(); /* longer than INT_MAX */
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static uint64_t hash_bytes(const char *text, size_t length)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

static struct interned *find_slot(struct interned *slots, size_t count, uint64_t hash,
                                  const char *text, size_t length)
{
    size_t i = (size_t)hash & (count - 1);
    while (slots[i].text != NULL && (slots[i].hash != hash || slots[i].length != length ||
                                     memcmp(slots[i].text, text, length) != 0))
        i = (i + 1) & (count - 1);
    return &slots[i];
}

static void grow_strings(struct arena *arena)
{
    size_t slots = arena->string_slots == 0 ? 256 : arena->string_slots * 2;
    struct interned *bigger = calloc(slots, sizeof *bigger);
    if (bigger == NULL)
        out_of_memory();
    for (size_t i = 0; i < arena->string_slots; i++) {
        const struct interned *old = &arena->strings[i];
        if (old->text != NULL)
            *find_slot(bigger, slots, old->hash, old->text, old->length) = *old;
    }
    free(arena->strings);
    arena->strings = bigger;
    arena->string_slots = slots;
}

const char *arena_intern(struct arena *arena, const char *text, size_t length)
{
    if (arena->string_count * 2 >= arena->string_slots)
        grow_strings(arena);
    uint64_t hash = hash_bytes(text, length);
    struct interned *slot = find_slot(arena->strings, arena->string_slots, hash, text, length);
    if (slot->text == NULL) {
        if (length == SIZE_MAX)
            out_of_memory();
        char *copy = arena_alloc(arena, length + 1);
        memcpy(copy, text, length);
        *slot = (struct interned){copy, length, hash};
        arena->string_count++;
    }
    return slot->text;
}

const char *arena_intern_string(struct arena *arena, const char *text)
{
    return arena_intern(arena, text, strlen(text));
}

void *arena_grow(struct arena *arena, const void *old, unsigned count, unsigned *capacity,
                 size_t size)
{
    if (*capacity > UINT_MAX / 2 || *capacity > SIZE_MAX / 2 / size)
        out_of_memory();
    *capacity = *capacity == 0 ? 8 : *capacity * 2;
    void *bigger = arena_alloc(arena, *capacity * size);
    if (count > 0)
        memcpy(bigger, old, count * size);
    return bigger;
}
