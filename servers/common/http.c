#include "http.h"

#include "http_lines.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

/* Sizes, extensions and trailers of a chunked body: more than this is an attack, not a message. */
#define CHUNK_OVERHEAD (64 * 1024)

bool http_text_is(struct http_text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.at, word, text.length) == 0;
}

bool http_text_is_nocase(struct http_text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.at, word, text.length) == 0;
}

static struct http_text trimmed(struct http_text text)
{
    while (text.length > 0 && (text.at[0] == ' ' || text.at[0] == '\t')) {
        text.at++;
        text.length--;
    }
    while (text.length > 0 && (text.at[text.length - 1] == ' ' || text.at[text.length - 1] == '\t'))
        text.length--;
    return text;
}

/* Takes the text up to the next `separator` off the front of *rest; false when *rest is used up. */
static bool cut(struct http_text *rest, char separator, struct http_text *piece)
{
    if (rest->at == NULL)
        return false;
    const char *end = memchr(rest->at, separator, rest->length);
    if (end == NULL) {
        *piece = *rest;
        *rest = (struct http_text){0};
        return true;
    }
    piece->at = rest->at;
    piece->length = (size_t)(end - rest->at);
    rest->at = end + 1;
    rest->length -= piece->length + 1;
    return true;
}

/* tchar of RFC 9110, section 5.6.2. */
static bool is_token_char(unsigned char c)
{
    return isalnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct http_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_token_char((unsigned char)text.at[i]))
            return false;
    return text.length > 0;
}

/* ---- the head -------------------------------------------------------------------------------- */

int http_head_end(const char *data, size_t length, size_t *scanned, size_t *end)
{
    *end = 0;
    for (size_t i = *scanned; i < length; i++) {
        if (data[i] == '\0')
            return EBADMSG;
        if (data[i] == '\r' && i + 1 < length && data[i + 1] != '\n')
            return EBADMSG;
        if (data[i] != '\n')
            continue;
        /* A line feed alone ends a line for some and not for others, and so does a line that is
         * folded into the one before (RFC 9112, sections 2.2 and 5.2). */
        if (i == 0 || data[i - 1] != '\r')
            return EBADMSG;
        if (i >= 3 && data[i - 2] == '\n') {
            *end = i + 1;
            return 0;
        }
        if (i + 1 < length && (data[i + 1] == ' ' || data[i + 1] == '\t'))
            return EBADMSG;
    }
    /* The last two bytes are looked at again with what follows them. */
    *scanned = length > 2 ? length - 2 : 0;
    return 0;
}

static int note_length(struct http_request *request, struct http_text value)
{
    /* A repeated length is refused even if both are equal: RFC 9112, section 6.3, allows that. */
    if (request->has_length || value.length == 0)
        return EBADMSG;
    uint64_t length = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (value.at[i] < '0' || value.at[i] > '9' || length > (UINT64_MAX - 9) / 10)
            return EBADMSG;
        length = length * 10 + (uint64_t)(value.at[i] - '0');
    }
    request->has_length = true;
    request->left = length;
    return 0;
}

static int note_coding(struct http_request *request, struct http_text value)
{
    if (request->chunked)
        return EBADMSG;
    request->chunked = true;
    return http_text_is_nocase(value, "chunked") ? 0 : ENOSYS;
}

static int note_host(struct http_request *request, struct http_text value)
{
    if (request->host.at != NULL)
        return EBADMSG;
    for (size_t i = 0; i < value.length; i++)
        if (!isgraph((unsigned char)value.at[i]) || strchr("/?#@\\\"<>", value.at[i]) != NULL)
            return EBADMSG;
    request->host = value;
    return 0;
}

/* "close" wins over "keep-alive", wherever they stand. */
static int note_connection(struct http_request *request, struct http_text value)
{
    struct http_text word;
    while (cut(&value, ',', &word)) {
        word = trimmed(word);
        if (http_text_is_nocase(word, "close"))
            request->keep_alive = false;
        else if (http_text_is_nocase(word, "keep-alive") && request->minor == 0)
            request->keep_alive = true;
    }
    return 0;
}

static int note_expect(struct http_request *request, struct http_text value)
{
    request->expects_continue = http_text_is_nocase(value, "100-continue");
    return 0;
}

static int note_referer(struct http_request *request, struct http_text value)
{
    request->referer = value;
    return 0;
}

static int note_user_agent(struct http_request *request, struct http_text value)
{
    request->user_agent = value;
    return 0;
}

static int note_if_none_match(struct http_request *request, struct http_text value)
{
    request->if_none_match = value;
    return 0;
}

static const struct field {
    const char *name;
    int (*note)(struct http_request *request, struct http_text value);
} fields[] = {
    {"Content-Length", note_length},
    {"Transfer-Encoding", note_coding},
    {"Host", note_host},
    {"Connection", note_connection},
    {"Expect", note_expect},
    {"Referer", note_referer},
    {"User-Agent", note_user_agent},
    {"If-None-Match", note_if_none_match},
};

static int take_field(void *context, struct http_text name, struct http_text value)
{
    if (!is_token(name))
        return EBADMSG;
    value = trimmed(value);
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return EBADMSG;
    }
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (http_text_is_nocase(name, fields[i].name))
            return fields[i].note(context, value);
    return 0;
}

/* The request line: METHOD SP TARGET SP VERSION, each space a single one (RFC 9112, section 3). */
static int take_line(struct http_request *request, const char *head, size_t length)
{
    struct http_text rest = {head, length}, version;
    cut(&rest, '\r', &request->line);
    rest = request->line;
    if (!cut(&rest, ' ', &request->method) || !cut(&rest, ' ', &request->target) ||
        !cut(&rest, ' ', &version) || rest.at != NULL)
        return EBADMSG;
    if (!is_token(request->method) || request->target.length == 0)
        return EBADMSG;
    for (size_t i = 0; i < request->target.length; i++)
        if (!isgraph((unsigned char)request->target.at[i]))
            return EBADMSG;
    if (version.length != 8 || memcmp(version.at, "HTTP/", 5) != 0 || version.at[6] != '.' ||
        !isdigit((unsigned char)version.at[5]) || !isdigit((unsigned char)version.at[7]))
        return EBADMSG;
    request->major = (unsigned)(version.at[5] - '0');
    request->minor = (unsigned)(version.at[7] - '0');
    return request->major == 1 ? 0 : EPROTONOSUPPORT;
}

int http_head_parse(struct http_request *request, const char *head, size_t length)
{
    *request = (struct http_request){.stage = HTTP_IN_HEAD};
    int error = take_line(request, head, length);
    if (error != 0)
        return error;
    request->keep_alive = request->minor > 0;

    struct http_lines lines = {.field = take_field, .context = request};
    error = http_lines_parse(&lines, head, length);
    if (error != 0)
        return error;

    /* RFC 9112, section 3.2: a request of HTTP/1.1 names its host, once. */
    if (request->minor > 0 && request->host.at == NULL)
        return EBADMSG;
    /* Section 6.1: both framings at once, and a coding that an HTTP/1.0 hop would have passed on
     * without understanding it, are how requests are smuggled. */
    if (request->chunked && (request->has_length || request->minor == 0))
        return EBADMSG;
    request->has_body = request->chunked || request->has_length;
    return 0;
}

/* ---- the body -------------------------------------------------------------------------------- */

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

/* One byte of a chunked body that is not data (RFC 9112, section 7.1). */
static int chunk_step(struct http_request *request, char c)
{
    switch (request->chunk_stage) {
    case HTTP_CHUNK_SIZE:
        if (isxdigit((unsigned char)c))
            return chunk_size_digit(request, c);
        if (request->chunk_digits == 0 || (c != '\r' && c != ';'))
            return EBADMSG;
        request->chunk_stage = c == '\r' ? HTTP_CHUNK_SIZE_LF : HTTP_CHUNK_EXTENSION;
        return 0;
    case HTTP_CHUNK_EXTENSION:
        if (c == '\r')
            request->chunk_stage = HTTP_CHUNK_SIZE_LF;
        return c == '\n' || c == '\0' ? EBADMSG : 0;
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
        return c == '\n' || c == '\0' ? EBADMSG : 0;
    case HTTP_CHUNK_TRAILER_LINE:
        if (c == '\r')
            request->chunk_stage = HTTP_CHUNK_TRAILER_LF;
        return c == '\n' || c == '\0' ? EBADMSG : 0;
    case HTTP_CHUNK_TRAILER_LF:
        request->chunk_stage = HTTP_CHUNK_TRAILER;
        return c == '\n' ? 0 : EBADMSG;
    case HTTP_CHUNK_END_LF:
        request->stage = HTTP_WHOLE;
        return c == '\n' ? 0 : EBADMSG;
    case HTTP_CHUNK_DATA:
        break; /* http_body_skip passes over data itself */
    }
    return EBADMSG;
}

int http_body_skip(struct http_request *request, const char *data, size_t length, size_t *used)
{
    *used = 0;
    while (request->stage == HTTP_IN_BODY && *used < length) {
        if (!request->chunked || request->chunk_stage == HTTP_CHUNK_DATA) {
            size_t here = length - *used;
            if (here > request->left)
                here = (size_t)request->left;
            *used += here;
            request->left -= here;
            if (request->left > 0)
                continue;
            if (request->chunked)
                request->chunk_stage = HTTP_CHUNK_DATA_CR;
            else
                request->stage = HTTP_WHOLE;
            continue;
        }
        if (request->overhead-- == 0)
            return E2BIG;
        int error = chunk_step(request, data[(*used)++]);
        if (error != 0)
            return error;
    }
    return 0;
}

/* ---- the target ------------------------------------------------------------------------------ */

int http_target_split(struct http_text target, struct http_text *path, struct http_text *query)
{
    if (target.length > 0 && target.at[0] != '/') {
        const char *const schemes[] = {"http://", "https://"};
        size_t skip = 0;
        for (size_t i = 0; i < 2 && skip == 0; i++) {
            size_t length = strlen(schemes[i]);
            if (target.length > length && strncasecmp(target.at, schemes[i], length) == 0)
                skip = length;
        }
        if (skip == 0)
            return EINVAL;
        while (skip < target.length && target.at[skip] != '/' && target.at[skip] != '?')
            skip++;
        target.at += skip;
        target.length -= skip;
    }
    cut(&target, '?', path);
    *query = target;
    return 0;
}

static int hex_value(char c)
{
    if (!isxdigit((unsigned char)c))
        return -1;
    return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

int http_target_decode(struct http_text text, char *to, size_t room)
{
    size_t out = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '%') {
            int high = i + 2 < text.length ? hex_value(text.at[i + 1]) : -1;
            int low = high >= 0 ? hex_value(text.at[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return EINVAL;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (out + 1 >= room)
            return ENAMETOOLONG;
        to[out++] = c;
    }
    if (out >= room)
        return ENAMETOOLONG;
    to[out] = '\0';
    return 0;
}

bool http_query_next(struct http_text *query, struct http_text *name, struct http_text *value)
{
    struct http_text pair;
    if (!cut(query, '&', &pair))
        return false;
    cut(&pair, '=', name);
    *value = pair;
    return true;
}

bool http_etag_matches(struct http_text list, const char *etag)
{
    struct http_text entry;
    while (cut(&list, ',', &entry)) {
        entry = trimmed(entry);
        /* The weak comparison: a prefix W/ does not count. */
        if (entry.length > 2 && memcmp(entry.at, "W/", 2) == 0) {
            entry.at += 2;
            entry.length -= 2;
        }
        if (http_text_is(entry, etag) || http_text_is(entry, "*"))
            return true;
    }
    return false;
}
