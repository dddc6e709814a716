#include "ranges.h"

#include "http_date.h"
#include "http_etag.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

/* ---- If-Range -------------------------------------------------------------------------------- */

/* A date is a strong validator only when its second is over, since until then there could be yet
 * another version of it (section 8.8.2.2). */
static bool is_date_of(struct http_text text, int64_t last_modified)
{
    const int64_t now = (int64_t)time(NULL);
    int64_t date;
    return http_date_parse(text, now, &date) && last_modified >= 0 && date == last_modified &&
           last_modified < now;
}

static bool is_for_this_version(struct http_text if_range, const char *etag, int64_t last_modified)
{
    struct http_text rest = if_range, tag;
    if (http_etag_cut(&rest, &tag))
        return rest.length == 0 && http_etag_matches(tag, etag, true);
    return is_date_of(if_range, last_modified);
}

/* ---- Range ----------------------------------------------------------------------------------- */

/* Digits; a number beyond 64 bits is beyond every representation, too. */
static bool take_number(struct http_text *rest, uint64_t *number)
{
    size_t length = 0;
    *number = 0;
    for (; length < rest->length; length++) {
        unsigned digit = (unsigned)(unsigned char)rest->at[length] - '0';
        if (digit > 9)
            break;
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, digit, number))
            *number = UINT64_MAX;
    }
    rest->at += length;
    rest->length -= length;
    return length > 0;
}

static bool take_hyphen(struct http_text *rest)
{
    if (rest->length == 0 || *rest->at != '-')
        return false;
    rest->at++;
    rest->length--;
    return true;
}

/* int-range or suffix-range (section 14.1.1). Its length becomes 0 where there is nothing of it. */
static bool parse_range(struct http_text text, uint64_t size, struct range *range)
{
    uint64_t first, last = UINT64_MAX;
    if (take_hyphen(&text)) {
        if (!take_number(&text, &range->length) || text.length > 0)
            return false;
        if (range->length > size)
            range->length = size;
        range->offset = size - range->length;
        return true;
    }
    if (!take_number(&text, &first) || !take_hyphen(&text))
        return false;
    if (text.length > 0 && (!take_number(&text, &last) || text.length > 0 || last < first))
        return false;
    range->offset = first;
    range->length = 0;
    if (first < size)
        range->length = (last < size ? last + 1 : size) - first;
    return true;
}

static uint64_t end_of(const struct range *range)
{
    return range->offset + range->length;
}

static bool is_apart(const struct range *a, const struct range *b)
{
    return end_of(a) < b->offset || end_of(b) < a->offset;
}

static struct range together(const struct range *a, const struct range *b)
{
    uint64_t offset = a->offset < b->offset ? a->offset : b->offset;
    uint64_t end = end_of(a) > end_of(b) ? end_of(a) : end_of(b);
    return (struct range){offset, end - offset};
}

/* Adds a range to others that are apart. Those that it overlaps or touches become part of it, and
 * it takes the place of the first of them. Returns false where there is no room. */
static bool add_range(struct range ranges[RANGES_MAX], size_t *count, struct range range)
{
    size_t kept = 0, place = RANGES_MAX;
    for (size_t i = 0; i < *count; i++) {
        if (is_apart(&ranges[i], &range)) {
            ranges[kept++] = ranges[i];
            continue;
        }
        range = together(&ranges[i], &range);
        if (place == RANGES_MAX)
            place = kept++;
    }
    if (place == RANGES_MAX && kept < RANGES_MAX)
        place = kept++;
    if (place == RANGES_MAX)
        return false;
    ranges[place] = range;
    *count = kept;
    return true;
}

int ranges_parse(const struct http_request *request, uint64_t size, const char *etag,
                 int64_t last_modified, struct range ranges[RANGES_MAX], size_t *count)
{
    struct http_text rest = request->range, unit, piece;
    bool any = false;
    *count = 0;
    if (rest.at == NULL || size == 0 || !http_text_cut(&rest, '=', &unit) ||
        !http_text_is_nocase(unit, "bytes"))
        return 0;
    if (request->if_range.at != NULL &&
        !is_for_this_version(request->if_range, etag, last_modified))
        return 0;

    size_t found = 0;
    while (http_text_cut(&rest, ',', &piece)) {
        struct range range;
        piece = http_text_trimmed(piece);
        if (piece.length == 0)
            continue;
        if (!parse_range(piece, size, &range))
            return 0;
        any = true;
        if (range.length > 0 && !add_range(ranges, &found, range))
            return 0;
    }
    *count = found;
    return any && found == 0 ? ERANGE : 0;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Appends to a text that has room. Returns its new end, which it marks by a NUL. */
static char *put(char *to, const char *text)
{
    size_t length = strlen(text);
    memcpy(to, text, length + 1);
    return to + length;
}

static char *put_number(char *to, uint64_t number)
{
    char digits[20 + 1], *at = digits + sizeof digits - 1;
    *at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return put(to, at);
}

size_t ranges_content_range(char text[RANGES_TEXT_SIZE], struct range range, uint64_t size)
{
    char *at = put(text, "bytes ");
    if (range.length > 0) {
        at = put_number(at, range.offset);
        at = put(at, "-");
        at = put_number(at, range.offset + range.length - 1);
    } else {
        at = put(at, "*");
    }
    at = put(at, "/");
    return (size_t)(put_number(at, size) - text);
}

void ranges_make_boundary(char boundary[RANGES_BOUNDARY_SIZE])
{
    unsigned char random[(RANGES_BOUNDARY_SIZE - 1) / 2];
    /* So few bytes come at once, and whole. */
    if (getrandom(random, sizeof random, 0) < 0)
        memset(random, 0, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        boundary[2 * i] = "0123456789abcdef"[random[i] >> 4];
        boundary[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
    }
    boundary[RANGES_BOUNDARY_SIZE - 1] = '\0';
}

size_t ranges_part_head(char head[RANGES_PART_SIZE], const char *boundary, const char *type,
                        struct range range, uint64_t size, bool is_first)
{
    char *at = put(head, is_first ? "--" : "\r\n--");
    at = put(at, boundary);
    if (strlen(type) <= RANGES_TYPE_LENGTH) {
        at = put(at, "\r\nContent-Type: ");
        at = put(at, type);
    }
    at = put(at, "\r\nContent-Range: ");
    at += ranges_content_range(at, range, size);
    return (size_t)(put(at, "\r\n\r\n") - head);
}

size_t ranges_end(char end[RANGES_END_SIZE], const char *boundary)
{
    char *at = put(end, "\r\n--");
    at = put(at, boundary);
    return (size_t)(put(at, "--\r\n") - end);
}

uint64_t ranges_body_length(const char *boundary, const char *type, const struct range *ranges,
                            size_t count, uint64_t size)
{
    char text[RANGES_PART_SIZE];
    uint64_t length = ranges_end(text, boundary);
    for (size_t i = 0; i < count; i++)
        length +=
            ranges_part_head(text, boundary, type, ranges[i], size, i == 0) + ranges[i].length;
    return length;
}
