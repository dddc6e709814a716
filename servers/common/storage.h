/* storage.h - the files of a torrent on the disk.
 *
 * Nothing outside the folder is opened, whatever links lead where (openat2, RESOLVE_BENEATH). Files
 * are made sparse, at their full length, when something of them is first written; holes stay holes,
 * since zeros that are there already are not written. Padding files are not stored.
 *
 * Reads and writes may wait for the disk. They may be called by several threads at a time, for
 * different pieces where one writes.
 */
#ifndef STORAGE_H
#define STORAGE_H

#include "metainfo.h"

struct storage {
    const struct metainfo *metainfo;
    int folder;
    bool read_only;
    bool has_padding;
    int *files;    /* descriptors, -1: opened for each use, as descriptors do not suffice for all */
    uint64_t kept; /* how many are open */
};

/* Opens what is there of the files, up to `descriptors` of them for good, the largest first. To
 * write: also makes empty files, and folders. Returns 0 or an error number; then `path` (or NULL)
 * is what could not be opened. */
int storage_open(struct storage *storage, const struct metainfo *metainfo, const char *folder,
                 bool read_only, uint64_t descriptors, const char **path);
void storage_close(struct storage *storage);

/* Reads from an offset of the torrent on. ENOENT where a file is not there, or is too short. */
int storage_read(const struct storage *storage, uint64_t offset, void *data, size_t size);
/* Writes what storage_open has made room for. */
int storage_write(const struct storage *storage, uint64_t offset, const void *data, size_t size);

/* Whether all of it is a hole, or not there at all: what would be read is zeros, or nothing. */
bool storage_is_hole(const struct storage *storage, uint64_t offset, size_t size);

/* The file that holds the byte at an offset, and how many of `size` bytes from there on. */
struct storage_part {
    size_t file;
    uint64_t offset; /* within the file */
    size_t size;
    bool padding;
};
struct storage_part storage_part(const struct storage *storage, uint64_t offset, size_t size);

/* A descriptor to read a part from; kept: it must not be closed. -1 with errno set. */
int storage_descriptor(const struct storage *storage, size_t file, bool *kept);

#endif
