#include "http.h"

#include <ctype.h>
#include <errno.h>

/* Extensions and trailers of a chunked body: more than this is an attack, not a message. Sizes do
 * not count, as each comes with data, which `room` bounds. */
#define CHUNK_OVERHEAD (64 * 1024)

int http_body_begin(struct http_request *request, uint64_t max_body)
{
    request->stage = HTTP_IN_BODY;
    if (request->chunked) {
        request->left = 0;
        request->room = max_body;
        request->overhead = CHUNK_OVERHEAD;
        request->chunk_stage = HTTP_CHUNK_SIZE;
        request->chunk_digits = 0;
        return 0;
    }
    if (request->left > max_body)
        return E2BIG;
    if (request->left == 0)
        request->stage = HTTP_WHOLE;
    return 0;
}

static int chunk_size_digit(struct http_request *request, char c)
{
    unsigned digit = (unsigned)(isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
    request->left = request->left * 16 + digit;
    return ++request->chunk_digits > 15 || request->left > request->room ? E2BIG : 0;
}

/* One byte of an extension or a trailer, of which nothing matters but where it ends. */
static int chunk_overhead(struct http_request *request, char c)
{
    if (request->overhead == 0)
        return E2BIG;
    request->overhead--;
    return c == '\n' || c == '\0' ? EBADMSG : 0;
}

/* The beginning of an extension, and blanks in front of it: these ought not to be there, but are to
 * be accepted (RFC 9110, section 5.6.3). */
static int chunk_extension(struct http_request *request, char c)
{
    if (c != ';' && c != ' ' && c != '\t')
        return EBADMSG;
    request->chunk_stage = c == ';' ? HTTP_CHUNK_EXTENSION : HTTP_CHUNK_BLANK;
    return chunk_overhead(request, c);
}

/* One byte of a chunked body that is not data (RFC 9112, section 7.1). */
static int chunk_step(struct http_request *request, char c)
{
    switch (request->chunk_stage) {
    case HTTP_CHUNK_SIZE:
        if (isxdigit((unsigned char)c))
            return chunk_size_digit(request, c);
        if (request->chunk_digits == 0)
            return EBADMSG;
        if (c != '\r')
            return chunk_extension(request, c);
        request->chunk_stage = HTTP_CHUNK_SIZE_LF;
        return 0;
    case HTTP_CHUNK_BLANK:
        return chunk_extension(request, c);
    case HTTP_CHUNK_EXTENSION:
        if (c == '\r')
            request->chunk_stage = HTTP_CHUNK_SIZE_LF;
        return chunk_overhead(request, c);
    case HTTP_CHUNK_SIZE_LF:
        request->room -= request->left;
        request->chunk_digits = 0;
        request->chunk_stage = request->left > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER;
        return c == '\n' ? 0 : EBADMSG;
    case HTTP_CHUNK_DATA_CR:
        request->chunk_stage = HTTP_CHUNK_DATA_LF;
        return c == '\r' ? 0 : EBADMSG;
    case HTTP_CHUNK_DATA_LF:
        request->chunk_stage = HTTP_CHUNK_SIZE;
        return c == '\n' ? 0 : EBADMSG;
    case HTTP_CHUNK_TRAILER:
        request->chunk_stage = c == '\r' ? HTTP_CHUNK_END_LF : HTTP_CHUNK_TRAILER_LINE;
        return chunk_overhead(request, c);
    case HTTP_CHUNK_TRAILER_LINE:
        if (c == '\r')
            request->chunk_stage = HTTP_CHUNK_TRAILER_LF;
        return chunk_overhead(request, c);
    case HTTP_CHUNK_TRAILER_LF:
        request->chunk_stage = HTTP_CHUNK_TRAILER;
        return c == '\n' ? 0 : EBADMSG;
    case HTTP_CHUNK_END_LF:
        request->stage = HTTP_WHOLE;
        return c == '\n' ? 0 : EBADMSG;
    case HTTP_CHUNK_DATA:
        break; /* http_body_take does not come here with it */
    }
    return EBADMSG;
}

/* Data goes to the caller: what there is of it here. */
static size_t take_data(struct http_request *request, size_t available)
{
    size_t here = available < request->left ? available : (size_t)request->left;
    request->left -= here;
    if (request->left == 0 && request->chunked)
        request->chunk_stage = HTTP_CHUNK_DATA_CR;
    else if (request->left == 0)
        request->stage = HTTP_WHOLE;
    return here;
}

int http_body_take(struct http_request *request, const char *data, size_t length, size_t *used,
                   const char **piece, size_t *piece_length)
{
    *used = 0;
    *piece_length = 0;
    while (request->stage == HTTP_IN_BODY && *used < length) {
        if (!request->chunked || request->chunk_stage == HTTP_CHUNK_DATA) {
            *piece = data + *used;
            *piece_length = take_data(request, length - *used);
            *used += *piece_length;
            return 0;
        }
        int error = chunk_step(request, data[(*used)++]);
        if (error != 0)
            return error;
    }
    return 0;
}

int http_body_skip(struct http_request *request, const char *data, size_t length, size_t *used)
{
    *used = 0;
    while (true) {
        const char *piece;
        size_t here, piece_length;
        int error =
            http_body_take(request, data + *used, length - *used, &here, &piece, &piece_length);
        *used += here;
        if (error != 0 || piece_length == 0)
            return error;
    }
}
