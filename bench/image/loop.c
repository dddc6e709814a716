/* loop.c FOLDER TURNS - the work of the image server without a server: reads each picture, scales
 * it to each size and compresses it, with the scaling and the quality that the server uses. Prints
 * how many images and how many bytes it has made. */
#include "ppm.h"
#include "scale.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <turbojpeg.h>

#define QUALITY   85
#define READ_SIZE 131072

static const char *const names[] = {"sunset", "waves"};

/* What one rendering uses and the next one uses again. */
struct workshop {
    const char *folder;
    tjhandle compressor;
    unsigned char *rows, *pixels, *jpeg;
    size_t rows_room, pixels_room, jpeg_room;
    unsigned long images, bytes;
};

static bool make_room(unsigned char **buffer, size_t *room, size_t size)
{
    if (size <= *room)
        return true;
    free(*buffer);
    *buffer = malloc(size);
    *room = *buffer != NULL ? size : 0;
    return *buffer != NULL;
}

static bool read_header(FILE *file, struct ppm *ppm)
{
    char begin[PPM_HEADER_MOST];
    size_t length = fread(begin, 1, sizeof begin, file);
    return ppm_parse(ppm, begin, length) == 0 && fseek(file, (long)ppm->header, SEEK_SET) == 0;
}

/* Some rows at a time, as many as stay in the processor's cache. */
static bool read_scaled(struct workshop *shop, FILE *file, const struct ppm *ppm, unsigned width,
                        unsigned height)
{
    size_t row = (size_t)ppm->width * 3, rows = READ_SIZE / row + 1;
    struct scale *scale = scale_new(ppm->width, ppm->height, width, height, shop->pixels);
    bool good = scale != NULL && make_room(&shop->rows, &shop->rows_room, rows * row);

    for (size_t left = ppm->height; left > 0 && good; left -= rows) {
        if (rows > left)
            rows = left;
        good = fread(shop->rows, row, rows, file) == rows;
        for (size_t i = 0; i < rows && good; i++)
            scale_row(scale, shop->rows + i * row);
    }
    scale_free(scale);
    return good;
}

static bool compress(struct workshop *shop, unsigned width, unsigned height)
{
    unsigned long size = tjBufSize((int)width, (int)height, TJSAMP_420);

    if (!make_room(&shop->jpeg, &shop->jpeg_room, size) ||
        tjCompress2(shop->compressor, shop->pixels, (int)width, 0, (int)height, TJPF_RGB,
                    &shop->jpeg, &size, TJSAMP_420, QUALITY, TJFLAG_NOREALLOC) != 0)
        return false;
    shop->images++;
    shop->bytes += size;
    return true;
}

static bool render_file(struct workshop *shop, FILE *file, unsigned size)
{
    struct ppm ppm;

    if (!read_header(file, &ppm))
        return false;
    unsigned width = (ppm.width * size + 7) / 8, height = (ppm.height * size + 7) / 8;
    size_t length = (size_t)width * height * 3;
    if (!make_room(&shop->pixels, &shop->pixels_room, length))
        return false;
    bool good = size == 8 ? fread(shop->pixels, 1, length, file) == length
                          : read_scaled(shop, file, &ppm, width, height);
    return good && compress(shop, width, height);
}

static bool render(struct workshop *shop, const char *name, unsigned size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.ppm", shop->folder, name);
    FILE *file = fopen(path, "rb");
    bool good = file != NULL && render_file(shop, file, size);
    if (file != NULL)
        fclose(file);
    return good;
}

int main(int argc, char **argv)
{
    struct workshop shop = {.compressor = tjInitCompress()};
    unsigned long turns = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    if (turns == 0 || shop.compressor == NULL) {
        fputs("usage: loop FOLDER TURNS\n", stderr);
        return EXIT_FAILURE;
    }
    shop.folder = argv[1];
    for (; turns > 0; turns--) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            for (unsigned size = 1; size <= 8; size++) {
                if (!render(&shop, names[i], size)) {
                    fprintf(stderr, "loop: cannot render %s\n", names[i]);
                    return EXIT_FAILURE;
                }
            }
        }
    }
    printf("%lu %lu\n", shop.images, shop.bytes);
    free(shop.rows);
    free(shop.pixels);
    free(shop.jpeg);
    tjDestroy(shop.compressor);
    return EXIT_SUCCESS;
}
