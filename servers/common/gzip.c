#include "gzip.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define LEVEL       6
#define GZIP_FORMAT 16 /* added to the window's bits: gzip's header and trailer, not zlib's */

int gzip_compress(const void *bytes, size_t size, unsigned char **compressed, size_t *length)
{
    z_stream stream = {.next_in = (Bytef *)bytes, .avail_in = (uInt)size};
    size_t room = size - size / 8;
    if (size > UINT_MAX)
        return ENOSPC;
    int status =
        deflateInit2(&stream, LEVEL, Z_DEFLATED, MAX_WBITS + GZIP_FORMAT, 8, Z_DEFAULT_STRATEGY);
    if (status != Z_OK)
        return ENOMEM;
    unsigned char *to = malloc(room > 0 ? room : 1);
    if (to == NULL) {
        deflateEnd(&stream);
        return ENOMEM;
    }
    stream.next_out = to;
    stream.avail_out = (uInt)room;
    status = deflate(&stream, Z_FINISH);
    *length = (size_t)stream.total_out;
    deflateEnd(&stream);
    if (status != Z_STREAM_END) {
        free(to);
        return ENOSPC;
    }
    *compressed = to;
    return 0;
}
