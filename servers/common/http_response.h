/* http_response.h - HTTP/1.x responses, as RFC 9112 frames them, for whoever asks.
 *
 * What arrives is passed in as it comes, in pieces of any length. Of a head that comes in one
 * piece, as most do, nothing is copied. What a body says is of no interest here, only where it
 * ends: after its declared length, its last chunk, or with the connection.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "http.h"

/* A longer head is refused. */
#define HTTP_RESPONSE_HEAD ((size_t)64 * 1024)

struct http_response {
    bool whole;
    bool begun;        /* some of it has arrived */
    bool keep_alive;   /* another one may follow on this connection */
    bool until_close;  /* its body ends where the connection does */
    bool without_body; /* set by http_response_begin: it answers HEAD */
    unsigned status;
    uint64_t body; /* bytes so far, without their framing */

    /* For http_response.c. */
    struct http_request framing; /* stage, and what http_body_take needs */
    char *head;                  /* what there is of an incomplete one, or NULL */
    size_t held;
};

/* Before each response. The struct is all zero before the first. */
void http_response_begin(struct http_response *response, bool without_body);

/* What belongs to it of `length` bytes more: *used of them. Bytes behind a whole response are not
 * its. Returns 0 or EBADMSG (malformed), E2BIG (a head or framing beyond all measure), ENOMEM. */
int http_response_take(struct http_response *response, const char *data, size_t length,
                       size_t *used);

/* The connection has ended. True: the response is whole because of it, or was before. */
bool http_response_ended(struct http_response *response);

/* Frees what is kept of a head. */
void http_response_drop(struct http_response *response);

#endif
