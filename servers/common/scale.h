/* scale.h - makes a picture smaller, row by row.
 *
 * Each pixel of the result is the average of the area of the original that it covers, parts of
 * pixels counted as parts (a box filter), so nothing is skipped and a plain area stays exactly
 * plain. Every sample of the original is looked at once; memory is needed for one row.
 */
#ifndef SCALE_H
#define SCALE_H

#include <stddef.h>
#include <stdint.h>

struct scale;

/* Pixels are 3 bytes. The sizes are at least 1, the new ones not larger than the old, the old ones
 * at most 65535. Writes into to[0 .. 3 * new_width * new_height). Returns NULL when there is no
 * memory. */
struct scale *scale_new(uint32_t width, uint32_t height, uint32_t new_width, uint32_t new_height,
                        unsigned char *to);
void scale_free(struct scale *scale);

/* The next row of the original, from the top; after the last one the result is complete. */
void scale_row(struct scale *scale, const unsigned char *row);

#endif
