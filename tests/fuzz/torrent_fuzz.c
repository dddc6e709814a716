/* torrent_fuzz.c - a torrent, an info dictionary, or a magnet link. What is taken holds together:
 * the pieces cover the files, no name leads anywhere. */
#include "magnet.h"
#include "metainfo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const char *path)
{
    if (path[0] == '\0' || path[0] == '/')
        abort();
    for (const char *name = path;;) {
        size_t length = strcspn(name, "/");
        if (length == 0 || (length == 1 && name[0] == '.') ||
            (length == 2 && memcmp(name, "..", 2) == 0) || length > 255)
            abort();
        if (name[length] == '\0')
            break;
        name += length + 1;
    }
}

static void check_metainfo(const struct metainfo *metainfo)
{
    uint64_t length = 0, covered = 0;
    for (size_t i = 0; i < metainfo->file_count; i++) {
        check_path(metainfo->files[i].path);
        if (metainfo->files[i].offset != length)
            abort();
        length += metainfo->files[i].length;
    }
    for (uint32_t piece = 0; piece < metainfo->pieces; piece++) {
        uint32_t bytes = metainfo_piece_size(metainfo, piece);
        if (bytes == 0 || bytes > metainfo->piece_length)
            abort();
        covered += bytes + (metainfo_hash(metainfo, piece)[METAINFO_HASH - 1] & 0);
    }
    if (length != metainfo->length || covered != length)
        abort();
}

static void parse(int (*read)(struct metainfo *, const void *, size_t, const char **),
                  const uint8_t *data, size_t size)
{
    struct metainfo metainfo;
    const char *why = NULL;
    if (read(&metainfo, data, size, &why) != 0)
        return;
    check_metainfo(&metainfo);
    metainfo_free(&metainfo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse(metainfo_parse, data, size);
    parse(metainfo_parse_info, data, size);
    char *text = malloc(size + 1);
    struct magnet magnet;
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    magnet_parse(&magnet, text);
    magnet_free(&magnet);
    free(text);
    return 0;
}
