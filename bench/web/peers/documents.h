/* documents.h - the files of a folder in memory, each as the whole response to a request for it:
 * what the hand-written servers send. They are read once, at start; no Date, no validators. */
#ifndef DOCUMENTS_H
#define DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>

/* Head and body as they are sent. */
struct response {
    const char *bytes;
    size_t head, size;
    int file; /* the open file, for sendfile; -1 without */
};

/* Every regular file below `root`. With `open`, their descriptors stay open. Ends the program if a
 * file cannot be read. */
void documents_load(const char *root, bool open);

/* What answers a request for a path, which begins with a slash; `keep`: the connection stays open.
 * Never NULL: what there is no file for is 404. */
const struct response *documents_find(const char *path, size_t length, bool keep);

#endif
