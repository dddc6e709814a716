/* http.h - HTTP/1.x requests, as RFC 9112 frames them.
 *
 * A request is read in two parts. Its head is collected in a buffer until http_head_end finds the
 * empty line, and http_head_parse then fills in a struct http_request whose texts point into that
 * buffer. Its body is passed through http_body_skip, piece by piece, and thrown away. Both are
 * strict: what two implementations could frame differently is refused, since that is how requests
 * are smuggled past a proxy (RFC 9112, section 11.2).
 *
 * Functions return 0 or an error number, and response.h says which status that becomes.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of a buffer, without a terminating NUL. */
struct http_text {
    const char *at; /* NULL: there is none */
    size_t length;
};

enum http_stage {
    HTTP_IN_HEAD, /* the head is not complete */
    HTTP_IN_BODY, /* the body is not complete */
    HTTP_WHOLE,   /* everything has arrived */
};

enum http_chunk_stage {
    HTTP_CHUNK_SIZE,
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
    bool has_body;         /* a body follows, be it an empty one */
    bool expects_continue; /* the client holds the body back until it is asked for it */

    struct http_text line; /* the request line, without its end */
    struct http_text method, target;
    struct http_text host, referer, user_agent, if_none_match;

    /* Framing of the body. */
    bool chunked, has_length;
    uint64_t left;     /* bytes of the body, or of this chunk, yet to come */
    uint64_t room;     /* chunked: how many more bytes the body may have */
    uint64_t overhead; /* chunked: how many more bytes of sizes, extensions and trailers */
    enum http_chunk_stage chunk_stage;
    unsigned chunk_digits;
};

bool http_text_is(struct http_text text, const char *word);
bool http_text_is_nocase(struct http_text text, const char *word);

/* The length of the head at the beginning of data, its empty line included; 0 while it is not
 * complete. *scanned is where the search goes on when more has arrived; it begins at 0. Returns
 * EBADMSG once a line does not end as it must. */
int http_head_end(const char *data, size_t length, size_t *scanned, size_t *end);

/* Parses a whole head. Returns EBADMSG (malformed, or framed ambiguously), ENOSYS (a method or a
 * transfer coding that nobody knows) or EPROTONOSUPPORT (neither HTTP/1.0 nor 1.1). */
int http_head_parse(struct http_request *request, const char *head, size_t length);

/* A body that is longer than max_body is refused with E2BIG, before any of it is read if its length
 * was declared. To be called once, when the head has been parsed. */
int http_body_begin(struct http_request *request, uint64_t max_body);

/* Passes over what of `data` belongs to the body: *used bytes. The stage becomes HTTP_WHOLE where
 * the body ends. Returns EBADMSG or E2BIG. */
int http_body_skip(struct http_request *request, const char *data, size_t length, size_t *used);

/* Path and query of a target in origin form or absolute form (RFC 9112, section 3.2); query.at is
 * NULL where there is no question mark. Returns EINVAL for another form. */
int http_target_split(struct http_text target, struct http_text *path, struct http_text *query);

/* Resolves %XX. Writes at most `room` bytes, the terminating NUL included. Returns EINVAL for a
 * malformed escape or one that hides a NUL, ENAMETOOLONG when there is too little room. */
int http_target_decode(struct http_text text, char *to, size_t room);

/* The next NAME=VALUE of a query, which is shortened by it; false at its end. */
bool http_query_next(struct http_text *query, struct http_text *name, struct http_text *value);

/* Whether a list of entity tags, as in If-None-Match, holds this one or is "*" (RFC 9110, 13.1.2).
 */
bool http_etag_matches(struct http_text list, const char *etag);

#endif
