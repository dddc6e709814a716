/* ppm_fuzz.c - pictures with headers that are not to be trusted, scaled to all sizes. */
#include "ppm.h"
#include "scale.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void scale_to(const struct ppm *ppm, const unsigned char *pixels, unsigned eighths)
{
    uint32_t width = (ppm->width * eighths + 7) / 8, height = (ppm->height * eighths + 7) / 8;
    unsigned char *to = malloc((size_t)width * height * 3);
    struct scale *scale = to != NULL ? scale_new(ppm->width, ppm->height, width, height, to) : NULL;
    if (scale != NULL)
        for (uint32_t y = 0; y < ppm->height; y++)
            scale_row(scale, pixels + (size_t)y * ppm->width * 3);
    scale_free(scale);
    free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ppm ppm;
    if (ppm_parse(&ppm, (const char *)data, size) != 0)
        return 0;
    if (ppm.header > size || ppm.width == 0 || ppm.height == 0)
        abort();
    if (ppm_bytes(&ppm) > size - ppm.header || ppm.width > 65500)
        return 0;
    for (unsigned eighths = 1; eighths <= 8; eighths++)
        scale_to(&ppm, data + ppm.header, eighths);
    return 0;
}
