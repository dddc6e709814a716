#include "gateway.h"

#include "flux.h"
#include "http_limits.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* What is collected of a body whose length is known, and of one whose is not. */
#define COLLECTED         ((size_t)64 * 1024)
#define COLLECTED_CHUNKED ((size_t)1024 * 1024)

/* Of the answer, at a time. */
#define HEARD 32768

/* How often a body is passed on before others have their turn. */
#define TURNS 16

struct conversation {
    struct fastcgi_output output;
    size_t sent;   /* bytes of the output */
    bool complete; /* the end of the body is in it */
    struct fastcgi_input input;
    bool answered; /* something has come back */
    size_t heard;  /* bytes of the body, at the front of `data` */
    size_t complained;
    struct response_part parts[4];
    char chunk[24];
    char complaint[400]; /* the line of standard error that is being received */
    char data[HEARD];
    struct cgi_response answer;
    char buffer[]; /* of the output */
};

/* Enough for the parameters of the longest head: the target is among them up to four times, the
 * root and each path not longer than a path can be. */
static size_t output_room(void)
{
    return 6 * (size_t)http_limits.max_header + 3 * PATH_MAX + 4096;
}

size_t gateway_memory(void)
{
    return sizeof(struct conversation) + output_room();
}

void gateway_reset(struct gateway *gateway)
{
    *gateway = (struct gateway){.connection = NULL};
}

void gateway_release(struct gateway *gateway)
{
    free(gateway->body);
    gateway_reset(gateway);
}

/* ---- the request ----------------------------------------------------------------------------- */

/* What of the body is in the exchange's buffer. */
static size_t arrived(const struct exchange *exchange)
{
    return exchange->length - exchange->head_length;
}

static int ask_for_body(struct stream *stream)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct iovec part = {.iov_base = (char *)line, .iov_len = sizeof line - 1};
    size_t sent;
    int error = stream_send(stream, &part, 1, false, &sent);
    /* A client that does not even take this has sent others that it does not read answers to. */
    return error != 0 ? error : sent == part.iov_len ? 0 : ECONNRESET;
}

static size_t most_collected(const struct http_request *http)
{
    return http->chunked ? COLLECTED_CHUNKED : COLLECTED;
}

/* Room for some of `more` bytes; none is left where so much is collected as is allowed. */
static int make_room(struct gateway *gateway, const struct http_request *http, size_t more)
{
    size_t most = most_collected(http), room = 2 * gateway->body_room;
    if (gateway->body_length < gateway->body_room || gateway->body_room == most)
        return 0;
    if (room < gateway->body_length + more)
        room = gateway->body_length + more;
    /* All of a length that is known, at once. */
    if (!http->chunked)
        room = http->left < most - gateway->body_length ? gateway->body_length + (size_t)http->left
                                                        : most;
    if (room > most)
        room = most;
    char *body = realloc(gateway->body, room);
    if (body == NULL)
        return ENOMEM;
    gateway->body = body;
    gateway->body_room = room;
    return 0;
}

int gateway_collect(struct gateway *gateway, struct exchange *exchange, struct stream *stream)
{
    struct http_request *http = &exchange->request;
    if (http->expects_continue && http->stage == HTTP_IN_BODY && arrived(exchange) == 0) {
        int error = ask_for_body(stream);
        if (error != 0)
            return error;
    }
    http->expects_continue = false;
    while (http->stage == HTTP_IN_BODY && arrived(exchange) > 0) {
        size_t here = arrived(exchange), used, length;
        const char *piece;
        int error = make_room(gateway, http, here);
        if (error != 0)
            return error;
        size_t room = gateway->body_room - gateway->body_length;
        if (room == 0)
            return http->chunked ? E2BIG : 0;
        if (here > room)
            here = room;
        error = http_body_take(http, exchange->buffer + exchange->head_length, here, &used, &piece,
                               &length);
        if (error != 0)
            return error;
        if (length > 0)
            memcpy(gateway->body + gateway->body_length, piece, length);
        gateway->body_length += length;
        exchange_pass_over(exchange, used);
    }
    return 0;
}

bool gateway_collects(const struct gateway *gateway, const struct exchange *exchange)
{
    const struct http_request *http = &exchange->request;
    return http->stage == HTTP_IN_BODY &&
           (http->chunked || gateway->body_length < most_collected(http));
}

int gateway_ask(struct gateway *gateway, struct cgi_request *request,
                const struct exchange *exchange)
{
    struct conversation *talk = gateway->connection->memory;
    memset(talk, 0, offsetof(struct conversation, complaint));
    cgi_response_reset(&talk->answer);
    gateway->talk = talk;
    gateway->asked = gateway->starved = gateway->ended = gateway->spoiled = gateway->again = false;
    gateway->body_passed = 0;
    request->length = gateway->body_length;
    if (!exchange->request.chunked)
        request->length += exchange->request.left;
    fastcgi_begin(&talk->output, talk->buffer, output_room());
    int error = cgi_variables(request, &talk->output);
    return error != 0 ? error : fastcgi_end_parameters(&talk->output);
}

/* Puts of the body what there is and what has room into the output. */
static int fill(struct gateway *gateway, struct exchange *exchange)
{
    struct http_request *http = &exchange->request;
    struct fastcgi_output *output = &gateway->talk->output;
    if (gateway->body_passed < gateway->body_length) {
        gateway->body_passed += fastcgi_body(output, gateway->body + gateway->body_passed,
                                             gateway->body_length - gateway->body_passed);
        if (gateway->body_passed < gateway->body_length)
            return 0;
    }
    while (http->stage == HTTP_IN_BODY && arrived(exchange) > 0) {
        size_t here = arrived(exchange), room = fastcgi_body_room(output), used, length;
        const char *piece;
        if (room == 0)
            return 0;
        int error = http_body_take(http, exchange->buffer + exchange->head_length,
                                   here < room ? here : room, &used, &piece, &length);
        if (error != 0)
            return error;
        fastcgi_body(output, piece, length);
        exchange_pass_over(exchange, used);
    }
    if (http->stage == HTTP_WHOLE && !gateway->talk->complete)
        gateway->talk->complete = fastcgi_end_body(output);
    return 0;
}

/* Sends of the output what goes at once; true where that is all. */
static bool send_output(struct gateway *gateway)
{
    struct conversation *talk = gateway->talk;
    size_t sent;
    if (upstream_send(gateway->connection, talk->buffer + talk->sent,
                      talk->output.length - talk->sent, &sent) != 0) {
        /* It may have answered before it stopped listening. */
        gateway->asked = gateway->spoiled = true;
        return false;
    }
    talk->sent += sent;
    if (talk->sent < talk->output.length)
        return false;
    talk->output.length = talk->sent = 0;
    gateway->asked = talk->complete;
    return true;
}

/* The answer's buffer is free. */
static bool may_hear(const struct gateway *gateway, const struct response *response)
{
    return !gateway->begun || response_sent(response);
}

static int wait_for_either(struct gateway *gateway, const struct exchange *exchange,
                           const struct stream *stream)
{
    uint32_t wanted = 0, client = 0;
    if (!gateway->starved)
        wanted |= EPOLLOUT;
    else
        client |= stream->choked ? EPOLLOUT : EPOLLIN;
    if (may_hear(gateway, &exchange->response))
        wanted |= EPOLLIN;
    else
        client |= EPOLLOUT;
    return upstream_watch(gateway->connection, wanted, stream->socket, client);
}

int gateway_carry(struct gateway *gateway, struct exchange *exchange, struct stream *stream)
{
    const struct conversation *talk = gateway->talk;
    bool goes_on = true;
    for (int turns = 0; turns < TURNS && goes_on && !gateway->asked; turns++) {
        int error = fill(gateway, exchange);
        if (error != 0)
            return error;
        /* Nothing is left of the body where there is nothing to send. */
        gateway->starved = talk->output.length == 0;
        if (gateway->starved) {
            size_t before = exchange->length;
            error = exchange_receive(exchange, stream);
            if (error != 0)
                return error;
            goes_on = exchange->length > before;
            gateway->starved = !goes_on;
        } else {
            goes_on = send_output(gateway);
        }
    }
    return gateway->asked ? 0 : wait_for_either(gateway, exchange, stream);
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* Standard error goes to the log, line by line, without its control characters. */
static void log_complaint(struct conversation *talk)
{
    if (talk->complained > 0)
        flux_log(FLUX_WARNING, "script: %.*s", (int)talk->complained, talk->complaint);
    talk->complained = 0;
}

static void take_complaint(struct conversation *talk, struct http_text piece)
{
    for (size_t i = 0; i < piece.length; i++) {
        unsigned char c = (unsigned char)piece.at[i];
        if (c == '\n' || talk->complained == sizeof talk->complaint)
            log_complaint(talk);
        if (c >= ' ' && c != 0x7f)
            talk->complaint[talk->complained++] = (char)c;
    }
}

/* The head of the answer is complete. */
static void begin_body(struct gateway *gateway, bool head_only)
{
    const struct cgi_response *answer = &gateway->talk->answer;
    gateway->bodiless = head_only || answer->status == 204 || answer->status == 304;
    gateway->left = answer->length;
}

static int take_answer(struct gateway *gateway, struct http_text piece, bool head_only)
{
    struct conversation *talk = gateway->talk;
    size_t used = 0;
    if (!talk->answer.whole) {
        int error = cgi_response_take(&talk->answer, piece, &used);
        if (error != 0 || !talk->answer.whole)
            return error;
        begin_body(gateway, head_only);
    }
    size_t here = gateway->bodiless ? 0 : piece.length - used;
    /* What goes beyond the announced length would be the next response. */
    if (talk->answer.has_length && here > gateway->left)
        here = (size_t)gateway->left;
    gateway->left -= talk->answer.has_length ? here : 0;
    /* To the front: pieces stand behind headers of records, so further behind. */
    memmove(talk->data + talk->heard, piece.at + used, here);
    talk->heard += here;
    return 0;
}

static int take_end(struct gateway *gateway)
{
    const struct conversation *talk = gateway->talk;
    gateway->ended = true;
    if (talk->input.status == FASTCGI_OVERLOADED)
        return EBUSY;
    if (talk->input.status != FASTCGI_COMPLETE || !talk->answer.whole)
        return EREMOTEIO;
    return talk->answer.has_length && !gateway->bodiless && gateway->left > 0 ? EREMOTEIO : 0;
}

int gateway_hear(struct gateway *gateway, bool head_only)
{
    struct conversation *talk = gateway->talk;
    struct http_text data = {talk->data, 0}, piece;
    enum fastcgi_kind kind = FASTCGI_STDOUT;
    talk->heard = 0;
    int error = upstream_receive(gateway->connection, talk->data, HEARD, &data.length);
    talk->answered = talk->answered || data.length > 0;
    while (error == 0 && kind != FASTCGI_NOTHING && !gateway->ended) {
        error = fastcgi_next(&talk->input, &data, &kind, &piece);
        if (error != 0)
            break;
        if (kind == FASTCGI_STDOUT)
            error = take_answer(gateway, piece, head_only);
        else if (kind == FASTCGI_STDERR)
            take_complaint(talk, piece);
        else if (kind == FASTCGI_END)
            error = take_end(gateway);
    }
    gateway->news = talk->heard > 0 || gateway->ended;
    if (gateway->ended || error != 0)
        log_complaint(talk);
    if (data.length > 0 || error != 0)
        gateway->spoiled = true;
    return error;
}

bool gateway_is_silent(const struct gateway *gateway)
{
    const struct conversation *talk = gateway->talk;
    return !gateway->ended && (gateway->begun ? !gateway->news : !talk->answer.whole);
}

static void add_part(struct gateway *gateway, size_t *count, const void *memory, size_t length)
{
    if (length > 0)
        gateway->talk->parts[(*count)++] =
            (struct response_part){.memory = memory, .file = -1, .length = length};
}

/* "1f40 CR LF" (RFC 9112, section 7.1). */
static size_t chunk_line(char to[24], size_t length)
{
    size_t digits = 1;
    while (digits < 16 && length >> (4 * digits) != 0)
        digits++;
    for (size_t i = 0; i < digits; i++)
        to[i] = "0123456789abcdef"[length >> (4 * (digits - 1 - i)) & 15];
    memcpy(to + digits, "\r\n", 2);
    return digits + 2;
}

/* What has been heard of the body, framed. */
static void add_body(struct gateway *gateway, size_t *count)
{
    struct conversation *talk = gateway->talk;
    static const char end[] = "\r\n0\r\n\r\n";
    size_t skip = 0, length = gateway->ended ? sizeof end - 1 : 2;
    if (gateway->chunked && talk->heard > 0)
        add_part(gateway, count, talk->chunk, chunk_line(talk->chunk, talk->heard));
    else
        skip = 2;
    add_part(gateway, count, talk->data, talk->heard);
    if (gateway->chunked)
        add_part(gateway, count, end + skip, length - skip);
}

/* How long the body is, or how its end is told. HTTP/1.0 knows no other way than to close. */
static void frame(struct gateway *gateway, struct exchange *exchange, bool *closes)
{
    const struct cgi_response *answer = &gateway->talk->answer;
    gateway->chunked = !gateway->bodiless && !answer->has_length && !gateway->ended;
    *closes = gateway->chunked && exchange->request.minor == 0;
    if (*closes)
        gateway->chunked = false;
}

static void announce(const struct gateway *gateway, struct response *response)
{
    const struct conversation *talk = gateway->talk;
    if (gateway->chunked)
        response_field(response, "Transfer-Encoding", "chunked");
    else if (talk->answer.has_length && talk->answer.status != 204)
        response_field(response, "Content-Length", "%llu", (unsigned long long)talk->answer.length);
    else if (gateway->ended && !gateway->bodiless)
        response_field(response, "Content-Length", "%zu", talk->heard);
}

void gateway_answer(struct gateway *gateway, struct exchange *exchange)
{
    struct conversation *talk = gateway->talk;
    struct cgi_response *answer = &talk->answer;
    struct response *response = &exchange->response;
    size_t count = 0;
    bool closes;
    frame(gateway, exchange, &closes);
    exchange->keep_alive = exchange->keep_alive && !closes;
    response_begin(response, answer->status, exchange->request.minor, exchange->keep_alive);
    announce(gateway, response);
    if (answer->used + 2 <= RESPONSE_HEAD_SIZE - response->head_length) {
        response_fields(response, answer->fields, answer->used);
        response_end(response);
    } else {
        /* There is room for the empty line where that of the script was. */
        memcpy(answer->fields + answer->used, "\r\n", 2);
        add_part(gateway, &count, answer->fields, answer->used + 2);
    }
    if (!gateway->bodiless)
        add_body(gateway, &count);
    response_parts(response, talk->parts, count);
    gateway->begun = true;
    gateway->news = false;
}

void gateway_continue(struct gateway *gateway, struct exchange *exchange)
{
    size_t count = 0;
    if (!gateway->news)
        return;
    add_body(gateway, &count);
    response_more(&exchange->response, gateway->talk->parts, count);
    gateway->news = false;
    /* The time in which the client has to take it begins anew. */
    exchange->write_deadline = 0;
}

bool gateway_has_more(const struct gateway *gateway)
{
    return gateway->connection != NULL && gateway->begun && !gateway->ended && !gateway->bodiless;
}

bool gateway_may_retry(const struct gateway *gateway, const struct http_request *http, int error)
{
    return error == EREMOTEIO && gateway->connection->kept && !gateway->talk->answered &&
           gateway->body_length == 0 && http->stage == HTTP_WHOLE &&
           (http_text_is(http->method, "GET") || http_text_is(http->method, "HEAD") ||
            http_text_is(http->method, "OPTIONS"));
}

bool gateway_is_reusable(const struct gateway *gateway)
{
    return gateway->asked && gateway->ended && !gateway->spoiled;
}
