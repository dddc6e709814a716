#include "scale.h"

#include <stdlib.h>

/* Weights are fractions of ONE, and those of one pixel of the result add up to exactly ONE. */
#define ONE 65536u

/* Which pixels of a row of the original make one of the result. */
struct span {
    uint32_t first, count;
};

struct scale {
    uint32_t width, height, new_width, new_height;
    unsigned char *to;
    uint32_t row;     /* of the original, the next one */
    uint32_t new_row; /* of the result, the one under way */

    struct span *spans; /* one for each column of the result */
    uint32_t *weights;  /* of the spans, one after another */
    uint32_t *line;     /* the row just scaled to the new width, 8 more bits a sample */
    uint32_t *sums;     /* the row of the result under way, 24 more bits a sample; of one block
                           with `line` */
};

/* In units in which an original pixel is `n` long and one of the result `o` long (n new, o old
 * size), original pixel i covers [i*n, i*n+n) and result pixel k [k*o, k*o+o). The weight of i in k
 * is the part of k that both cover; rounding the running total instead of each keeps the sum ONE.
 */
static uint32_t weight(uint64_t i, uint64_t k, uint64_t old_size, uint64_t new_size)
{
    uint64_t from = i * new_size, to = from + new_size;
    uint64_t begin = k * old_size, end = begin + old_size;
    if (from < begin)
        from = begin;
    if (to > end)
        to = end;
    return (uint32_t)((to - begin) * ONE / old_size - (from - begin) * ONE / old_size);
}

static void plan_columns(struct scale *scale)
{
    uint32_t *weights = scale->weights;
    for (uint32_t k = 0; k < scale->new_width; k++) {
        uint64_t begin = (uint64_t)k * scale->width, end = begin + scale->width;
        uint32_t first = (uint32_t)(begin / scale->new_width);
        uint32_t last = (uint32_t)((end - 1) / scale->new_width);
        scale->spans[k] = (struct span){first, last - first + 1};
        for (uint32_t i = first; i <= last; i++)
            *weights++ = weight(i, k, scale->width, scale->new_width);
    }
}

/* Sums stand behind the line, half a page out of step with it: a CPU takes a load for one of what it
 * has just stored if the addresses are equal but for whole pages, and waits. */
static size_t sums_offset(size_t samples)
{
    size_t page = 4096 / sizeof(uint32_t), step = (samples + page / 2) % page;
    return step == 0 ? samples : samples + page - step;
}

struct scale *scale_new(uint32_t width, uint32_t height, uint32_t new_width, uint32_t new_height,
                        unsigned char *to)
{
    struct scale *scale = calloc(1, sizeof *scale);
    if (scale == NULL)
        return NULL;
    *scale = (struct scale){.width = width,
                            .height = height,
                            .new_width = new_width,
                            .new_height = new_height,
                            .to = to};
    scale->spans = calloc(new_width, sizeof *scale->spans);
    /* A border of the result's pixels cuts at most one pixel of the original in two. */
    scale->weights = calloc((size_t)width + new_width, sizeof *scale->weights);
    size_t sums = sums_offset((size_t)new_width * 3);
    scale->line = calloc(sums + (size_t)new_width * 3, sizeof *scale->line);
    if (scale->spans == NULL || scale->weights == NULL || scale->line == NULL) {
        scale_free(scale);
        return NULL;
    }
    scale->sums = scale->line + sums;
    plan_columns(scale);
    return scale;
}

void scale_free(struct scale *scale)
{
    if (scale == NULL)
        return;
    free(scale->spans);
    free(scale->weights);
    free(scale->line);
    free(scale);
}

/* A sample is at most 255 * ONE before its lowest 8 bits are rounded away. */
static void scale_line(struct scale *scale, const unsigned char *row)
{
    const uint32_t *weights = scale->weights;
    uint32_t *line = scale->line;
    for (uint32_t k = 0; k < scale->new_width; k++, line += 3) {
        const unsigned char *pixel = row + (size_t)scale->spans[k].first * 3;
        uint32_t red = 128, green = 128, blue = 128;
        for (uint32_t i = scale->spans[k].count; i > 0; i--, pixel += 3) {
            uint32_t w = *weights++;
            red += pixel[0] * w;
            green += pixel[1] * w;
            blue += pixel[2] * w;
        }
        line[0] = red >> 8;
        line[1] = green >> 8;
        line[2] = blue >> 8;
    }
}

/* A sum is at most 255 * 256 * ONE, which with the rounding below just fits into 32 bits. */
static void add_line(struct scale *scale, uint32_t w)
{
    size_t samples = (size_t)scale->new_width * 3;
    uint32_t *restrict sums = scale->sums;
    const uint32_t *restrict line = scale->line;
    for (size_t i = 0; i < samples; i++)
        sums[i] += line[i] * w;
}

static void finish_row(struct scale *scale)
{
    size_t samples = (size_t)scale->new_width * 3;
    uint32_t *restrict sums = scale->sums;
    unsigned char *restrict to = scale->to; /* bytes could be anything's, even the pointer's own */
    for (size_t i = 0; i < samples; i++) {
        to[i] = (unsigned char)((sums[i] + (1u << 23)) >> 24);
        sums[i] = 0;
    }
    scale->to += samples;
    scale->new_row++;
}

void scale_row(struct scale *scale, const unsigned char *row)
{
    if (scale->row == scale->height)
        return;
    scale_line(scale, row);
    uint64_t end = ((uint64_t)scale->row + 1) * scale->new_height;
    uint64_t border = ((uint64_t)scale->new_row + 1) * scale->height;
    add_line(scale, weight(scale->row, scale->new_row, scale->height, scale->new_height));
    if (end >= border) {
        finish_row(scale);
        if (end > border)
            add_line(scale, weight(scale->row, scale->new_row, scale->height, scale->new_height));
    }
    scale->row++;
}
