#include "response.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

static const struct response_case cases[] = {
    {EINVAL, 400, false},   {EBADMSG, 400, true},
    {ENOENT, 404, false},   {EACCES, 404, false},
    {ELOOP, 404, false},    {ENOTDIR, 404, false},
    {EISDIR, 404, false},   {ENOTSUP, 405, false},
    {ETIMEDOUT, 408, true}, {EFBIG, 413, false},
    {E2BIG, 413, true},     {ENAMETOOLONG, 414, true},
    {EMSGSIZE, 431, true},  {EIO, 500, false},
    {ENOSYS, 501, true},    {EUSERS, 503, true},
    {EMFILE, 503, false},   {ENFILE, 503, false},
    {ENOMEM, 503, false},   {EPROTONOSUPPORT, 505, true},
};

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

const struct response_case *response_case(int error)
{
    static const struct response_case other = {0, 500, false};

    switch (error) {
    case ECONNRESET:
    case ECONNABORTED:
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

static void append(struct response *response, const char *format, va_list arguments)
{
    size_t room = sizeof response->head - response->head_length;
    int length = vsnprintf(response->head + response->head_length, room, format, arguments);
    /* A field that does not fit is left out whole, so that the head stays one. */
    if (length > 0 && (size_t)length < room)
        response->head_length += (size_t)length;
}

__attribute__((format(printf, 2, 3))) static void add(struct response *response, const char *format,
                                                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    append(response, format, arguments);
    va_end(arguments);
}

void response_begin(struct response *response, unsigned status, unsigned minor, bool keep_alive)
{
    char date[RESPONSE_DATE_SIZE];
    response_date((int64_t)time(NULL), date);
    *response = (struct response){.status = status};
    add(response, "HTTP/1.1 %u %s\r\nDate: %s\r\n", status, response_reason(status), date);
    if (!keep_alive)
        add(response, "Connection: close\r\n");
    else if (minor == 0)
        add(response, "Connection: keep-alive\r\n");
}

void response_field(struct response *response, const char *name, const char *format, ...)
{
    char value[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    add(response, "%s: %s\r\n", name, value);
}

void response_end(struct response *response, const char *type, const void *body, size_t length,
                  bool head_only)
{
    if (response->status != 204 && response->status != 304)
        add(response, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, length);
    add(response, "\r\n");
    if (!head_only) {
        response->body = body;
        response->body_length = length;
    }
}

void response_message(struct response *response, const struct response_case *answer, unsigned minor,
                      bool keep_alive, bool head_only, const char *allow)
{
    response_begin(response, answer->status, minor, keep_alive && !answer->closes);
    if (answer->status == 405)
        response_field(response, "Allow", "%s", allow);
    if (answer->status == 503)
        response_field(response, "Retry-After", "1");
    /* The text stands behind the head, in the same buffer. */
    char text[64];
    int length =
        snprintf(text, sizeof text, "%u %s\n", answer->status, response_reason(answer->status));
    response_end(response, "text/plain; charset=utf-8", NULL, (size_t)length, head_only);
    response->body = response->head + response->head_length;
    if (!head_only)
        memcpy(response->head + response->head_length, text, (size_t)length);
}

size_t response_length(const struct response *response)
{
    return response->head_length + response->body_length;
}

bool response_sent(const struct response *response)
{
    return response->sent == response_length(response);
}

int response_send(struct response *response, int socket)
{
    while (!response_sent(response)) {
        struct iovec parts[2];
        size_t count = 0, skip = response->sent;
        if (skip < response->head_length) {
            parts[count].iov_base = response->head + skip;
            parts[count++].iov_len = response->head_length - skip;
            skip = response->head_length;
        }
        if (response->body_length > 0) {
            skip -= response->head_length;
            parts[count].iov_base = (char *)response->body + skip;
            parts[count++].iov_len = response->body_length - skip;
        }
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
        ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0)
            response->sent += (size_t)sent;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return 0;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}
