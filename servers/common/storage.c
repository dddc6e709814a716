#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- opening --------------------------------------------------------------------------------- */

static int open_beneath(int folder, const char *path, int flags, mode_t mode)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                           .mode = mode,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd;
    do
        fd = syscall(SYS_openat2, folder, path, &how, sizeof how);
    while (fd < 0 && (errno == EAGAIN || errno == EINTR));
    return (int)fd;
}

/* Makes the folders that lead to a path. */
static int make_folders(int root, const char *path)
{
    char part[PATH_MAX];
    int folder = root, error = 0;
    for (const char *from = path, *slash; error == 0 && (slash = strchr(from, '/')) != NULL;
         from = slash + 1) {
        size_t length = (size_t)(slash - path);
        if (length >= sizeof part)
            return ENAMETOOLONG;
        memcpy(part, path, length);
        part[length] = '\0';
        if (mkdirat(folder, part + (from - path), 0777) != 0 && errno != EEXIST)
            error = errno;
        int next = error == 0 ? open_beneath(root, part, O_PATH | O_DIRECTORY, 0) : -1;
        if (error == 0 && next < 0)
            error = errno;
        if (folder != root)
            close(folder);
        folder = next;
    }
    if (folder != root && folder >= 0)
        close(folder);
    return error;
}

/* Never a FIFO or a device: opening one does something to it. */
static int open_file(const struct storage *storage, const char *path, bool create)
{
    int flags = storage->read_only ? O_RDONLY : O_RDWR;
    int fd = open_beneath(storage->folder, path, flags | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0 && errno == ENOENT && create) {
        int error = make_folders(storage->folder, path);
        if (error != 0) {
            errno = error;
            return -1;
        }
        fd = open_beneath(storage->folder, path, flags | O_CREAT, 0666);
    }
    struct stat status;
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

static int compare_sizes(const void *a, const void *b)
{
    const struct metainfo_file *p = *(const struct metainfo_file *const *)a;
    const struct metainfo_file *q = *(const struct metainfo_file *const *)b;
    return (p->length < q->length) - (p->length > q->length);
}

/* Those that are there, or that have to be; the largest ones stay open. */
static int open_files(struct storage *storage, const struct metainfo_file **order,
                      uint64_t descriptors, const char **path)
{
    const struct metainfo *metainfo = storage->metainfo;
    for (size_t i = 0; i < metainfo->file_count; i++)
        order[i] = &metainfo->files[i];
    qsort(order, metainfo->file_count, sizeof *order, compare_sizes);
    for (size_t i = 0; i < metainfo->file_count; i++) {
        if (order[i]->padding)
            continue;
        bool create = !storage->read_only;
        int fd = open_file(storage, order[i]->path, create);
        if (fd < 0 && errno == ENOENT && !create)
            continue;
        struct stat status;
        *path = order[i]->path;
        if (fd < 0)
            return errno;
        if (create && (fstat(fd, &status) != 0 || ((uint64_t)status.st_size < order[i]->length &&
                                                   ftruncate(fd, (off_t)order[i]->length) != 0))) {
            int error = errno;
            close(fd);
            return error;
        }
        if (storage->kept < descriptors) {
            storage->files[order[i] - metainfo->files] = fd;
            storage->kept++;
        } else {
            close(fd);
        }
    }
    *path = NULL;
    return 0;
}

int storage_open(struct storage *storage, const struct metainfo *metainfo, const char *folder,
                 bool read_only, uint64_t descriptors, const char **path)
{
    *storage = (struct storage){.metainfo = metainfo, .read_only = read_only};
    *path = folder;
    storage->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (storage->folder < 0)
        return errno;
    const struct metainfo_file **order = malloc(metainfo->file_count * sizeof *order);
    storage->files = malloc(metainfo->file_count * sizeof *storage->files);
    int error = order == NULL || storage->files == NULL ? ENOMEM : 0;
    for (size_t i = 0; error == 0 && i < metainfo->file_count; i++) {
        storage->files[i] = -1;
        storage->has_padding |= metainfo->files[i].padding;
    }
    if (error == 0)
        error = open_files(storage, order, descriptors, path);
    free(order);
    if (error != 0)
        storage_close(storage);
    return error;
}

void storage_close(struct storage *storage)
{
    for (size_t i = 0; storage->files != NULL && i < storage->metainfo->file_count; i++) {
        if (storage->files[i] >= 0)
            close(storage->files[i]);
    }
    free(storage->files);
    storage->files = NULL;
    if (storage->metainfo != NULL && storage->folder >= 0)
        close(storage->folder);
    storage->folder = -1;
}

int storage_descriptor(const struct storage *storage, size_t file, bool *kept)
{
    *kept = storage->files[file] >= 0;
    if (*kept)
        return storage->files[file];
    return open_file(storage, storage->metainfo->files[file].path, false);
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* The last file that begins at the offset or before; empty files begin where the next one does. */
static size_t find_file(const struct metainfo *metainfo, uint64_t offset)
{
    size_t low = 0, high = metainfo->file_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (metainfo->files[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct storage_part storage_part(const struct storage *storage, uint64_t offset, size_t size)
{
    const struct metainfo *metainfo = storage->metainfo;
    size_t file = metainfo->file_count > 1 ? find_file(metainfo, offset) : 0;
    const struct metainfo_file *found = &metainfo->files[file];
    struct storage_part part = {file, offset - found->offset, size, found->padding};
    if (found->length - part.offset < size)
        part.size = (size_t)(found->length - part.offset);
    return part;
}

static int read_part(int fd, uint64_t offset, uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t got = pread(fd, data, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : ENOENT;
        data += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return 0;
}

int storage_read(const struct storage *storage, uint64_t offset, void *data, size_t size)
{
    uint8_t *to = data;
    int error = 0;
    while (size > 0 && error == 0) {
        struct storage_part part = storage_part(storage, offset, size);
        bool kept;
        if (part.padding) {
            memset(to, 0, part.size);
        } else {
            int fd = storage_descriptor(storage, part.file, &kept);
            if (fd < 0)
                return errno;
            error = read_part(fd, part.offset, to, part.size);
            if (!kept)
                close(fd);
        }
        to += part.size;
        offset += part.size;
        size -= part.size;
    }
    return error;
}

/* ---- holes ----------------------------------------------------------------------------------- */

static bool part_is_hole(int fd, uint64_t offset, size_t size)
{
    off_t data = lseek(fd, (off_t)offset, SEEK_DATA);
    return data < 0 ? errno == ENXIO : (uint64_t)data >= offset + size;
}

bool storage_is_hole(const struct storage *storage, uint64_t offset, size_t size)
{
    while (size > 0) {
        struct storage_part part = storage_part(storage, offset, size);
        bool kept, hole = true;
        int fd = part.padding ? -1 : storage_descriptor(storage, part.file, &kept);
        if (fd >= 0) {
            hole = part_is_hole(fd, part.offset, part.size);
            if (!kept)
                close(fd);
        } else if (!part.padding && errno != ENOENT) {
            return false;
        }
        if (!hole)
            return false;
        offset += part.size;
        size -= part.size;
    }
    return true;
}

static bool is_zero(const uint8_t *data, size_t size)
{
    return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

/* ---- writing --------------------------------------------------------------------------------- */

static int write_bytes(int fd, uint64_t offset, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t done = pwrite(fd, data, size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        data += done;
        offset += (uint64_t)done;
        size -= (size_t)done;
    }
    return 0;
}

#define ZEROS (64u << 10) /* that may stay a hole, or not */

static int write_part(int fd, uint64_t offset, const uint8_t *data, size_t size)
{
    if (!is_zero(data, size))
        return write_bytes(fd, offset, data, size);
    for (size_t here; size > 0; offset += here, size -= here) {
        here = ZEROS - offset % ZEROS < size ? ZEROS - offset % ZEROS : size;
        int error = part_is_hole(fd, offset, here) ? 0 : write_bytes(fd, offset, data, here);
        if (error != 0)
            return error;
    }
    return 0;
}

int storage_write(const struct storage *storage, uint64_t offset, const void *data, size_t size)
{
    const uint8_t *from = data;
    int error = 0;
    while (size > 0 && error == 0) {
        struct storage_part part = storage_part(storage, offset, size);
        if (!part.padding) {
            bool kept;
            int fd = storage_descriptor(storage, part.file, &kept);
            if (fd < 0)
                return errno;
            error = write_part(fd, part.offset, from, part.size);
            if (!kept)
                close(fd);
        }
        from += part.size;
        offset += part.size;
        size -= part.size;
    }
    return error;
}
