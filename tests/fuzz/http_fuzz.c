/* http_fuzz.c - requests as they come from the network. However a stream of bytes is cut, it has to
 * be read as the same requests. */
#include "http.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BODY 1000

/* Reads one request, its body in pieces of `step` bytes. Returns its length, 0 where it is refused
 * or incomplete. */
static size_t read_request(const char *data, size_t length, size_t step,
                           struct http_request *request)
{
    size_t scanned = 0, end = 0;
    for (size_t here = step; end == 0; here += step) {
        if (http_head_end(data, here < length ? here : length, &scanned, &end) != 0)
            return 0;
        if (end == 0 && here >= length)
            return 0;
    }
    if (http_head_parse(request, data, end) != 0 || http_body_begin(request, MAX_BODY) != 0)
        return 0;
    while (request->stage == HTTP_IN_BODY && end < length) {
        size_t piece = length - end < step ? length - end : step, used;
        if (http_body_skip(request, data + end, piece, &used) != 0)
            return 0;
        end += used;
    }
    return request->stage == HTTP_WHOLE ? end : 0;
}

static void read_target(const struct http_request *request)
{
    struct http_text path, query, name, value;
    char decoded[64];
    if (http_target_split(request->target, &path, &query) != 0)
        return;
    if (http_target_decode(path, decoded, sizeof decoded) == 0 && strlen(decoded) >= sizeof decoded)
        abort();
    while (http_query_next(&query, &name, &value))
        if (name.at < request->target.at)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    for (size_t at = 0; at < size;) {
        struct http_request request, again;
        size_t length = read_request(copy + at, size - at, size, &request);
        if (length != read_request(copy + at, size - at, 1, &again))
            abort();
        if (length == 0)
            break;
        read_target(&request);
        http_etag_matches(request.if_none_match, "\"0123456789abcdef-8\"");
        at += length;
    }
    free(copy);
    return 0;
}
