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

/* Parses the head as far as it has arrived; *end is 0 while it is not complete. */
static int look_at_head(struct exchange *exchange, size_t *end)
{
    const size_t seen = exchange->scanned;
    *end = 0;
    exchange->scanned = exchange->length;
    if (seen > 0) {
        if (!http_head_advances(exchange->buffer + seen, exchange->length - seen))
            return 0;
        exchange->request = (struct http_request){.stage = HTTP_IN_HEAD};
    }
    return http_head_parse(&exchange->request, exchange->buffer, exchange->length, end);
}

static int parse_head(struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    const size_t most = (size_t)http_limits.max_header;
    size_t end;
    int error = look_at_head(exchange, &end);
    if (error != 0)
        return error;
    if (end > most || (end == 0 && exchange->length > most)) {
        const struct http_text line = request->line;
        bool fits = line.at != NULL && line.at + line.length < exchange->buffer + most;
        return fits ? EMSGSIZE : ENAMETOOLONG;
    }
    if (end == 0)
        return 0;
    exchange->head_length = end;
    error = http_body_begin(request, http_limits.max_body);
    if (error == 0 && request->stage == HTTP_IN_BODY)
        exchange->deadline = http_limits_now() + http_limits.body_timeout;
    return error;
}

int exchange_parse_head(struct exchange *exchange)
{
    return exchange->request.stage == HTTP_IN_HEAD ? parse_head(exchange) : 0;
}

bool exchange_is_head(const struct exchange *exchange)
{
    return http_text_is(exchange->request.method, "HEAD");
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

bool exchange_next(struct exchange *exchange, bool coming)
{
    take_out(exchange, 0, exchange->head_length);
    size_t length = exchange->length;
    if (length == 0 && !coming)
        return false;
    exchange_begin(exchange, exchange->buffer, exchange->began != 0);
    exchange->length = length;
    return true;
}
