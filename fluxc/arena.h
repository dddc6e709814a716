/* arena.h - the memory of one compilation: allocated from anywhere, freed all at once.
 *
 * Running out of memory ends the compilation through the arena's `out_of_memory`, which reports
 * and exits with status 2 (nothing has been written by then); makers below never return NULL.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A string of exactly these bytes, one copy per compilation: compare by pointer. No NUL inside. */
const char *arena_intern(struct arena *arena, const char *text, size_t length);
const char *arena_intern_string(struct arena *arena, const char *text);

/* An array that grows: VECTOR(struct node *) nodes; vector_push(arena, &nodes, node). Memory that
 * growth leaves behind stays in the arena. Zero-initialised is empty. */
#define VECTOR(type)                                                                               \
    struct {                                                                                       \
        type *at;                                                                                  \
        unsigned count, capacity;                                                                  \
    }
#define vector_push(arena, vector, value)                                                          \
    (((vector)->count == (vector)->capacity                                                        \
          ? (void)((vector)->at = arena_grow((arena), (vector)->at, (vector)->count,               \
                                             &(vector)->capacity, sizeof *(vector)->at))           \
          : (void)0),                                                                              \
     (void)((vector)->at[(vector)->count++] = (value)))
void *arena_grow(struct arena *arena, const void *old, unsigned count, unsigned *capacity,
                 size_t size);

#endif
