/* request.h - as much of HTTP as a load generator speaks: GET, a head without a body, keep-alive.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* The longest head; also what a connection may leave unanswered in its buffer. */
#define REQUEST_MOST 2048

struct request {
    const char *path; /* in the bytes it was read from */
    size_t path_length;
    size_t size; /* of the whole request */
    bool keep;   /* the connection is to stay open */
};

enum request_state { REQUEST_WHOLE, REQUEST_PART, REQUEST_BAD };

/* Reads the first request of the bytes; `request` is filled in if there is a whole one. */
enum request_state request_read(struct request *request, const char *bytes, size_t size);

#endif
