/* response.h - what goes back to a client: a status line, fields, a body; and which status an error
 * of a node becomes.
 */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Big enough for every head and every message of response.c, with room for the fields of a caller.
 */
#define RESPONSE_HEAD_SIZE 768

struct response {
    unsigned status; /* 0: there is none yet */
    char head[RESPONSE_HEAD_SIZE];
    size_t head_length;
    const void *body; /* NULL, or what is sent behind the head; not the response's */
    size_t body_length;
    size_t sent; /* bytes of both that the socket has taken */
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

/* Begins a head: status line, Date, Connection where it says something. minor: of the client's
 * HTTP version. */
void response_begin(struct response *response, unsigned status, unsigned minor, bool keep_alive);

/* Adds "NAME: value"; the names and values of a program fit. */
void response_field(struct response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Ends the head. The length is announced for a response to HEAD too, whose body is not sent; and
 * not for one that can have no body (204, 304). */
void response_end(struct response *response, const char *type, const void *body, size_t length,
                  bool head_only);

/* A whole response with a line of text that says what the status means. */
void response_message(struct response *response, const struct response_case *answer, unsigned minor,
                      bool keep_alive, bool head_only, const char *allow);

/* Bytes of head and body, and whether all of them have been sent. */
size_t response_length(const struct response *response);
bool response_sent(const struct response *response);

/* Sends as much as the socket takes at once. Returns 0 (and response_sent tells whether that was
 * all), or an error number: the client has gone. */
int response_send(struct response *response, int socket);

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7). */
#define RESPONSE_DATE_SIZE 30
void response_date(int64_t seconds, char date[RESPONSE_DATE_SIZE]);

#endif
