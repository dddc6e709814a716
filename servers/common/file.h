/* file.h - what a path leads to, opened, read and ready to be sent.
 *
 * A struct file does not change once it is made, but for what files.c does to it under its
 * constraint. It is made by file_open, which blocks, and shared by all who ask for the same path.
 */
#ifndef FILE_H
#define FILE_H

#include "path.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

enum file_kind {
    FILE_NONE,     /* `error` says why */
    FILE_REDIRECT, /* a folder that was asked for without its slash */
    FILE_REGULAR,  /* something to send: a file, or the listing of a folder */
    FILE_SCRIPT,   /* for FastCGI */
};

#define FILE_ETAG_SIZE   48
#define FILE_FIELDS_SIZE 384

struct file {
    enum file_kind kind;
    int error;
    uint64_t size;              /* of the bytes to be sent */
    int64_t modified;           /* seconds of the epoch; -1: not known */
    const unsigned char *bytes; /* all of them, or NULL: send from the descriptor */
    int descriptor;             /* -1: there is none */
    char etag[FILE_ETAG_SIZE];  /* with its quotes; "": none */
    const char *type;           /* the value of Content-Type; lives as long as the program */
    const char *coding;         /* the value of Content-Encoding, or NULL */
    bool compressible;
    size_t
        script_length;  /* FILE_SCRIPT: of `path`, where the script ends; behind it is PATH_INFO */
    const char *script; /* FILE_SCRIPT: within the root, where it is not `path`: an index file */

    /* Ready to send, each with its CR LF: what belongs to a 200 as to a 304 and 206 (ETag and the
     * like), then what a 200 has besides (Content-Type, Content-Length and the like). */
    char fields[FILE_FIELDS_SIZE];
    size_t shared_length, fields_length;

    /* ---- files.c's ---- */
    struct file *gzip; /* the same compressed, its own; NULL: there is none, or not yet */
    struct stat stat;  /* by which a change is noticed */
    uint64_t checked;  /* when, ns of the clock of those who ask */
    bool checking;     /* somebody looks again */
    bool used;         /* since its turn to be given up last came */
    bool listed;       /* found by its path */
    unsigned references;
    uint64_t weight;
    struct file *prev, *next;
    UT_hash_handle hh;
    char path[]; /* its key */
};

/* How files are found. Set by `initial`, read-only from then on. */
struct file_options {
    int root; /* an O_PATH descriptor of the folder */
    enum path_links links;
    bool listing;                   /* of folders without an index file */
    bool scripts;                   /* *.php are scripts */
    bool gzip;                      /* NAME.gz is NAME compressed */
    uint64_t in_memory;             /* files up to so many bytes are kept in memory */
    const char *const *index_names; /* of the files that stand for a folder; NULL ends them */
};

/* Looks at a path as path.h makes them. Returns `old` where that still holds (NULL: nothing is
 * known), or what is there now; and NULL when there is no memory. That nothing can be found is a
 * struct file, too. Out of descriptors is not, since it says nothing about the path: then *error is
 * set to that, and NULL returned. */
struct file *file_open(const struct file_options *options, const char *path, struct file *old,
                       int *error);

/* A file that is in memory as gzip's output, to be put into file->gzip; NULL when it does not get
 * smaller, or there is no memory. Blocks for as long as that takes. */
struct file *file_compress(const struct file *file);

/* With all that belongs to it. */
void file_free(struct file *file);

#endif
