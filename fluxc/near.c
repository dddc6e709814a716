#include "near.h"

#include <string.h>

/* Longer names are not looked at, so that hostile input costs little. */
enum { LENGTH_MAX = 64, SLIPS_MAX = 3 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* A slip for every three letters: "hit" and "hut" are near, "a" and "b" are not. */
struct near near_to(const char *name)
{
    size_t length = strlen(name);
    size_t slips = length > LENGTH_MAX ? 0 : length / 3;
    return (struct near){name, length, (unsigned)(slips < SLIPS_MAX ? slips : SLIPS_MAX) + 1, NULL};
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The number of letters to add, leave out, replace or swap with a neighbour ("optimal string
 * alignment", Damerau 1964) to make b of a; `limit` if that or more. A letter in the other case is
 * the same. Only cells within `limit` of the diagonal can matter. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length,
                         unsigned limit)
{
    unsigned rows[3][LENGTH_MAX + SLIPS_MAX + 2];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t first = i > limit ? i - limit : 1;
        size_t last = i + limit < b_length ? i + limit : b_length;
        unsigned nearest = row[first - 1] = first == 1 ? (unsigned)i : limit;
        for (size_t j = first; j <= last; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            unsigned slips = least(above[j - 1] + (x != y), row[j - 1] + 1);
            if (j < i + limit)
                slips = least(slips, above[j] + 1);
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
                slips = least(slips, before[j - 2] + 1);
            row[j] = slips;
            nearest = least(nearest, slips);
        }
        if (nearest >= limit)
            return limit;
        unsigned *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return least(above[b_length], limit);
}

void near_try(struct near *near, const char *candidate)
{
    if (near->length > LENGTH_MAX)
        return;
    size_t length = strnlen(candidate, near->length + SLIPS_MAX + 1);
    size_t difference = length > near->length ? length - near->length : near->length - length;
    if (difference >= near->slips)
        return;
    unsigned slips = distance(near->name, near->length, candidate, length, near->slips);
    if (slips < near->slips) {
        near->slips = slips;
        near->best = candidate;
    }
}
