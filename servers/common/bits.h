/* bits.h - sets of pieces as peers send them: the first piece is the highest bit of the first byte.
 */
#ifndef BITS_H
#define BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t bits_size(uint32_t count)
{
    return (size_t)count / 8 + (count % 8 != 0);
}

static inline bool bits_has(const uint8_t *bits, uint32_t piece)
{
    return (bits[piece / 8] & (0x80u >> piece % 8)) != 0;
}

static inline void bits_set(uint8_t *bits, uint32_t piece)
{
    bits[piece / 8] = (uint8_t)(bits[piece / 8] | 0x80u >> piece % 8);
}

static inline void bits_clear(uint8_t *bits, uint32_t piece)
{
    bits[piece / 8] = (uint8_t)(bits[piece / 8] & ~(0x80u >> piece % 8));
}

/* Whether the bits behind the last piece are all zero, as BEP 3 demands. */
static inline bool bits_are_clean(const uint8_t *bits, uint32_t count)
{
    return count % 8 == 0 || (bits[count / 8] & (0xffu >> count % 8)) == 0;
}

#endif
