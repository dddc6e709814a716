#include "file.h"

#include "gzip.h"
#include "listing.h"
#include "mime.h"
#include "path.h"
#include "response.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Smaller ones are not worth compressing: head and all, they are a packet either way. */
#define COMPRESS_FROM 1024

static struct file *new_file(const char *path, enum file_kind kind)
{
    size_t size = strlen(path) + 1;
    struct file *file = calloc(1, sizeof *file + size);
    if (file == NULL)
        return NULL;
    memcpy(file->path, path, size);
    file->kind = kind;
    file->descriptor = -1;
    file->modified = -1;
    return file;
}

void file_free(struct file *file)
{
    if (file == NULL)
        return;
    if (file->gzip != NULL)
        file_free(file->gzip);
    if (file->descriptor >= 0)
        close(file->descriptor);
    free((void *)file->bytes);
    free((void *)file->script);
    free(file);
}

static struct file *nothing(const char *path, int error)
{
    struct file *file = new_file(path, FILE_NONE);
    if (file != NULL)
        file->error = error;
    return file;
}

/* ---- fields ---------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void add_field(struct file *file, const char *format,
                                                            ...)
{
    size_t room = sizeof file->fields - file->fields_length;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(file->fields + file->fields_length, room, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < room)
        file->fields_length += (size_t)length;
}

static void make_fields(struct file *file)
{
    if (file->modified >= 0) {
        char date[RESPONSE_DATE_SIZE];
        response_date(file->modified, date);
        add_field(file, "Last-Modified: %s\r\n", date);
    }
    if (file->etag[0] != '\0')
        add_field(file, "ETag: %s\r\n", file->etag);
    if (file->compressible)
        add_field(file, "Vary: Accept-Encoding\r\n");
    file->shared_length = file->fields_length;
    if (file->etag[0] != '\0')
        add_field(file, "Accept-Ranges: bytes\r\n");
    if (file->coding != NULL)
        add_field(file, "Content-Encoding: %s\r\n", file->coding);
    add_field(file, "Content-Type: %s\r\nContent-Length: %llu\r\n", file->type,
              (unsigned long long)file->size);
}

/* Another one when the bytes are others, as far as the time of a file tells. */
static void make_etag(struct file *file, const char *suffix)
{
    snprintf(file->etag, sizeof file->etag, "\"%llx.%lx-%llx%s\"",
             (unsigned long long)file->stat.st_mtim.tv_sec,
             (unsigned long)file->stat.st_mtim.tv_nsec, (unsigned long long)file->stat.st_size,
             suffix);
}

/* ---- a file of the disk ---------------------------------------------------------------------- */

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mode == b->st_mode && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* All bytes of it, or NULL where there is no memory or it is not that long (any more). */
static unsigned char *read_all(int descriptor, size_t size)
{
    unsigned char *bytes = malloc(size > 0 ? size : 1);
    size_t length = 0;
    while (bytes != NULL && length < size) {
        ssize_t got = pread(descriptor, bytes + length, size - length, (off_t)length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            free(bytes);
            return NULL;
        }
        length += (size_t)got;
    }
    return bytes;
}

/* Takes over the descriptor of a regular file. */
static struct file *regular(const struct file_options *options, const char *path, int descriptor,
                            const struct stat *stat, const char *suffix)
{
    struct file *file = new_file(path, FILE_REGULAR);
    if (file == NULL) {
        close(descriptor);
        return NULL;
    }
    file->descriptor = descriptor;
    file->stat = *stat;
    file->size = (uint64_t)stat->st_size;
    /* RFC 9110, section 8.8.2.1: nothing has been changed in the future. */
    const time_t now = time(NULL);
    file->modified = stat->st_mtim.tv_sec < now ? stat->st_mtim.tv_sec : now;
    make_etag(file, suffix);
    if (file->size <= options->in_memory) {
        file->bytes = read_all(descriptor, (size_t)file->size);
        if (file->bytes != NULL) {
            close(descriptor);
            file->descriptor = -1;
        }
    }
    return file;
}

/* NAME.gz, if it is there and not older than NAME. */
static struct file *compressed_beside(const struct file_options *options, const char *name,
                                      const struct file *plain)
{
    char path[PATH_MAX];
    struct stat stat;
    int descriptor;
    if ((size_t)snprintf(path, sizeof path, "%s.gz", name) >= sizeof path ||
        path_open(options->root, path, options->links, &descriptor, &stat) != 0)
        return NULL;
    if (!S_ISREG(stat.st_mode) || stat.st_mtim.tv_sec < plain->stat.st_mtim.tv_sec) {
        close(descriptor);
        return NULL;
    }
    struct file *file = regular(options, path, descriptor, &stat, "-gz");
    if (file != NULL) {
        file->type = plain->type;
        file->compressible = true;
        file->modified = plain->modified;
        file->coding = "gzip";
        make_fields(file);
    }
    return file;
}

static bool is_script(const struct file_options *options, const char *name)
{
    size_t length = strlen(name);
    return options->scripts && length > 4 && strcmp(name + length - 4, ".php") == 0;
}

/* Whether what was compressed still belongs to it. What file_compress has made does, unless there
 * is a NAME.gz now. */
static bool is_same_compressed(const struct file_options *options, const char *name,
                               const struct file *file)
{
    bool beside = file->gzip != NULL && strcmp(file->gzip->path, file->path) != 0;
    char path[PATH_MAX];
    struct stat stat;
    int descriptor;
    if (!file->compressible || (size_t)snprintf(path, sizeof path, "%s.gz", name) >= sizeof path)
        return true;
    if (path_open(options->root, path, options->links, &descriptor, &stat) != 0)
        return !beside;
    close(descriptor);
    return beside && is_same(&file->gzip->stat, &stat);
}

/* What is served for `path` out of the file `name`, which differ for the index of a folder. */
static struct file *found(const struct file_options *options, const char *path, const char *name,
                          int descriptor, const struct stat *stat, struct file *old)
{
    bool script = is_script(options, name);
    if (old != NULL && old->kind == (script ? FILE_SCRIPT : FILE_REGULAR) &&
        is_same(&old->stat, stat) && is_same_compressed(options, name, old)) {
        close(descriptor);
        return old;
    }
    if (script) {
        close(descriptor);
        struct file *file = new_file(path, FILE_SCRIPT);
        if (file == NULL)
            return NULL;
        file->stat = *stat;
        file->script_length = strlen(path);
        if (strcmp(path, name) != 0 && (file->script = strdup(name)) == NULL) {
            file_free(file);
            return NULL;
        }
        return file;
    }
    struct file *file = regular(options, path, descriptor, stat, "");
    if (file == NULL)
        return NULL;
    file->type = mime_type(name);
    file->compressible = options->gzip && mime_is_compressible(file->type);
    make_fields(file);
    if (file->compressible)
        file->gzip = compressed_beside(options, name, file);
    return file;
}

/* ---- folders --------------------------------------------------------------------------------- */

static struct file *list_folder(const struct file_options *options, const char *path,
                                int descriptor)
{
    char *html;
    size_t size;
    int error = listing_make(descriptor, options->root, path, options->links, &html, &size);
    if (error != 0)
        return nothing(path, error);
    struct file *file = new_file(path, FILE_REGULAR);
    if (file == NULL) {
        free(html);
        return NULL;
    }
    file->bytes = (unsigned char *)html;
    file->size = size;
    file->type = "text/html; charset=utf-8";
    make_fields(file);
    return file;
}

/* Takes over the descriptor of a folder, which was asked for with its slash. */
static struct file *folder(const struct file_options *options, const char *path, int descriptor,
                           struct file *old)
{
    for (const char *const *index = options->index_names; *index != NULL; index++) {
        char name[PATH_MAX];
        struct stat stat;
        int inside;
        if ((size_t)snprintf(name, sizeof name, "%s%s", path, *index) >= sizeof name ||
            path_open(options->root, name, options->links, &inside, &stat) != 0)
            continue;
        if (S_ISREG(stat.st_mode)) {
            close(descriptor);
            return found(options, path, name, inside, &stat, old);
        }
        close(inside);
    }
    struct file *file =
        options->listing ? list_folder(options, path, descriptor) : nothing(path, EPERM);
    close(descriptor);
    return file;
}

/* ---- a path ---------------------------------------------------------------------------------- */

/* /blog.php/2026/may: what comes behind a script is told to it (RFC 3875, section 4.1.5). */
static struct file *script_with_rest(const struct file_options *options, const char *path)
{
    char name[PATH_MAX];
    for (const char *at = path; (at = strstr(at, ".php/")) != NULL; at++) {
        size_t length = (size_t)(at - path) + 4;
        struct stat stat;
        int descriptor;
        if (length >= sizeof name)
            break;
        memcpy(name, path, length);
        name[length] = '\0';
        if (path_open(options->root, name, options->links, &descriptor, &stat) != 0)
            continue;
        close(descriptor);
        if (!S_ISREG(stat.st_mode))
            continue;
        struct file *file = new_file(path, FILE_SCRIPT);
        if (file != NULL)
            file->script_length = length;
        return file;
    }
    return nothing(path, ENOENT);
}

static bool says_nothing_about_the_path(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

struct file *file_open(const struct file_options *options, const char *path, struct file *old,
                       int *error)
{
    size_t length = strlen(path);
    bool as_folder = length == 0 || path[length - 1] == '/';
    struct stat stat;
    int descriptor;

    *error = path_open(options->root, path, options->links, &descriptor, &stat);
    if (says_nothing_about_the_path(*error))
        return NULL;
    struct file *file;
    if (*error != 0)
        file = options->scripts ? script_with_rest(options, path) : nothing(path, *error);
    else if (S_ISREG(stat.st_mode) && !as_folder)
        file = found(options, path, path, descriptor, &stat, old);
    else if (S_ISDIR(stat.st_mode) && as_folder)
        file = folder(options, path, descriptor, old);
    else {
        close(descriptor);
        file = S_ISDIR(stat.st_mode) ? new_file(path, FILE_REDIRECT) : nothing(path, ENOENT);
    }
    *error = file == NULL ? ENOMEM : 0;
    return file;
}

/* ---- compressing ----------------------------------------------------------------------------- */

struct file *file_compress(const struct file *file)
{
    unsigned char *bytes;
    size_t size;
    if (file->bytes == NULL || file->size < COMPRESS_FROM ||
        gzip_compress(file->bytes, (size_t)file->size, &bytes, &size) != 0)
        return NULL;
    struct file *gzip = new_file(file->path, FILE_REGULAR);
    if (gzip == NULL) {
        free(bytes);
        return NULL;
    }
    gzip->bytes = bytes;
    gzip->size = size;
    gzip->stat = file->stat;
    gzip->modified = file->modified;
    gzip->type = file->type;
    gzip->compressible = true;
    if (file->etag[0] != '\0')
        make_etag(gzip, "-gz");
    gzip->coding = "gzip";
    make_fields(gzip);
    return gzip;
}
