/* ppm.h - the header of a picture in PPM format (netpbm's "P6", 8 bits), which is not to be
 * trusted.
 */
#ifndef PPM_H
#define PPM_H

#include <stddef.h>
#include <stdint.h>

/* A header with its comments has to end within so many bytes. */
#define PPM_HEADER_MOST 4096

struct ppm {
    uint32_t width, height;
    uint32_t maximum; /* the sample that stands for full brightness, 1..255 */
    size_t header;    /* bytes ahead of the pixels */
};

/* Parses the beginning of a file. Returns 0 or EBADMSG: not a header, not complete within `length`
 * bytes, a size of 0, more than 8 bits. */
int ppm_parse(struct ppm *ppm, const char *data, size_t length);

/* Bytes of the pixels, 3 each. */
uint64_t ppm_bytes(const struct ppm *ppm);

#endif
