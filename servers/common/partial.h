/* partial.h - pieces that are under way: blocks that have been asked for, and that have come.
 *
 * A piece is fetched in blocks of 16 KiB, from one peer or several, into memory; it is written once
 * it is whole and right. Pieces that still have blocks nobody has been asked for come first in the
 * list, in order of age, so that few pieces are begun at a time.
 *
 * Nothing here is locked: in the .flux file every node that calls these functions holds one
 * constraint.
 */
#ifndef PARTIAL_H
#define PARTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_SIZE 16384u

struct block {
    uint32_t from;  /* a number of the peer that it came from */
    uint16_t asked; /* peers that have been asked and have not answered */
    bool got;
};

struct partial {
    uint32_t piece, size, blocks;
    uint32_t got, asked;          /* blocks that are there; that are not, but have been asked for */
    uint32_t next_free;           /* before it no block is free: neither asked for nor there */
    struct partial *next, **link; /* in the list */
    uint8_t *data;                /* from malloc */
    struct block block[];
};

/* Those under way. */
struct partials {
    struct partial *first;
    uint64_t bytes; /* of all of them, and of those that have been taken and not freed */
    uint32_t count;
};

/* Begins a piece of `size` bytes. NULL where there is no memory. */
struct partial *partial_begin(struct partials *partials, uint32_t piece, uint32_t size);
struct partial *partial_find(const struct partials *partials, uint32_t piece);
/* Takes it out of the list, as it is whole; or gives it up. */
void partial_take(struct partial *partial);
void partial_free(struct partials *partials, struct partial *partial);
void partial_free_all(struct partials *partials);

/* A block that nobody has been asked for, which counts as asked from here on; or UINT32_MAX. */
uint32_t partial_ask(struct partial *partial);
/* For the end game: another peer is asked as well. */
void partial_ask_again(struct partial *partial, uint32_t block);
/* A peer that has been asked will not answer. */
void partial_unask(struct partial *partial, uint32_t block);
bool partial_has_free(const struct partial *partial);

/* A block that somebody has been asked for has come. Returns whether the piece is whole now. */
bool partial_store(struct partial *partial, uint32_t block, const void *data, uint32_t from);
/* Bytes in a block: the last may be shorter. */
uint32_t partial_block_size(const struct partial *partial, uint32_t block);

#endif
