/* http_fuzz.c - requests as they come from the network. However a stream of bytes is cut, it has to
 * be read as the same requests; and what another parser (../unit/http_lines.h) takes too, it cuts
 * into the same parts. */
#include "accept.h"
#include "conditions.h"
#include "http.h"
#include "path.h"
#include "ranges.h"

#include "../unit/http_lines.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BODY 1000

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool is_same(struct http_text a, struct http_text b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

/* ---- cut in different ways ------------------------------------------------------------------- */

struct reading {
    struct http_request request;
    size_t length; /* of head and body; 0 where it is refused or incomplete */
    size_t head_length;
    char body[MAX_BODY];
    size_t body_length;
};

static size_t read_body(struct reading *reading, const char *data, size_t length)
{
    struct http_request *request = &reading->request;
    const char *piece;
    size_t used, piece_length;
    if (http_body_take(request, data, length, &used, &piece, &piece_length) != 0)
        return 0;
    require(used <= length && (piece_length > 0 || used == length || request->stage == HTTP_WHOLE));
    if (piece_length > 0) {
        require(piece_length <= MAX_BODY - reading->body_length);
        memcpy(reading->body + reading->body_length, piece, piece_length);
        reading->body_length += piece_length;
    }
    return used;
}

/* Reads one request, in pieces of `step` bytes. */
static void read_request(struct reading *reading, const char *data, size_t length, size_t step)
{
    struct http_request *request = &reading->request;
    size_t end = 0, seen = 0;
    reading->length = reading->body_length = 0;
    for (size_t here = step; end == 0; here += step) {
        size_t some = here < length ? here : length;
        if (seen == 0 || http_head_advances(data + seen, some - seen)) {
            *request = (struct http_request){0};
            if (http_head_parse(request, data, some, &end) != 0)
                return;
        }
        seen = some;
        if (end == 0 && here >= length)
            return;
    }
    reading->head_length = end;
    if (http_body_begin(request, MAX_BODY) != 0)
        return;
    while (request->stage == HTTP_IN_BODY && end < length) {
        size_t used = read_body(reading, data + end, length - end < step ? length - end : step);
        if (used == 0)
            return;
        end += used;
    }
    if (request->stage == HTTP_WHOLE)
        reading->length = end;
}

/* ---- a second opinion ------------------------------------------------------------------------ */

static int compare_field(void *context, struct http_text name, struct http_text value)
{
    struct http_text *rest = context, our_name, our_value;
    require(http_fields_next(rest, &our_name, &our_value));
    require(is_same(our_name, name) && is_same(our_value, http_text_trimmed(value)));
    return 0;
}

static void compare(const struct http_request *request, const char *head, size_t length)
{
    struct http_text rest = request->fields;
    struct http_lines lines = {.field = compare_field, .context = &rest};
    /* It refuses a little more: a tab behind a length, names that begin as Transfer-Encoding does.
     */
    if (http_lines_parse(&lines, head, length) != 0)
        return;
    require(rest.length == 0);
    require(is_same(lines.target, request->target));
    require(lines.major == request->major && lines.minor == request->minor);
}

static void read_target(const struct http_request *request)
{
    struct http_text query = request->query, name, value;
    char decoded[64];
    if (http_target_decode(request->path, decoded, sizeof decoded) == 0)
        require(strlen(decoded) < sizeof decoded);
    if (path_of_target(request->path, decoded, sizeof decoded) == 0)
        require(strlen(decoded) < sizeof decoded && strstr(decoded, "//") == NULL &&
                strncmp(decoded, "../", 3) != 0 && strstr(decoded, "/../") == NULL);
    while (http_query_next(&query, &name, &value))
        require(name.at >= request->target.at);
}

static void read_ranges(const struct http_request *request)
{
    const uint64_t size = 1000;
    struct range ranges[RANGES_MAX];
    size_t count;
    uint64_t sum = 0;
    if (ranges_parse(request, size, "\"v\"", 784111777, ranges, &count) != 0)
        require(count == 0);
    for (size_t i = 0; i < count; i++) {
        require(ranges[i].length > 0 && ranges[i].length <= size);
        require(ranges[i].offset <= size - ranges[i].length);
        sum += ranges[i].length;
    }
    require(count <= RANGES_MAX && sum <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reading reading, again;
    char *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    for (size_t at = 0; at < size; at += reading.length) {
        read_request(&reading, copy + at, size - at, size);
        read_request(&again, copy + at, size - at, 1);
        require(reading.length == again.length);
        if (reading.length == 0)
            break;
        require(reading.body_length == again.body_length &&
                memcmp(reading.body, again.body, reading.body_length) == 0);
        compare(&reading.request, copy + at, reading.head_length);
        read_target(&reading.request);
        read_ranges(&reading.request);
        accept_encoding(&reading.request);
        conditions_check(&reading.request, true, "\"0123456789abcdef-8\"", 1000000000);
    }
    free(copy);
    return 0;
}
