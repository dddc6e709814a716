/* create.c - --create: a torrent of a file, or of all files below a folder.
 *
 * The same flows hash its pieces that verify those of a download.
 */
#include "bittorrent_flux.h"

#include "flux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

uint8_t *create_hashes;
static char *folder; /* what the torrent is in */
static bool single;

/* ---- files ----------------------------------------------------------------------------------- */

static int refuse(const char *path, int error)
{
    flux_log(FLUX_ERROR, "--create %s: %s", path, strerror(error));
    return error;
}

static int add_file(const char *path, uint64_t length)
{
    struct metainfo *metainfo = &swarm.metainfo;
    struct metainfo_file *grown =
        realloc(metainfo->files, (metainfo->file_count + 1) * sizeof *grown);
    if (grown == NULL)
        return ENOMEM;
    metainfo->files = grown;
    grown[metainfo->file_count] = (struct metainfo_file){.path = strdup(path), .length = length};
    return grown[metainfo->file_count++].path != NULL ? 0 : ENOMEM;
}

static bool is_hidden(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
}

/* What is there besides files and folders is left out, with a line. The folders that are yet to be
 * read stand in a list: nothing recurses. */
struct folders {
    char **paths; /* below `folder` */
    size_t count;
};

static int add_folder(struct folders *list, const char *path)
{
    char **grown = realloc(list->paths, (list->count + 1) * sizeof *grown);
    if (grown == NULL)
        return ENOMEM;
    list->paths = grown;
    grown[list->count] = strdup(path);
    return grown[list->count++] != NULL ? 0 : ENOMEM;
}

static int add_entry(struct folders *list, int root, const char *path)
{
    struct stat status;
    if (fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return refuse(path, errno);
    if (S_ISDIR(status.st_mode))
        return add_folder(list, path);
    if (S_ISREG(status.st_mode))
        return add_file(path, (uint64_t)status.st_size);
    flux_log(FLUX_WARNING, "%s is no file, and left out", path);
    return 0;
}

static int read_folder(struct folders *list, int root, const char *path)
{
    int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (directory == NULL) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return refuse(path, error);
    }
    int error = 0;
    const struct dirent *entry;
    while (error == 0 && (entry = readdir(directory)) != NULL) {
        char inner[PATH_MAX];
        if (is_hidden(entry))
            continue;
        if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner)
            error = refuse(path, ENAMETOOLONG);
        else
            error = add_entry(list, root, inner);
    }
    closedir(directory);
    return error;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct metainfo_file *)a)->path, ((const struct metainfo_file *)b)->path);
}

static int read_files(int root, const char *name)
{
    struct folders list = {0};
    struct stat status;
    if (fstatat(root, name, &status, 0) != 0)
        return refuse(settings.create, errno);
    single = !S_ISDIR(status.st_mode);
    if (single)
        return S_ISREG(status.st_mode) ? add_file(name, (uint64_t)status.st_size)
                                       : refuse(settings.create, EINVAL);
    int error = add_folder(&list, name);
    while (error == 0 && list.count > 0) {
        char *path = list.paths[--list.count];
        error = read_folder(&list, root, path);
        free(path);
    }
    while (list.count > 0)
        free(list.paths[--list.count]);
    free(list.paths);
    if (error == 0 && swarm.metainfo.file_count == 0)
        error = refuse(settings.create, ENOENT);
    if (error == 0)
        qsort(swarm.metainfo.files, swarm.metainfo.file_count, sizeof *swarm.metainfo.files,
              compare_paths);
    return error;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

/* Some 1500 pieces, of 16 KiB to 16 MiB. */
static uint32_t choose_piece_length(uint64_t length)
{
    uint32_t piece = 16 << 10;
    while (piece < (16u << 20) && length / piece > 2000)
        piece *= 2;
    return piece;
}

static int lay_out(void)
{
    struct metainfo *metainfo = &swarm.metainfo;
    for (size_t i = 0; i < metainfo->file_count; i++) {
        metainfo->files[i].offset = metainfo->length;
        metainfo->length += metainfo->files[i].length;
    }
    metainfo->piece_length = settings.piece_length > 0 ? (uint32_t)settings.piece_length
                                                       : choose_piece_length(metainfo->length);
    uint64_t pieces = metainfo->length / metainfo->piece_length +
                      (metainfo->length % metainfo->piece_length != 0);
    if (pieces > METAINFO_MOST_PIECES) {
        flux_log(FLUX_ERROR, "--piece-length: more than %u pieces; make them longer",
                 METAINFO_MOST_PIECES);
        return EINVAL;
    }
    metainfo->pieces = (uint32_t)pieces;
    create_hashes = calloc((size_t)pieces + 1, METAINFO_HASH);
    return create_hashes != NULL ? 0 : ENOMEM;
}

int create_begin(void)
{
    char path[PATH_MAX];
    if (settings.output == NULL) {
        flux_log(FLUX_ERROR, "--create needs -o FILE, which the torrent is written to");
        return EINVAL;
    }
    if (realpath(settings.create, path) == NULL)
        return refuse(settings.create, errno);
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash[1] == '\0')
        return refuse(settings.create, EINVAL);
    swarm.metainfo.name = strdup(slash + 1);
    *slash = '\0';
    folder = strdup(path[0] != '\0' ? path : "/");
    if (swarm.metainfo.name == NULL || folder == NULL)
        return ENOMEM;
    int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return refuse(folder, errno);
    int error = read_files(root, swarm.metainfo.name);
    close(root);
    if (error == 0)
        error = lay_out();
    if (error != 0)
        return error;
    settings.dir = folder;
    settings.seed = true; /* nothing is written into it */
    return setup_storage(&swarm.storage, &swarm.metainfo);
}

/* ---- the torrent ----------------------------------------------------------------------------- */

static void put_path(struct buffer *text, const char *path)
{
    bencode_put_raw(text, "4:pathl");
    for (const char *from = strchr(path, '/') + 1;;) {
        size_t length = strcspn(from, "/");
        bencode_put_bytes(text, from, length);
        if (from[length] == '\0')
            break;
        from += length + 1;
    }
    bencode_put_raw(text, "e");
}

static void put_info(struct buffer *text)
{
    const struct metainfo *metainfo = &swarm.metainfo;
    bencode_put_raw(text, "d");
    if (!single) {
        bencode_put_raw(text, "5:filesl");
        for (size_t i = 0; i < metainfo->file_count; i++) {
            bencode_put_raw(text, "d6:length");
            bencode_put_integer(text, (int64_t)metainfo->files[i].length);
            put_path(text, metainfo->files[i].path);
            bencode_put_raw(text, "e");
        }
        bencode_put_raw(text, "e");
    } else {
        bencode_put_raw(text, "6:length");
        bencode_put_integer(text, (int64_t)metainfo->length);
    }
    bencode_put_raw(text, "4:name");
    bencode_put_string(text, metainfo->name);
    bencode_put_raw(text, "12:piece length");
    bencode_put_integer(text, metainfo->piece_length);
    bencode_put_raw(text, "6:pieces");
    bencode_put_bytes(text, create_hashes, (size_t)metainfo->pieces * METAINFO_HASH);
    if (settings.is_private)
        bencode_put_raw(text, "7:privatei1e");
    bencode_put_raw(text, "e");
}

static void put_torrent(struct buffer *text)
{
    const struct metainfo_tracker *trackers = swarm.trackers;
    bencode_put_raw(text, "d");
    if (swarm.tracker_count > 0) {
        bencode_put_raw(text, "8:announce");
        bencode_put_string(text, trackers[0].url);
    }
    if (swarm.tracker_count > 1) {
        bencode_put_raw(text, "13:announce-listl");
        for (size_t i = 0; i < swarm.tracker_count; i++) {
            bencode_put_raw(text, "l");
            bencode_put_string(text, trackers[i].url);
            bencode_put_raw(text, "e");
        }
        bencode_put_raw(text, "e");
    }
    if (settings.comment != NULL) {
        bencode_put_raw(text, "7:comment");
        bencode_put_string(text, settings.comment);
    }
    bencode_put_raw(text, "10:created by8:Flux 1.013:creation date");
    bencode_put_integer(text, (int64_t)time(NULL));
    bencode_put_raw(text, "4:info");
    put_info(text);
    bencode_put_raw(text, "e");
}

/* Whole or not at all: a name of its own first. */
static int write_file(const struct buffer *text)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s.part", settings.output) >= (int)sizeof part)
        return ENAMETOOLONG;
    FILE *file = fopen(part, "wbe");
    if (file == NULL)
        return errno;
    bool good = fwrite(text->data, 1, text->used, file) == text->used;
    int error = good ? 0 : errno;
    if (fclose(file) != 0 && error == 0)
        error = errno;
    if (error == 0 && rename(part, settings.output) != 0)
        error = errno;
    if (error != 0)
        unlink(part);
    return error;
}

static int create_write(void)
{
    struct buffer text = {0};
    put_torrent(&text);
    int error = text.failed ? ENOMEM : write_file(&text);
    buffer_free(&text);
    if (error != 0) {
        flux_log(FLUX_ERROR, "-o %s: %s", settings.output, strerror(error));
        return error;
    }
    report_now("created", settings.output);
    return 0;
}

/* By the flow that finds that all has been hashed. */
int create_finish(void)
{
    if (swarm.have_count != swarm.metainfo.pieces || create_write() != 0)
        setup_fail();
    else
        setup_done();
    return 0;
}

void create_free(void)
{
    free(create_hashes);
    create_hashes = NULL;
    free(folder);
}
