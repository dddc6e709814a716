/* http.h - HTTP/1.x requests, as RFC 9112 frames them.
 *
 * A request is read in two parts. Its head is collected in a buffer until http_head_parse has
 * found the empty line and filled in a struct http_request, whose texts point into that buffer. Its
 * body is passed through http_body_take, which yields the data without its framing, or through
 * http_body_skip, which throws it away. All are strict: what two implementations could frame
 * differently is refused, since that is how requests are smuggled past a proxy (RFC 9112, section
 * 11.2).
 *
 * Functions return 0 or an error number, and response.h says which status that becomes.
 */
#ifndef HTTP_H
#define HTTP_H

#include "http_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_stage {
    HTTP_IN_HEAD, /* the head is not complete */
    HTTP_IN_BODY, /* the body is not complete */
    HTTP_WHOLE,   /* everything has arrived */
};

enum http_chunk_stage {
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_BLANK, /* between the size and an extension */
    HTTP_CHUNK_EXTENSION,
    HTTP_CHUNK_SIZE_LF,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_DATA_CR,
    HTTP_CHUNK_DATA_LF,
    HTTP_CHUNK_TRAILER,      /* at the beginning of a line behind the last chunk */
    HTTP_CHUNK_TRAILER_LINE, /* within such a line */
    HTTP_CHUNK_TRAILER_LF,
    HTTP_CHUNK_END_LF,
};

struct http_request {
    enum http_stage stage;
    unsigned major, minor;
    bool keep_alive;       /* what the client asked for, or the default of its version */
    bool closes;           /* it asked for the end: then keep_alive is false */
    bool has_body;         /* a body follows, be it an empty one */
    bool expects_continue; /* the client holds the body back until it is asked for it */

    struct http_text line; /* the request line, without its end, once there is all of it */
    struct http_text method, target;
    /* Of the target, as http_target_split does it; in OPTIONS * the path is "*". */
    struct http_text path, query;
    struct http_text fields; /* all of them, for http_fields_next */

    /* What the fields of these names say; of the target if that is in absolute form and names a
     * host (RFC 9112, section 3.2.2). */
    struct http_text host, referer, user_agent;
    /* The first of its name. Further ones, which http_fields_named finds, add to the list. */
    struct http_text if_match, if_none_match, accept_encoding;
    bool repeats; /* there are some, of one of the three */
    /* One value, and not a list. A field that is repeated counts as the list of its values (RFC
     * 9110, section 5.3), which is no valid value: its text is then empty, and not absent. */
    struct http_text if_modified_since, if_unmodified_since, range, if_range;
    struct http_text content_type; /* which is refused if it is repeated */

    /* Framing of the body. */
    bool chunked, other_coding, has_length;
    uint64_t left;     /* bytes of the body, or of this chunk, yet to come */
    uint64_t room;     /* chunked: how many more bytes the body may have */
    uint64_t overhead; /* chunked: how many more bytes of extensions and trailers */
    enum http_chunk_stage chunk_stage;
    unsigned chunk_digits;
};

/* Parses the head at the beginning of data, into a request that is all zero. *end is its length,
 * the empty line included; 0 while it is not complete, and then it is parsed anew when more has
 * arrived. Returns EBADMSG (malformed, or framed ambiguously), ENOSYS (a method or a transfer
 * coding that nobody knows, or CONNECT, which is for proxies), EPROTONOSUPPORT (neither HTTP/1.0
 * nor 1.1) or ENOPROTOOPT (something else is expected than 100-continue), as soon as it can be
 * told. */
int http_head_parse(struct http_request *request, const char *data, size_t length, size_t *end);

/* Whether a head that was not complete is worth another look with these further bytes: a line ends
 * in them, or there is something that cannot be in a head. */
bool http_head_advances(const char *more, size_t length);

/* The next field of a head that has been parsed. *rest is shortened by it and begins as
 * request->fields; false at its end. */
bool http_fields_next(struct http_text *rest, struct http_text *name, struct http_text *value);

/* The next field of this name, and otherwise the same. */
bool http_fields_named(struct http_text *rest, const char *name, struct http_text *value);

/* A body that is longer than max_body is refused with E2BIG, before any of it is read if its length
 * was declared. To be called once, when the head has been parsed. */
int http_body_begin(struct http_request *request, uint64_t max_body);

/* The next piece of the body's data, in place: *piece, of *piece_length bytes. It stands within the
 * *used bytes that have been dealt with; where its length is 0 there is no more in `data`. The
 * stage becomes HTTP_WHOLE where the body ends. Trailer fields are dropped. Returns EBADMSG or
 * E2BIG. */
int http_body_take(struct http_request *request, const char *data, size_t length, size_t *used,
                   const char **piece, size_t *piece_length);

/* Passes over all that belongs to the body. */
int http_body_skip(struct http_request *request, const char *data, size_t length, size_t *used);

/* Path and query of a target in origin form or absolute form (RFC 9112, section 3.2); query.at is
 * NULL where there is no question mark, and the path is empty where there is none behind the host.
 * Returns EINVAL for another form. */
int http_target_split(struct http_text target, struct http_text *path, struct http_text *query);

/* The byte that a %XX at the beginning of the text stands for. Returns false where that is
 * malformed or hides a NUL. */
bool http_target_escape(struct http_text text, char *c);

/* Resolves %XX. Writes at most `room` bytes, the terminating NUL included. Returns EINVAL for a
 * malformed escape or one that hides a NUL, ENAMETOOLONG when there is too little room. */
int http_target_decode(struct http_text text, char *to, size_t room);

/* The next NAME=VALUE of a query, which is shortened by it; false at its end. */
bool http_query_next(struct http_text *query, struct http_text *name, struct http_text *value);

#endif
