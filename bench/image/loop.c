/* loop.c FOLDER TURNS - the work of the image server without a server: reads each picture, scales
 * it to each size and compresses it, with the scaling and the quality that the server uses. Prints
 * how many images and how many bytes it has made. */
#include "ppm.h"
#include "scale.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <turbojpeg.h>

#define QUALITY 85

static const char *const names[] = {"sunset", "waves", "board"};

/* What one rendering uses and the next one uses again. */
struct workshop {
    const char *folder;
    tjhandle compressor;
    unsigned char *file, *scaled, *jpeg;
    size_t file_room, scaled_room, jpeg_room;
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

/* The whole file; returns its length, 0 on failure. */
static size_t read_file(struct workshop *shop, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.ppm", shop->folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    if (!make_room(&shop->file, &shop->file_room, length) ||
        fread(shop->file, 1, length, file) != length)
        length = 0;
    fclose(file);
    return length;
}

static bool render(struct workshop *shop, const char *name, unsigned size)
{
    struct ppm ppm;
    size_t length = read_file(shop, name);
    if (length == 0 || ppm_parse(&ppm, (const char *)shop->file, length) != 0 ||
        ppm_bytes(&ppm) + ppm.header > length)
        return false;

    unsigned width = (ppm.width * size + 7) / 8, height = (ppm.height * size + 7) / 8;
    const unsigned char *pixels = shop->file + ppm.header;
    if (size < 8) {
        if (!make_room(&shop->scaled, &shop->scaled_room, (size_t)width * height * 3))
            return false;
        struct scale *scale = scale_new(ppm.width, ppm.height, width, height, shop->scaled);
        if (scale == NULL)
            return false;
        for (size_t y = 0; y < ppm.height; y++)
            scale_row(scale, pixels + y * ppm.width * 3);
        scale_free(scale);
        pixels = shop->scaled;
    }
    unsigned long jpeg_size = tjBufSize((int)width, (int)height, TJSAMP_420);
    if (!make_room(&shop->jpeg, &shop->jpeg_room, jpeg_size) ||
        tjCompress2(shop->compressor, pixels, (int)width, 0, (int)height, TJPF_RGB, &shop->jpeg,
                    &jpeg_size, TJSAMP_420, QUALITY, TJFLAG_NOREALLOC) != 0)
        return false;
    shop->images++;
    shop->bytes += jpeg_size;
    return true;
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
    free(shop.file);
    free(shop.scaled);
    free(shop.jpeg);
    tjDestroy(shop.compressor);
    return EXIT_SUCCESS;
}
