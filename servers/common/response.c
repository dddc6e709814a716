#include "response.h"

#include "pages.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct response_case cases[] = {
    {EINVAL, 400, false},
    {EBADMSG, 400, true},
    {EPROTOTYPE, 400, true},
    {EPERM, 403, false},
    {ENOENT, 404, false},
    {EACCES, 404, false},
    {ELOOP, 404, false},
    {ENOTDIR, 404, false},
    {EISDIR, 404, false},
    {ENOTSUP, 405, false},
    {ETIMEDOUT, 408, true},
    {ESTALE, 412, false},
    {EFBIG, 413, false},
    {E2BIG, 413, true},
    {ENAMETOOLONG, 414, true},
    {EMSGSIZE, 431, true},
    {EIO, 500, false},
    {ENOSYS, 501, true},
    {EUSERS, 503, true},
    {EMFILE, 503, false},
    {ENFILE, 503, false},
    {ENOMEM, 503, false},
    {EPROTONOSUPPORT, 505, true},
    {ERANGE, 416, false},
    {EDESTADDRREQ, 421, false},
    {ENOPROTOOPT, 417, true},
    /* Of a server behind this one: it cannot be reached, breaks the rules, has no room, is late. */
    {EHOSTUNREACH, 502, false},
    {EREMOTEIO, 502, false},
    {EOVERFLOW, 502, false},
    {EBUSY, 503, false},
    {ETIME, 504, false},
};

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {511, "Network Authentication Required"},
};

const struct response_case *response_case(int error)
{
    static const struct response_case other = {0, 500, false};

    switch (error) {
    case ECONNRESET:
    case ECONNABORTED:
    case EPROTO: /* of TLS: nothing can be said any more */
    case ENOTCONN:
    case EPIPE:
    case EBADF:
    case ECANCELED:
        return NULL;
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (cases[i].error == error)
            return &cases[i];
    return &other;
}

const char *response_reason(unsigned status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

void response_date(int64_t seconds, char date[RESPONSE_DATE_SIZE])
{
    /* strftime would write the names of the locale. */
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t when = (time_t)seconds;
    struct tm tm;
    if (gmtime_r(&when, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900) {
        when = 0;
        gmtime_r(&when, &tm);
    }
    snprintf(date, RESPONSE_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
             &days[3 * tm.tm_wday], (unsigned)tm.tm_mday % 100, &months[3 * tm.tm_mon],
             (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
             (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

/* ---- the head -------------------------------------------------------------------------------- */

static void append(struct response *response, const char *text, size_t length)
{
    /* What does not fit is left out whole, so that the head stays one. */
    if (length > sizeof response->head - response->head_length)
        return;
    memcpy(response->head + response->head_length, text, length);
    response->head_length += length;
    response->length = response->head_length;
}

static void append_text(struct response *response, const char *text)
{
    append(response, text, strlen(text));
}

void response_reset(struct response *response)
{
    response->status = 0;
    response->sent = response->length = 0;
    response->head_length = 0;
    response->parts = NULL;
    response->part_count = 0;
    response->ahead = 0;
}

/* What the head of every 200 begins with, which is the same for a second. Nothing in here waits, so
 * the flow stays on the thread whose copy it is. */
struct beginning {
    time_t second;
    size_t length;
    char text[128];
};

static const char server_and_date[] = "Server: flux\r\nDate: ";

static const struct beginning *beginning(void)
{
    static _Thread_local struct beginning cached;
    time_t now = time(NULL);
    if (now != cached.second || cached.length == 0) {
        char date[RESPONSE_DATE_SIZE];
        response_date((int64_t)now, date);
        cached.length = (size_t)snprintf(cached.text, sizeof cached.text,
                                         "HTTP/1.1 200 OK\r\n%s%s\r\n", server_and_date, date);
        cached.second = now;
    }
    return &cached;
}

void response_begin(struct response *response, unsigned status, unsigned minor, bool keep_alive)
{
    const struct beginning *usual = beginning();
    const size_t line_length = sizeof "HTTP/1.1 200 OK\r\n" - 1;
    response_reset(response);
    response->status = status;
    if (status == 200) {
        append(response, usual->text, usual->length);
    } else {
        char line[96];
        int length =
            snprintf(line, sizeof line, "HTTP/1.1 %u %s\r\n", status, response_reason(status));
        append(response, line, (size_t)length);
        append(response, usual->text + line_length, usual->length - line_length);
    }
    if (!keep_alive)
        append_text(response, "Connection: close\r\n");
    else if (minor == 0)
        append_text(response, "Connection: keep-alive\r\n");
}

void response_field(struct response *response, const char *name, const char *format, ...)
{
    char line[512];
    va_list arguments;
    int length = snprintf(line, sizeof line, "%s: ", name);
    va_start(arguments, format);
    length += vsnprintf(line + length, sizeof line - (size_t)length, format, arguments);
    va_end(arguments);
    if ((size_t)length + 2 >= sizeof line)
        return;
    memcpy(line + length, "\r\n", 2);
    append(response, line, (size_t)length + 2);
}

void response_fields(struct response *response, const char *fields, size_t length)
{
    append(response, fields, length);
}

void response_end(struct response *response)
{
    append(response, "\r\n", 2);
}

/* ---- the body -------------------------------------------------------------------------------- */

void response_parts(struct response *response, const struct response_part *parts, size_t count)
{
    response->parts = parts;
    response->part_count = count;
    for (size_t i = 0; i < count; i++)
        response->length += parts[i].length;
}

void response_more(struct response *response, const struct response_part *parts, size_t count)
{
    response->ahead = response_body_sent(response);
    response_parts(response, parts, count);
}

void response_body(struct response *response, const void *memory, size_t length)
{
    response->body = (struct response_part){.memory = memory, .file = -1, .length = length};
    response_parts(response, &response->body, length > 0 ? 1 : 0);
}

void response_file(struct response *response, int file, uint64_t offset, uint64_t length)
{
    response->body = (struct response_part){.file = file, .offset = offset, .length = length};
    response_parts(response, &response->body, length > 0 ? 1 : 0);
}

#define PAGE_SIZE 128

/* What there is to say: a page of one's own, or one made in `made`. */
static struct page page_of(unsigned status, char made[PAGE_SIZE])
{
    const struct page *own = pages_find(status);
    if (own != NULL)
        return *own;
    int length = snprintf(made, PAGE_SIZE, "<!DOCTYPE html><title>%u %s</title>\n<h1>%s</h1>\n",
                          status, response_reason(status), response_reason(status));
    return (struct page){made, (size_t)length};
}

/* Where a page is kept that was made for this response: behind its head. */
static const char *keep(struct response *response, const char *made, size_t length)
{
    char *behind = response->head + response->head_length;
    if (length > sizeof response->head - response->head_length)
        return NULL;
    return memcpy(behind, made, length);
}

void response_message(struct response *response, const struct response_case *answer, unsigned minor,
                      bool keep_alive, bool head_only, const char *fields)
{
    char made[PAGE_SIZE];
    struct page page = page_of(answer->status, made);
    response_begin(response, answer->status, minor, keep_alive && !answer->closes);
    if (fields != NULL)
        append_text(response, fields);
    if (answer->status == 503)
        response_field(response, "Retry-After", "1");
    response_field(response, "Content-Type", "text/html; charset=utf-8");
    response_field(response, "Content-Length", "%zu", page.length);
    response_end(response);
    if (page.text == made)
        page.text = keep(response, made, page.length);
    if (!head_only && page.text != NULL)
        response_body(response, page.text, page.length);
}

/* ---- sending --------------------------------------------------------------------------------- */

uint64_t response_body_sent(const struct response *response)
{
    return response->sent > response->head_length ? response->sent - response->head_length : 0;
}

bool response_sent(const struct response *response)
{
    return response->sent == response->length;
}

/* The part in which `skip` bytes of the body end, and how far in; `count` where all are sent. */
static size_t find_part(const struct response *response, uint64_t *skip)
{
    size_t part = 0;
    while (part < response->part_count && *skip >= response->parts[part].length)
        *skip -= response->parts[part++].length;
    return part;
}

#define GATHERED 8

/* Head and memory up to the next piece of a file. */
static int send_memory(struct response *response, struct stream *stream, size_t part, uint64_t skip,
                       size_t *sent)
{
    struct iovec pieces[GATHERED];
    size_t count = 0;
    if (response->sent < response->head_length) {
        pieces[count].iov_base = response->head + response->sent;
        pieces[count++].iov_len = response->head_length - (size_t)response->sent;
    }
    for (; part < response->part_count && count < GATHERED; part++, skip = 0) {
        const struct response_part *memory = &response->parts[part];
        if (memory->memory == NULL)
            break;
        pieces[count].iov_base = (char *)memory->memory + skip;
        pieces[count++].iov_len = (size_t)(memory->length - skip);
    }
    return stream_send(stream, pieces, count, part < response->part_count, sent);
}

/* Of a piece of a file `most` bytes at most. */
static int send_file(const struct response *response, struct stream *stream, size_t part,
                     uint64_t skip, uint64_t most, size_t *sent)
{
    const struct response_part *piece = &response->parts[part];
    const uint64_t left = piece->length - skip, length = left < most ? left : most;
    return stream_send_file(stream, piece->file, piece->offset + skip, length,
                            response->sent + length < response->length, sent);
}

/* The bytes after which it is others' turn: who takes a large file as fast as it comes would keep
 * them waiting; and the kernel has less to do if it is taken before there is more (lighttpd sends
 * as much at a time). */
#define TURN ((uint64_t)256 << 10)

int response_send(struct response *response, struct stream *stream)
{
    const uint64_t before = response->sent;
    while (!response_sent(response) && response->sent - before < TURN) {
        const uint64_t left = TURN - (response->sent - before);
        uint64_t skip = response_body_sent(response) - response->ahead;
        size_t part = find_part(response, &skip), sent = 0;
        int error;
        if (response->sent >= response->head_length && response->parts[part].memory == NULL)
            error = send_file(response, stream, part, skip, left, &sent);
        else
            error = send_memory(response, stream, part, skip, &sent);
        response->sent += sent;
        if (error != 0 || sent == 0)
            return error;
    }
    return 0;
}
