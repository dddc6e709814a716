/* files.h - a cache of open files.
 *
 * After the Flash web server (V. S. Pai, P. Druschel, W. Zwaenepoel: Flash: An efficient and
 * portable web server, USENIX 1999): descriptors, contents and heads are kept, and that there is
 * nothing is kept, too.
 *
 *      files_find -> fresh? -> use it
 *                 -> else file_open, which blocks -> files_keep -> use it
 *      files_release
 *
 * A file is fresh for half a second. From then on one of those who find it is told to look again,
 * and after a second all are: so a file that is changed, replaced or removed is noticed within a
 * second, and slow storage keeps nobody else waiting meanwhile. What has changed is another struct
 * file, and who uses the old one goes on with it.
 *
 * Those that have not been used for longest go first, nearly: the list of them is the clock of
 * F. J. Corbató (A paging experiment with the Multics system, 1968).
 *
 * Nothing here is locked, and nothing blocks: in the .flux file every node that calls one of these
 * holds one constraint.
 */
#ifndef FILES_H
#define FILES_H

#include "file.h"

struct files;

/* Limits: bytes of memory, how many files, how many of them open. NULL when there is no memory. */
struct files *files_new(uint64_t bytes, uint64_t count, uint64_t descriptors);

/* All files must have been released. */
void files_free(struct files *files);

/* What is known of a path, referenced, or NULL. *fresh: it can be used; otherwise the caller looks
 * again, and has to say with files_keep what came of it. now: any monotonic clock in ns. */
struct file *files_find(struct files *files, const char *path, uint64_t now, bool *fresh);

/* `found` is what file_open made of `old` (may be the same; either may be NULL). The reference to
 * `old` goes over to `found`, which is the cache's from here on. Returns it. now: from before
 * file_open, as a file may change while it is read. */
struct file *files_keep(struct files *files, struct file *old, struct file *found, uint64_t now);

/* The file, which is referenced, has been compressed. */
void files_keep_gzip(struct files *files, struct file *file, struct file *gzip);

void files_release(struct files *files, struct file *file);

/* Gives up an open file that nobody uses. Returns whether there was one. */
bool files_shed(struct files *files);

/* What it holds. */
uint64_t files_bytes(const struct files *files);
uint64_t files_count(const struct files *files);
uint64_t files_descriptors(const struct files *files);

#endif
