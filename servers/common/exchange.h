/* exchange.h - one request and its response on a connection, and the buffer that they share.
 *
 * What arrives is collected in the buffer: the head of the request, which the request's texts point
 * into, then what of the body has not been passed over yet, then perhaps the requests behind it
 * (pipelining). A connection needs none of this while it is idle.
 *
 *      exchange_receive ... exchange_parse -> whole? -> the response is made
 *      response_send ... exchange_next -> more in the buffer? -> exchange_parse ...
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "http.h"
#include "response.h"

struct exchange {
    struct http_request request;
    struct response response;
    bool keep_alive;         /* the connection goes on after this response */
    uint64_t began;          /* when the request did, by flux_now; 0: nobody wants to know */
    uint64_t deadline;       /* for what is under way: the head, the body */
    uint64_t write_deadline; /* for the response; 0: it has not had to wait yet */

    char *buffer;
    size_t room;        /* of the buffer */
    size_t length;      /* bytes in it */
    size_t head_length; /* of these, the head, once it is complete */
    size_t scanned;     /* how far the end of the head has been looked for */
};

/* Bytes that the buffer has to have. */
size_t exchange_buffer_size(void);
/* The time for the head begins here. timed: it is to be known when the request began. */
void exchange_begin(struct exchange *exchange, char *buffer, bool timed);

/* Takes what has arrived, without waiting; nothing is fine. Returns ECONNRESET where the client has
 * gone or will send nothing more, or another error number. */
int exchange_receive(struct exchange *exchange, struct stream *stream);

/* Goes on with what is in the buffer, until request.stage is no longer HTTP_IN_HEAD or more has to
 * arrive. Returns 0 or an error that response.h has an answer for, as do the next two. */
int exchange_parse_head(struct exchange *exchange);

/* Whether it is a HEAD, whose answer has no body: known of a request that cannot be parsed, too. */
bool exchange_is_head(const struct exchange *exchange);

/* Passes over what has arrived of the body, until the stage is HTTP_WHOLE. */
int exchange_skip_body(struct exchange *exchange);

/* Takes out of the buffer what has been dealt with of the body, `count` bytes at its front. */
void exchange_pass_over(struct exchange *exchange, size_t count);

/* exchange_parse_head, then exchange_skip_body. */
int exchange_parse(struct exchange *exchange);

/* Sends what the stream takes of the response, as response_send. Where that is not all, *patience
 * is how long to wait for room: the time for the whole response begins with the first such wait. */
int exchange_send(struct exchange *exchange, struct stream *stream, int *patience);

/* This request and its response are done with. Returns whether there is something of the next one,
 * in the buffer or, as the caller says, `coming`: then the time for its head begins. */
bool exchange_next(struct exchange *exchange, bool coming);

#endif
