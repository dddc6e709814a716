#include "documents.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUCKETS 65536

struct document {
    struct document *next; /* of the same bucket */
    const char *path;
    size_t length;
    struct response keep, close;
};

static struct document *buckets[BUCKETS];
static size_t root_length;
static bool keep_open;

#define NOT_FOUND "HTTP/1.1 404 Not Found\r\nServer: peer\r\nContent-Length: 0\r\n"

#define MISSING(text)                                                                              \
    {                                                                                              \
        text, sizeof text - 1, sizeof text - 1, -1                                                 \
    }
static const struct response missing_keep = MISSING(NOT_FOUND "\r\n");
static const struct response missing_close = MISSING(NOT_FOUND "Connection: close\r\n\r\n");

static void fail(const char *path)
{
    perror(path);
    exit(EXIT_FAILURE);
}

static struct document **bucket_of(const char *path, size_t length)
{
    uint32_t hash = 2166136261; /* FNV-1a */

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)path[i]) * 16777619;
    return &buckets[hash % BUCKETS];
}

static struct response make_response(const char *path, int file, size_t size, const char *more)
{
    char head[256];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 200 OK\r\nServer: peer\r\n"
                          "Content-Type: application/octet-stream\r\nContent-Length: %zu\r\n%s\r\n",
                          size, more);
    struct response response = {.head = (size_t)length, .file = keep_open ? file : -1};
    char *bytes = malloc(response.head + size);

    if (bytes == NULL)
        fail(path);
    memcpy(bytes, head, response.head);
    for (size_t done = 0; done < size;) {
        ssize_t count = pread(file, bytes + response.head + done, size - done, (off_t)done);
        if (count <= 0)
            fail(path);
        done += (size_t)count;
    }
    response.bytes = bytes;
    response.size = response.head + size;
    return response;
}

static int load(const char *path, const struct stat *status, int type, struct FTW *where)
{
    struct document *document;
    struct document **bucket;
    int file;

    (void)where;
    if (type != FTW_F || !S_ISREG(status->st_mode))
        return 0;
    document = malloc(sizeof *document);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (document == NULL || file < 0)
        fail(path);
    document->path = strdup(path + root_length);
    if (document->path == NULL)
        fail(path);
    document->length = strlen(document->path);
    document->keep = make_response(path, file, (size_t)status->st_size, "");
    document->close = make_response(path, file, (size_t)status->st_size, "Connection: close\r\n");
    if (!keep_open)
        close(file);
    bucket = bucket_of(document->path, document->length);
    document->next = *bucket;
    *bucket = document;
    return 0;
}

void documents_load(const char *root, bool open)
{
    keep_open = open;
    root_length = strlen(root);
    while (root_length > 1 && root[root_length - 1] == '/')
        root_length--;
    if (nftw(root, load, 16, FTW_PHYS) != 0)
        fail(root);
}

const struct response *documents_find(const char *path, size_t length, bool keep)
{
    for (const struct document *d = *bucket_of(path, length); d != NULL; d = d->next) {
        if (d->length == length && memcmp(d->path, path, length) == 0)
            return keep ? &d->keep : &d->close;
    }
    return keep ? &missing_keep : &missing_close;
}
