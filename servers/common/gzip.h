/* gzip.h - bytes compressed as RFC 1952 says, in one piece. */
#ifndef GZIP_H
#define GZIP_H

#include <stddef.h>

/* *compressed is from malloc. Returns 0; ENOMEM; or ENOSPC where it would not be smaller by an
 * eighth at least, and so is not worth it. Blocks for as long as compressing takes. */
int gzip_compress(const void *bytes, size_t size, unsigned char **compressed, size_t *length);

#endif
