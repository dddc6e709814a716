/* Before uthash.h: paths come from outside, so the hash is not one that outsiders can compute; and
 * without memory a file is just not listed. */
#include <stddef.h>
#include <stdint.h>
static uint32_t hash_path(const char *path, size_t length);
#define HASH_FUNCTION(key, length, hash) (hash) = hash_path((key), (length))
#define HASH_NONFATAL_OOM                1

#include "files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <utlist.h>

#define FRESH UINT64_C(500000000)  /* ns */
#define STALE UINT64_C(1000000000) /* ns; nobody uses it unseen any more */

struct files {
    uint64_t most_bytes, most_files, most_descriptors;
    uint64_t bytes, descriptors;
    struct file *table;
    struct file *clock; /* the next whose turn it is to go */
};

static uint64_t secret; /* set by files_new, before anything is hashed */

/* Eight bytes at a time; mixing as in splitmix64 (Steele, Lea, Flood, 2014). */
static uint32_t hash_path(const char *path, size_t length)
{
    uint64_t hash = secret ^ length;
    for (; length > 0; path += 8) {
        uint64_t word = 0;
        size_t here = length < 8 ? length : 8;
        memcpy(&word, path, here);
        hash = (hash ^ word) * 0xbf58476d1ce4e5b9u;
        hash ^= hash >> 29;
        length -= here;
    }
    hash *= 0x94d049bb133111ebu;
    return (uint32_t)(hash >> 32);
}

struct files *files_new(uint64_t bytes, uint64_t count, uint64_t descriptors)
{
    struct files *files = calloc(1, sizeof *files);
    if (files == NULL)
        return NULL;
    while (secret == 0)
        if (getrandom(&secret, sizeof secret, 0) < 0)
            secret = (uint64_t)(uintptr_t)files;
    files->most_bytes = bytes;
    files->most_files = count;
    files->most_descriptors = descriptors;
    return files;
}

static uint64_t descriptors_of(const struct file *file)
{
    uint64_t own = file->descriptor >= 0;
    return own + (file->gzip != NULL && file->gzip->descriptor >= 0);
}

static uint64_t weight_of(const struct file *file)
{
    uint64_t weight = sizeof *file + strlen(file->path) + 1;
    if (file->bytes != NULL)
        weight += file->size;
    return file->gzip != NULL ? weight + weight_of(file->gzip) : weight;
}

/* Not to be found any more; it lives as long as somebody uses it. */
static void forget(struct files *files, struct file *file)
{
    if (!file->listed)
        return;
    file->listed = false;
    HASH_DEL(files->table, file);
    DL_DELETE(files->clock, file);
    files->bytes -= file->weight;
    files->descriptors -= descriptors_of(file);
    if (file->references == 0)
        file_free(file);
}

void files_free(struct files *files)
{
    if (files == NULL)
        return;
    while (files->clock != NULL)
        forget(files, files->clock);
    free(files);
}

static bool is_full(const struct files *files)
{
    return files->bytes > files->most_bytes || files_count(files) > files->most_files ||
           files->descriptors > files->most_descriptors;
}

/* Two turns of the clock at most: in the first each of them may have been used. */
static void make_room(struct files *files)
{
    for (uint64_t left = 2 * files_count(files); is_full(files) && left > 0; left--) {
        struct file *file = files->clock;
        if (file->used) {
            file->used = false;
            DL_DELETE(files->clock, file);
            DL_APPEND(files->clock, file);
        } else {
            forget(files, file);
        }
    }
}

static void list(struct files *files, struct file *file)
{
    file->weight = weight_of(file);
    file->listed = true;
    files->bytes += file->weight;
    files->descriptors += descriptors_of(file);
    HASH_ADD_STR(files->table, path, file);
    if (file->hh.tbl == NULL) { /* no memory for it: it is used once */
        file->listed = false;
        files->bytes -= file->weight;
        files->descriptors -= descriptors_of(file);
        return;
    }
    DL_APPEND(files->clock, file);
    make_room(files);
}

struct file *files_find(struct files *files, const char *path, uint64_t now, bool *fresh)
{
    struct file *file;
    HASH_FIND_STR(files->table, path, file);
    if (file == NULL)
        return NULL;
    uint64_t age = now > file->checked ? now - file->checked : 0;
    *fresh = age < FRESH || (file->checking && age < STALE);
    if (!*fresh)
        file->checking = true;
    file->used = true;
    file->references++;
    return file;
}

struct file *files_keep(struct files *files, struct file *old, struct file *found, uint64_t now)
{
    if (found == NULL || found == old) {
        /* Without an answer others look again, as soon as they come. */
        if (old != NULL)
            old->checking = false;
        if (found != NULL)
            found->checked = now;
        return old;
    }
    if (old != NULL) {
        forget(files, old);
        files_release(files, old);
    }
    /* Somebody else may have looked at the same time. */
    struct file *other;
    HASH_FIND_STR(files->table, found->path, other);
    if (other != NULL)
        forget(files, other);
    found->checked = now;
    found->references = 1;
    list(files, found);
    return found;
}

void files_keep_gzip(struct files *files, struct file *file, struct file *gzip)
{
    if (file->gzip != NULL) {
        file_free(gzip);
        return;
    }
    if (file->listed) {
        files->bytes -= file->weight;
        files->descriptors -= descriptors_of(file);
    }
    file->gzip = gzip;
    if (file->listed) {
        file->weight = weight_of(file);
        files->bytes += file->weight;
        files->descriptors += descriptors_of(file);
        make_room(files);
    }
}

void files_release(struct files *files, struct file *file)
{
    (void)files;
    if (--file->references == 0 && !file->listed)
        file_free(file);
}

bool files_shed(struct files *files)
{
    struct file *file;
    DL_FOREACH(files->clock, file)
    {
        if (file->references == 0 && descriptors_of(file) > 0) {
            forget(files, file);
            return true;
        }
    }
    return false;
}

uint64_t files_bytes(const struct files *files)
{
    return files->bytes;
}

uint64_t files_count(const struct files *files)
{
    return HASH_COUNT(files->table);
}

uint64_t files_descriptors(const struct files *files)
{
    return files->descriptors;
}
