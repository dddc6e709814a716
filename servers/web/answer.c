/* answer.c - the response: what is sent of a file, and what is said instead. */
#include "web_flux.h"

#include "accept.h"
#include "conditions.h"
#include "flux.h"
#include "http_limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 300 /* the rest of the head of a response_message, and its page */
#define ALLOWED      "Allow: GET, HEAD, OPTIONS\r\n"

int PassOver(PassOver_in *in, PassOver_out *out)
{
    struct exchange *exchange = &in->peer->request->exchange;
    PASS_ON(in, out);
    int error = exchange_skip_body(exchange);
    if (exchange->request.stage == HTTP_IN_BODY)
        out->patience = http_limits_remaining(exchange->deadline);
    return error;
}

static void begin(struct exchange *exchange, unsigned status)
{
    response_begin(&exchange->response, status, exchange->request.minor, exchange->keep_alive);
}

/* 200 with the whole of it. */
static void send_whole(web_request *request, const struct file *file)
{
    struct response *response = &request->exchange.response;
    begin(&request->exchange, 200);
    response_fields(response, file->fields, file->fields_length);
    response_end(response);
    if (request->head_only)
        return;
    if (file->bytes != NULL)
        response_body(response, file->bytes, (size_t)file->size);
    else
        response_file(response, file->descriptor, 0, file->size);
}

static void send_not_modified(web_request *request, const struct file *file)
{
    struct response *response = &request->exchange.response;
    begin(&request->exchange, 304);
    response_fields(response, file->fields, file->shared_length);
    response_end(response);
}

/* Where the folder is, relative to what was asked for: its last segment with a slash behind it. So
 * whatever else stands in the path, it is not taken for another host; and "./" is in front of it
 * since what stands before a colon would be taken for a scheme. */
static int redirect(web_request *request)
{
    static const struct response_case moved = {0, 301, false};
    const struct http_request *http = &request->exchange.request;
    struct http_text rest = http->path, segment = rest, query = http->query;
    char fields[RESPONSE_HEAD_SIZE - MESSAGE_SIZE];
    while (http_text_cut(&rest, '/', &segment))
        ;
    int length = snprintf(fields, sizeof fields, "Location: ./%.*s/%s%.*s\r\n", (int)segment.length,
                          segment.at, query.at != NULL ? "?" : "", (int)query.length,
                          query.at != NULL ? query.at : "");
    if (length < 0 || (size_t)length >= sizeof fields)
        return ENAMETOOLONG;
    response_message(&request->exchange.response, &moved, http->minor, request->exchange.keep_alive,
                     request->head_only, fields);
    return 0;
}

static void describe(web_request *request)
{
    begin(&request->exchange, 204);
    response_fields(&request->exchange.response, ALLOWED, strlen(ALLOWED));
    response_end(&request->exchange.response);
}

/* Of the representations of the file the one for this client. */
static const struct file *chosen(const web_request *request)
{
    return request->takes_gzip && request->gzip != NULL ? request->gzip : request->file;
}

/* What a precondition or a range says of the file. Returns an error number where that is an error.
 */
static int answer_file(web_request *request, const struct file *file)
{
    const struct http_request *http = &request->exchange.request;
    switch (conditions_check(http, true, file->etag, file->modified)) {
    case CONDITION_NOT_MODIFIED:
        send_not_modified(request, file);
        return 0;
    case CONDITION_FAILED:
        return ESTALE;
    case CONDITION_PROCEED:
        break;
    }
    if (request->method == GET && http->range.at != NULL) {
        bool answered;
        int error = partial_answer(request, file, &answered);
        if (error != 0 || answered)
            return error;
    }
    send_whole(request, file);
    return 0;
}

int Compose(Compose_in *in, Compose_out *out)
{
    web_request *request = in->peer->request;
    struct exchange *exchange = &request->exchange;
    const struct file *file = request->file;
    int error = request->error;
    PASS_ON(in, out);

    exchange->keep_alive = connection_may_go_on(exchange);
    if (error == 0 && file != NULL && file->kind == FILE_NONE)
        error = file->error;
    if (error != 0)
        return error;
    if (request->method == OTHER)
        return ENOTSUP;
    if (request->method == OPTIONS)
        describe(request);
    else if (file->kind == FILE_REDIRECT)
        error = redirect(request);
    else
        error = answer_file(request, chosen(request));
    return error;
}

/* What a status has to say besides (RFC 9110, sections 15.5.6 and 15.5.17). */
static const char *further_fields(const web_request *request, unsigned status,
                                  char text[RANGES_TEXT_SIZE + 32])
{
    if (status == 405)
        return ALLOWED;
    if (status != 416)
        return NULL;
    char content_range[RANGES_TEXT_SIZE];
    ranges_content_range(content_range, (struct range){0, 0}, chosen(request)->size);
    snprintf(text, RANGES_TEXT_SIZE + 32, "Content-Range: %s\r\n", content_range);
    return text;
}

int Apologise(Apologise_in *in, Apologise_out *out)
{
    web_request *request = in->peer->request;
    struct exchange *exchange = &request->exchange;
    const struct response_case *answer = response_case(in->error);
    char fields[RANGES_TEXT_SIZE + 32];
    PASS_ON(in, out);
    if (answer == NULL)
        return in->error;
    if (answer->status == 500)
        flux_log(FLUX_WARNING, "/%s: %s", request->path, flux_strerror(in->error));

    exchange->keep_alive = connection_may_go_on(exchange) && !answer->closes;
    response_message(&exchange->response, answer, exchange->request.minor, exchange->keep_alive,
                     exchange_is_head(exchange), further_fields(request, answer->status, fields));
    return 0;
}
