#include "exchange.h"

#include "flux.h"
#include "http_limits.h"

#include <errno.h>
#include <string.h>

/* Beyond the longest head: what is received of bodies at a time. */
#define BODY_ROOM 4096

size_t exchange_buffer_size(void)
{
    return (size_t)http_limits.max_header + BODY_ROOM;
}

void exchange_begin(struct exchange *exchange, char *buffer, bool timed)
{
    exchange->request = (struct http_request){.stage = HTTP_IN_HEAD};
    response_reset(&exchange->response);
    exchange->keep_alive = false;
    exchange->buffer = buffer;
    exchange->room = exchange_buffer_size();
    exchange->length = exchange->head_length = exchange->scanned = 0;
    exchange->began = timed ? flux_now() : 0;
    exchange->deadline = http_limits_now() + http_limits.header_timeout;
    exchange->write_deadline = 0;
}

int exchange_receive(struct exchange *exchange, struct stream *stream)
{
    size_t got;
    int error = stream_receive(stream, exchange->buffer + exchange->length,
                               exchange->room - exchange->length, &got);
    exchange->length += got;
    return error;
}

/* Takes `count` bytes at `from` out of the buffer. */
static void take_out(struct exchange *exchange, size_t from, size_t count)
{
    if (count == 0)
        return;
    exchange->length -= count;
    if (exchange->length > from)
        memmove(exchange->buffer + from, exchange->buffer + from + count, exchange->length - from);
}

/* RFC 9112, section 2.2: empty lines ahead of a request are passed over. */
static void skip_empty_lines(struct exchange *exchange)
{
    size_t skip = 0;
    while (skip + 1 < exchange->length && exchange->buffer[skip] == '\r' &&
           exchange->buffer[skip + 1] == '\n')
        skip += 2;
    take_out(exchange, 0, skip);
}

static int parse_head(struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    size_t end;
    if (exchange->scanned == 0)
        skip_empty_lines(exchange);
    int error = http_head_end(exchange->buffer, exchange->length, &exchange->scanned, &end);
    if (error != 0)
        return error;
    if (end == 0 && exchange->length <= http_limits.max_header)
        return 0;
    if (end == 0 || end > http_limits.max_header) {
        size_t line = (size_t)http_limits.max_header;
        return memchr(exchange->buffer, '\n', line) == NULL ? ENAMETOOLONG : EMSGSIZE;
    }

    exchange->head_length = end;
    error = http_head_parse(request, exchange->buffer, end);
    if (error == 0)
        error = http_body_begin(request, http_limits.max_body);
    if (error != 0)
        return error;
    if (request->stage == HTTP_IN_BODY)
        exchange->deadline = http_limits_now() + http_limits.body_timeout;
    return 0;
}

int exchange_parse_head(struct exchange *exchange)
{
    return exchange->request.stage == HTTP_IN_HEAD ? parse_head(exchange) : 0;
}

bool exchange_is_head(const struct exchange *exchange)
{
    static const char head[] = "HEAD ";
    const size_t length = sizeof head - 1;
    return exchange->length >= length && memcmp(exchange->buffer, head, length) == 0;
}

void exchange_pass_over(struct exchange *exchange, size_t count)
{
    take_out(exchange, exchange->head_length, count);
}

int exchange_skip_body(struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    if (request->stage != HTTP_IN_BODY)
        return 0;
    /* A client that waits to be asked for the body is answered at once instead, and as it may send
     * the body or not, nothing can follow (RFC 9110, section 10.1.1). */
    if (request->expects_continue) {
        request->keep_alive = false;
        request->stage = HTTP_WHOLE;
        return 0;
    }
    size_t used;
    int error = http_body_skip(request, exchange->buffer + exchange->head_length,
                               exchange->length - exchange->head_length, &used);
    exchange_pass_over(exchange, used);
    return error;
}

int exchange_parse(struct exchange *exchange)
{
    int error = exchange_parse_head(exchange);
    return error != 0 ? error : exchange_skip_body(exchange);
}

int exchange_send(struct exchange *exchange, struct stream *stream, int *patience)
{
    int error = response_send(&exchange->response, stream);
    if (error != 0 || response_sent(&exchange->response))
        return error;
    if (exchange->write_deadline == 0)
        exchange->write_deadline = http_limits_now() + http_limits.write_timeout;
    *patience = http_limits_remaining(exchange->write_deadline);
    return 0;
}

bool exchange_next(struct exchange *exchange)
{
    take_out(exchange, 0, exchange->head_length);
    size_t length = exchange->length;
    exchange_begin(exchange, exchange->buffer, exchange->began != 0);
    exchange->length = length;
    return length > 0;
}
