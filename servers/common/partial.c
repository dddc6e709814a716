#include "partial.h"

#include <stdlib.h>
#include <string.h>

struct partial *partial_begin(struct partials *partials, uint32_t piece, uint32_t size)
{
    uint32_t blocks = size / BLOCK_SIZE + (size % BLOCK_SIZE != 0);
    struct partial *partial = calloc(1, sizeof *partial + blocks * sizeof partial->block[0]);
    if (partial == NULL || (partial->data = malloc(size)) == NULL) {
        free(partial);
        return NULL;
    }
    partial->piece = piece;
    partial->size = size;
    partial->blocks = blocks;
    struct partial **link = &partials->first;
    while (*link != NULL)
        link = &(*link)->next;
    partial->link = link;
    *link = partial;
    partials->bytes += size;
    partials->count++;
    return partial;
}

struct partial *partial_find(const struct partials *partials, uint32_t piece)
{
    struct partial *partial = partials->first;
    while (partial != NULL && partial->piece != piece)
        partial = partial->next;
    return partial;
}

void partial_take(struct partial *partial)
{
    if (partial->link == NULL)
        return;
    *partial->link = partial->next;
    if (partial->next != NULL)
        partial->next->link = partial->link;
    partial->next = NULL;
    partial->link = NULL;
}

void partial_free(struct partials *partials, struct partial *partial)
{
    partial_take(partial);
    partials->bytes -= partial->size;
    partials->count--;
    free(partial->data);
    free(partial);
}

void partial_free_all(struct partials *partials)
{
    while (partials->first != NULL)
        partial_free(partials, partials->first);
}

bool partial_has_free(const struct partial *partial)
{
    return partial->got + partial->asked < partial->blocks;
}

uint32_t partial_ask(struct partial *partial)
{
    if (!partial_has_free(partial))
        return UINT32_MAX;
    uint32_t block = partial->next_free;
    while (partial->block[block].got || partial->block[block].asked > 0)
        block++;
    partial->next_free = block + 1;
    partial->block[block].asked = 1;
    partial->asked++;
    return block;
}

void partial_ask_again(struct partial *partial, uint32_t block)
{
    if (partial->block[block].asked++ == 0)
        partial->asked++;
}

void partial_unask(struct partial *partial, uint32_t block)
{
    struct block *state = &partial->block[block];
    if (state->asked == 0 || --state->asked > 0 || state->got)
        return;
    partial->asked--;
    if (block < partial->next_free)
        partial->next_free = block;
}

uint32_t partial_block_size(const struct partial *partial, uint32_t block)
{
    uint32_t rest = partial->size - block * BLOCK_SIZE;
    return rest < BLOCK_SIZE ? rest : BLOCK_SIZE;
}

bool partial_store(struct partial *partial, uint32_t block, const void *data, uint32_t from)
{
    struct block *state = &partial->block[block];
    if (!state->got) {
        memcpy(partial->data + (size_t)block * BLOCK_SIZE, data,
               partial_block_size(partial, block));
        if (state->asked > 0)
            partial->asked--;
        else if (block == partial->next_free)
            partial->next_free++;
        state->got = true;
        state->from = from;
        partial->got++;
    }
    return partial->got == partial->blocks;
}
