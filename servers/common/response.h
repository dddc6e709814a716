/* response.h - what goes back to a client: a head, and a body that is made of parts in memory and
 * parts of files; and which status an error of a node becomes.
 */
#ifndef RESPONSE_H
#define RESPONSE_H

#include "stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Big enough for every head and every message of response.c, with room for the fields of a caller.
 */
#define RESPONSE_HEAD_SIZE 1024

/* A piece of the body: memory, or where that is NULL a piece of a file. Neither is the response's:
 * both have to be there until all is sent. */
struct response_part {
    const void *memory;
    int file;
    uint64_t offset, length;
};

struct response {
    unsigned status; /* 0: there is none yet */
    uint64_t sent;   /* bytes of head and body that the stream has taken */
    uint64_t length; /* of both */
    size_t head_length;
    const struct response_part *parts;
    size_t part_count;
    uint64_t ahead;            /* bytes of the body ahead of `parts` */
    struct response_part body; /* `parts` where there is one */
    char head[RESPONSE_HEAD_SIZE];
};

/* How a request that fails with `error` is answered. */
struct response_case {
    int error;
    unsigned status;
    bool closes; /* the connection cannot go on: where the next request begins is not known */
};

/* The case of an error number; 500 for one that has none, and NULL where the client has gone and
 * nothing can be answered. */
const struct response_case *response_case(int error);

/* "Not Found". */
const char *response_reason(unsigned status);

/* Forgets whatever it was: there is none yet. Cheap: the head is not cleared. */
void response_reset(struct response *response);

/* Begins a head: status line, Server, Date, Connection where it says something. minor: of the
 * client's HTTP version. */
void response_begin(struct response *response, unsigned status, unsigned minor, bool keep_alive);

/* Adds "NAME: value"; the names and values of a program fit. */
void response_field(struct response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds fields that are ready, each with its CR LF. */
void response_fields(struct response *response, const char *fields, size_t length);

/* Ends the head, and with it a response without a body. */
void response_end(struct response *response);

/* After response_end: the body, one piece of memory or of a file, or several parts, which have to
 * stay where they are. Left out for HEAD, and for what can have no body (204, 304). */
void response_body(struct response *response, const void *memory, size_t length);
void response_file(struct response *response, int file, uint64_t offset, uint64_t length);
void response_parts(struct response *response, const struct response_part *parts, size_t count);

/* Further parts of a body that is made as it is sent; all that there was has been sent. */
void response_more(struct response *response, const struct response_part *parts, size_t count);

/* A whole response whose body is a page that says what the status means (pages.h). fields: NULL, or
 * further ones, ready, each with its CR LF. */
void response_message(struct response *response, const struct response_case *answer, unsigned minor,
                      bool keep_alive, bool head_only, const char *fields);

/* Bytes of the body that have been sent, and whether all has. */
uint64_t response_body_sent(const struct response *response);
bool response_sent(const struct response *response);

/* Sends as much as the stream takes at once, but of a long body only a piece: the head and what is
 * in memory behind it with one call. Who has not sent all waits until there is room. Returns 0 (and
 * response_sent tells whether that was all), or an error number: the client has gone, or a file is
 * shorter than it was. */
int response_send(struct response *response, struct stream *stream);

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7). */
#define RESPONSE_DATE_SIZE 30
void response_date(int64_t seconds, char date[RESPONSE_DATE_SIZE]);

#endif
