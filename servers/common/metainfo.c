#include "metainfo.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (UINT64_C(1) << 49) /* METAINFO_MOST_PIECES * METAINFO_LONGEST */

static int refuse(const char **why, const char *reason)
{
    *why = reason;
    return EBADMSG;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Whether a name can only be meant to lead elsewhere. */
static bool is_hostile(const struct bencode *name)
{
    return name->length == 0 || memchr(name->text, '/', name->length) != NULL ||
           memchr(name->text, '\0', name->length) != NULL || bencode_is(name, ".") ||
           bencode_is(name, "..");
}

/* A name that a file may have: NAME_MAX bytes at most, cut between characters of UTF-8, and no
 * control characters. */
static void add_name(struct buffer *path, const struct bencode *name)
{
    size_t length = name->length;
    if (length > NAME_MAX) {
        length = NAME_MAX;
        while (length > 1 && ((unsigned char)name->text[length] & 0xc0) == 0x80)
            length--;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name->text[i];
        buffer_add(path, c < ' ' || c == 0x7f ? "_" : (const char *)&name->text[i], 1);
    }
}

static char *take_text(struct buffer *buffer)
{
    buffer_add(buffer, "", 1);
    if (!buffer->failed)
        return (char *)buffer->data;
    buffer_free(buffer);
    return NULL;
}

/* What a name in UTF-8 is called beside one in another encoding. */
static bool find_utf8(const struct bencode *in, const char *key, const char *utf8,
                      enum bencode_kind kind, struct bencode *value)
{
    return bencode_find_kind(in, utf8, kind, value) || bencode_find_kind(in, key, kind, value);
}

/* ---- files ----------------------------------------------------------------------------------- */

static int add_file(struct metainfo *metainfo, char *path, uint64_t length, bool padding)
{
    if (path == NULL)
        return ENOMEM;
    metainfo->files[metainfo->file_count++] =
        (struct metainfo_file){path, metainfo->length, length, padding};
    metainfo->length += length;
    return 0;
}

/* "NAME/one/two" of the list of names. */
static int read_path(const struct metainfo *metainfo, struct bencode *names, char **path,
                     const char **why)
{
    struct buffer text = {0};
    struct bencode name;
    size_t count = 0;
    buffer_add(&text, metainfo->name, strlen(metainfo->name));
    while (bencode_next(names, &name)) {
        if (name.kind != BENCODE_STRING || is_hostile(&name)) {
            buffer_free(&text);
            return refuse(why,
                          "the path of a file is '..', absolute, empty, or has '/' or NUL in it");
        }
        buffer_add(&text, "/", 1);
        add_name(&text, &name);
        count++;
    }
    if (count == 0 || text.used >= PATH_MAX) {
        buffer_free(&text);
        return refuse(why, count == 0 ? "a file has no path" : "the path of a file is too long");
    }
    *path = take_text(&text);
    return *path != NULL ? 0 : ENOMEM;
}

static int read_file(struct metainfo *metainfo, const struct bencode *file, const char **why)
{
    struct bencode names, attributes;
    int64_t length = bencode_integer(file, "length", -1);
    if (length < 0 || (uint64_t)length > MOST_BYTES - metainfo->length)
        return refuse(why, "the length of a file is missing, negative or huge");
    if (!find_utf8(file, "path", "path.utf-8", BENCODE_LIST, &names))
        return refuse(why, "a file has no path");
    bool padding = bencode_find_kind(file, "attr", BENCODE_STRING, &attributes) &&
                   memchr(attributes.text, 'p', attributes.length) != NULL;
    char *path = NULL;
    int error = read_path(metainfo, &names, &path, why);
    return error != 0 ? error : add_file(metainfo, path, (uint64_t)length, padding);
}

static size_t count_items(struct bencode list)
{
    struct bencode item;
    size_t count = 0;
    while (bencode_next(&list, &item))
        count++;
    return count;
}

/* By path, with '/' before every other byte: so what is inside a folder follows its name. */
static int compare_paths(const void *a, const void *b)
{
    const unsigned char *p = *(const unsigned char *const *)a,
                        *q = *(const unsigned char *const *)b;
    while (*p != '\0' && *p == *q) {
        p++;
        q++;
    }
    unsigned left = *p == '/' ? 1 : *p == '\0' ? 0 : *p + 1u;
    unsigned right = *q == '/' ? 1 : *q == '\0' ? 0 : *q + 1u;
    return (left > right) - (left < right);
}

/* No two files have one path, and none is a folder of another. */
static int check_paths(const struct metainfo *metainfo, const char **why)
{
    char **paths = malloc(metainfo->file_count * sizeof *paths);
    size_t count = 0;
    int error = 0;
    if (paths == NULL)
        return ENOMEM;
    for (size_t i = 0; i < metainfo->file_count; i++) {
        if (!metainfo->files[i].padding)
            paths[count++] = metainfo->files[i].path;
    }
    qsort(paths, count, sizeof *paths, compare_paths);
    for (size_t i = 1; i < count && error == 0; i++) {
        size_t length = strlen(paths[i - 1]);
        if (strncmp(paths[i - 1], paths[i], length) == 0 &&
            (paths[i][length] == '\0' || paths[i][length] == '/'))
            error = refuse(why, "two files have the same path");
    }
    free(paths);
    return error;
}

static int read_files(struct metainfo *metainfo, const struct bencode *info, const char **why)
{
    struct bencode list, file;
    int64_t length = bencode_integer(info, "length", -1);
    bool several = bencode_find_kind(info, "files", BENCODE_LIST, &list);
    if (several == (length >= 0))
        return refuse(why, "it has neither one file nor a list of them, or both");
    size_t count = several ? count_items(list) : 1;
    if (count == 0 || count > METAINFO_MOST_FILES)
        return refuse(why, count == 0 ? "it has no files" : "it has too many files");
    metainfo->files = calloc(count, sizeof *metainfo->files);
    if (metainfo->files == NULL)
        return ENOMEM;
    if (!several) {
        if ((uint64_t)length > MOST_BYTES)
            return refuse(why, "its length is huge");
        return add_file(metainfo, strdup(metainfo->name), (uint64_t)length, false);
    }
    int error = 0;
    while (error == 0 && bencode_next(&list, &file))
        error = read_file(metainfo, &file, why);
    return error != 0 ? error : check_paths(metainfo, why);
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static int read_pieces(struct metainfo *metainfo, const struct bencode *info, const char **why)
{
    struct bencode hashes;
    int64_t length = bencode_integer(info, "piece length", 0);
    if (length < 1 || length > METAINFO_LONGEST)
        return refuse(why, "the length of its pieces is missing, or not within 1 byte and 256 MiB");
    metainfo->piece_length = (uint32_t)length;
    if (!bencode_find_kind(info, "pieces", BENCODE_STRING, &hashes))
        return refuse(why, bencode_integer(info, "meta version", 1) == 2
                               ? "it is of version 2 alone (BEP 52), without SHA-1 hashes"
                               : "it has no hashes of pieces");
    if (hashes.length % METAINFO_HASH != 0 || hashes.length / METAINFO_HASH > METAINFO_MOST_PIECES)
        return refuse(why, "its hashes are not 20 bytes for each piece, or there are too many");
    metainfo->pieces = (uint32_t)(hashes.length / METAINFO_HASH);
    uint64_t needed = metainfo->length / metainfo->piece_length +
                      (metainfo->length % metainfo->piece_length != 0);
    if (needed != metainfo->pieces)
        return refuse(why, "the number of its pieces is not what its files need");
    metainfo->hashes = (const uint8_t *)hashes.text;
    return 0;
}

static int read_info(struct metainfo *metainfo, const char **why)
{
    struct bencode info, name;
    int error = bencode_parse(metainfo->info, metainfo->info_length, &info);
    if (error != 0 || info.raw_length != metainfo->info_length || info.kind != BENCODE_DICTIONARY)
        return refuse(why, "its info dictionary is not well-formed");
    if (!find_utf8(&info, "name", "name.utf-8", BENCODE_STRING, &name))
        return refuse(why, "it has no name");
    if (is_hostile(&name))
        return refuse(why, "its name is '..', absolute, empty, or has '/' or NUL in it");
    struct buffer text = {0};
    add_name(&text, &name);
    metainfo->name = take_text(&text);
    if (metainfo->name == NULL)
        return ENOMEM;
    metainfo->is_private = bencode_integer(&info, "private", 0) == 1;
    error = read_files(metainfo, &info, why);
    return error != 0 ? error : read_pieces(metainfo, &info, why);
}

int metainfo_parse_info(struct metainfo *metainfo, const void *data, size_t size, const char **why)
{
    *metainfo = (struct metainfo){0};
    if (size == 0 || size > METAINFO_LARGEST_INFO)
        return refuse(why, "its info dictionary is too large");
    metainfo->info = malloc(size);
    if (metainfo->info == NULL)
        return ENOMEM;
    memcpy(metainfo->info, data, size);
    metainfo->info_length = size;
    int error = read_info(metainfo, why);
    if (error != 0)
        metainfo_free(metainfo);
    return error;
}

/* ---- trackers -------------------------------------------------------------------------------- */

static bool is_tracker(const char *url, size_t length)
{
    static const char *const schemes[] = {"http://", "https://", "udp://"};
    if (length > 2000 || memchr(url, '\0', length) != NULL)
        return false;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t prefix = strlen(schemes[i]);
        if (length > prefix && memcmp(url, schemes[i], prefix) == 0)
            return true;
    }
    return false;
}

int metainfo_add_tracker(struct metainfo *metainfo, const char *url, size_t length, unsigned tier)
{
    if (!is_tracker(url, length) || metainfo->tracker_count == METAINFO_MOST_TRACKERS)
        return 0;
    for (size_t i = 0; i < metainfo->tracker_count; i++) {
        const char *known = metainfo->trackers[i].url;
        if (strlen(known) == length && memcmp(known, url, length) == 0)
            return 0;
    }
    struct metainfo_tracker *grown =
        realloc(metainfo->trackers, (metainfo->tracker_count + 1) * sizeof *grown);
    if (grown == NULL)
        return ENOMEM;
    metainfo->trackers = grown;
    char *copy = strndup(url, length);
    if (copy == NULL)
        return ENOMEM;
    grown[metainfo->tracker_count++] = (struct metainfo_tracker){copy, tier};
    return 0;
}

/* BEP 12: `announce` is not looked at where there is an `announce-list`. */
static int read_trackers(struct metainfo *metainfo, const struct bencode *torrent)
{
    struct bencode tiers, tier, url;
    int error = 0;
    if (bencode_find_kind(torrent, "announce-list", BENCODE_LIST, &tiers)) {
        for (unsigned i = 0; error == 0 && bencode_next(&tiers, &tier); i++) {
            while (error == 0 && bencode_next(&tier, &url)) {
                if (url.kind == BENCODE_STRING)
                    error = metainfo_add_tracker(metainfo, url.text, url.length, i);
            }
        }
    }
    if (error == 0 && metainfo->tracker_count == 0 &&
        bencode_find_kind(torrent, "announce", BENCODE_STRING, &url))
        error = metainfo_add_tracker(metainfo, url.text, url.length, 0);
    return error;
}

int metainfo_parse(struct metainfo *metainfo, const void *data, size_t size, const char **why)
{
    struct bencode torrent, info;
    *metainfo = (struct metainfo){0};
    if (bencode_parse(data, size, &torrent) != 0 || torrent.kind != BENCODE_DICTIONARY)
        return refuse(why, "it is not a torrent, or not all of one");
    if (!bencode_find_kind(&torrent, "info", BENCODE_DICTIONARY, &info))
        return refuse(why, "it has no info dictionary");
    int error = metainfo_parse_info(metainfo, info.raw, info.raw_length, why);
    if (error == 0 && (error = read_trackers(metainfo, &torrent)) != 0)
        metainfo_free(metainfo);
    return error;
}

void metainfo_free(struct metainfo *metainfo)
{
    for (size_t i = 0; i < metainfo->file_count; i++)
        free(metainfo->files[i].path);
    for (size_t i = 0; i < metainfo->tracker_count; i++)
        free(metainfo->trackers[i].url);
    free(metainfo->files);
    free(metainfo->trackers);
    free(metainfo->name);
    free(metainfo->info);
    *metainfo = (struct metainfo){0};
}

/* ---- questions ------------------------------------------------------------------------------- */

uint32_t metainfo_piece_size(const struct metainfo *metainfo, uint32_t piece)
{
    uint64_t rest = metainfo->length - (uint64_t)piece * metainfo->piece_length;
    return rest < metainfo->piece_length ? (uint32_t)rest : metainfo->piece_length;
}

const uint8_t *metainfo_hash(const struct metainfo *metainfo, uint32_t piece)
{
    return metainfo->hashes + (size_t)piece * METAINFO_HASH;
}
