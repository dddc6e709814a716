#include "http_response.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void http_response_drop(struct http_response *response)
{
    free(response->head);
    response->head = NULL;
    response->held = 0;
}

void http_response_begin(struct http_response *response, bool without_body)
{
    http_response_drop(response);
    response->whole = response->begun = response->until_close = false;
    response->keep_alive = true;
    response->without_body = without_body;
    response->status = 0;
    response->body = 0;
    response->framing.stage = HTTP_IN_HEAD;
    response->framing.chunked = response->framing.other_coding = false;
    response->framing.has_length = false;
    response->framing.left = 0;
}

/* ---- the head -------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK": of version 1.0 connections end, unless it says otherwise. */
static int read_status_line(struct http_response *response, struct http_text line)
{
    static const char version[] = "HTTP/1.";
    const size_t minor = sizeof version - 1, status = minor + 2;
    const char *at = line.at;
    if (line.length < status + 3 || memcmp(at, version, minor) != 0 || !is_digit(at[minor]) ||
        at[minor + 1] != ' ' || at[status] < '1' || at[status] > '9' || !is_digit(at[status + 1]) ||
        !is_digit(at[status + 2]) || (line.length > status + 3 && at[status + 3] != ' '))
        return EBADMSG;
    response->keep_alive = at[minor] != '0';
    response->status =
        (unsigned)((at[status] - '0') * 100 + (at[status + 1] - '0') * 10 + (at[status + 2] - '0'));
    return 0;
}

/* Repeated, it has to say the same (RFC 9112, section 6.3). */
static int read_length(struct http_request *framing, struct http_text value)
{
    uint64_t length = 0;
    if (value.length == 0)
        return EBADMSG;
    for (size_t i = 0; i < value.length; i++) {
        if (!is_digit(value.at[i]) || length > (UINT64_MAX - 9) / 10)
            return EBADMSG;
        length = length * 10 + (uint64_t)(value.at[i] - '0');
    }
    if (framing->has_length && framing->left != length)
        return EBADMSG;
    framing->has_length = true;
    framing->left = length;
    return 0;
}

/* Only the last coding says where the body ends. */
static int read_coding(struct http_request *framing, struct http_text value)
{
    struct http_text coding;
    while (http_text_cut(&value, ',', &coding)) {
        if (framing->chunked)
            return EBADMSG;
        framing->chunked = http_text_is_nocase(http_text_trimmed(coding), "chunked");
        framing->other_coding = true;
    }
    return 0;
}

static void read_connection(struct http_response *response, struct http_text value, bool *closes)
{
    struct http_text option;
    while (http_text_cut(&value, ',', &option)) {
        option = http_text_trimmed(option);
        if (http_text_is_nocase(option, "close"))
            *closes = true;
        else if (http_text_is_nocase(option, "keep-alive"))
            response->keep_alive = true;
    }
}

/* Of all fields three matter, which their lengths alone tell from most others. */
static int read_field(struct http_response *response, struct http_text line, bool *closes)
{
    struct http_text name;
    if (line.length == 0 || memchr(line.at, ':', line.length) == NULL)
        return EBADMSG;
    http_text_cut(&line, ':', &name);
    switch (name.length) {
    case sizeof "Content-Length" - 1:
        if (http_text_is_nocase(name, "Content-Length"))
            return read_length(&response->framing, http_text_trimmed(line));
        return 0;
    case sizeof "Transfer-Encoding" - 1:
        if (http_text_is_nocase(name, "Transfer-Encoding"))
            return read_coding(&response->framing, line);
        return 0;
    case sizeof "Connection" - 1:
        if (http_text_is_nocase(name, "Connection"))
            read_connection(response, line, closes);
        return 0;
    default:
        return name.length == 0 ? EBADMSG : 0;
    }
}

/* RFC 9112, section 6.3. */
static int begin_body(struct http_response *response, bool closes)
{
    struct http_request *framing = &response->framing;
    if (closes || (framing->other_coding && framing->has_length))
        response->keep_alive = false;
    if (response->without_body || response->status == 204 || response->status == 304) {
        framing->chunked = false;
        framing->left = 0;
    } else if (!framing->chunked && (framing->other_coding || !framing->has_length)) {
        response->until_close = true;
        response->keep_alive = false;
        framing->left = UINT64_MAX;
    }
    return http_body_begin(framing, UINT64_MAX);
}

/* One that is complete, its empty line included. */
static int read_head(struct http_response *response, const char *head, size_t length)
{
    const char *end = head + length - 2; /* where the empty line begins */
    bool first = true, closes = false;
    int error = 0;
    while (head < end && error == 0) {
        const char *line_end = memchr(head, '\n', (size_t)(end - head));
        if (line_end == NULL || line_end == head || line_end[-1] != '\r')
            return EBADMSG;
        struct http_text line = {head, (size_t)(line_end - 1 - head)};
        error = first ? read_status_line(response, line) : read_field(response, line, &closes);
        first = false;
        head = line_end + 1;
    }
    if (error != 0 || first)
        return error != 0 ? error : EBADMSG;
    if (response->status >= 200)
        return begin_body(response, closes);
    if (response->status == 101)
        return EBADMSG; /* nobody has asked for another protocol */
    bool without_body = response->without_body;
    http_response_begin(response, without_body); /* an interim one: the real one follows */
    response->begun = true;
    return 0;
}

/* How much of `data` belongs to a head that ends in it; 0: it does not. */
static size_t find_end(const char *data, size_t length)
{
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    return end != NULL ? (size_t)(end - data) + 4 : 0;
}

/* Keeps `length` bytes of an incomplete head. */
static int hold(struct http_response *response, const char *data, size_t length)
{
    if (length > HTTP_RESPONSE_HEAD - response->held)
        return E2BIG;
    char *head = realloc(response->head, response->held + length);
    if (head == NULL)
        return ENOMEM;
    memcpy(head + response->held, data, length);
    response->head = head;
    response->held += length;
    return 0;
}

/* What cannot become a response is refused at once, and not when the server has sent 64 KiB. */
static int check_beginning(const char *data, size_t length)
{
    static const char version[] = "HTTP/1.";
    size_t known = length < sizeof version - 1 ? length : sizeof version - 1;
    return memcmp(data, version, known) == 0 ? 0 : EBADMSG;
}

static int take_head(struct http_response *response, const char *data, size_t length, size_t *used)
{
    if (response->held == 0) {
        size_t end = find_end(data, length);
        int error = check_beginning(data, length);
        *used = end > 0 ? end : length;
        if (error != 0)
            return error;
        if (end > 0)
            return end <= HTTP_RESPONSE_HEAD ? read_head(response, data, end) : E2BIG;
        return hold(response, data, length);
    }
    /* Its end may have begun in what is held. */
    size_t before = response->held, from = before > 3 ? before - 3 : 0;
    size_t fits = HTTP_RESPONSE_HEAD - before < length ? HTTP_RESPONSE_HEAD - before : length;
    int error = fits > 0 ? hold(response, data, fits) : E2BIG;
    if (error != 0)
        return error;
    size_t end = find_end(response->head + from, response->held - from);
    *used = end > 0 ? from + end - before : fits;
    if (end == 0)
        return check_beginning(response->head, response->held);
    char *head = response->head;
    response->head = NULL; /* an interim response begins anew */
    response->held = 0;
    error = read_head(response, head, from + end);
    free(head);
    return error;
}

/* ---- all of it ------------------------------------------------------------------------------- */

int http_response_take(struct http_response *response, const char *data, size_t length,
                       size_t *used)
{
    *used = 0;
    while (*used < length && !response->whole) {
        struct http_request *framing = &response->framing;
        size_t here = 0, piece_length;
        const char *piece;
        int error;
        response->begun = true;
        if (framing->stage == HTTP_IN_HEAD) {
            error = take_head(response, data + *used, length - *used, &here);
        } else {
            error =
                http_body_take(framing, data + *used, length - *used, &here, &piece, &piece_length);
            response->body += piece_length;
        }
        *used += here;
        if (error != 0)
            return error;
        response->whole = framing->stage == HTTP_WHOLE;
    }
    return 0;
}

bool http_response_ended(struct http_response *response)
{
    if (response->until_close && response->framing.stage == HTTP_IN_BODY) {
        response->framing.stage = HTTP_WHOLE;
        response->whole = true;
    }
    return response->whole;
}
