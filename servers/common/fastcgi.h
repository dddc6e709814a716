/* fastcgi.h - requests to a FastCGI application, as a web server frames them.
 *
 * After the "FastCGI Specification" (Mark R. Brown, 1996), whose sections are cited; its role of a
 * responder (6.2), one request at a time on a connection, which the application is asked to keep.
 * Functions on buffers, without sockets: a request is written into a buffer,
 *
 *      fastcgi_begin, fastcgi_parameter ..., fastcgi_end_parameters, fastcgi_body ...,
 *      fastcgi_end_body
 *
 * and what comes back is given to fastcgi_next in pieces of any size.
 */
#ifndef FASTCGI_H
#define FASTCGI_H

#include "http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what is sent ---------------------------------------------------------------------------- */

/* The longest content of a record (3.3). */
#define FASTCGI_MOST 65535

struct fastcgi_output {
    char *buffer; /* of the caller, who takes `length` bytes from its front and sets that to 0 */
    size_t room, length;
    size_t record; /* where the record begins that is being filled */
    bool full;     /* a parameter did not fit */
};

/* Begins a request, and the stream of its parameters. */
void fastcgi_begin(struct fastcgi_output *output, char *buffer, size_t room);

/* A parameter (3.4), whole, or as its lengths and then its name and its value in pieces. Each goes
 * behind the one before, over the end of a record if need be. */
void fastcgi_parameter(struct fastcgi_output *output, struct http_text name,
                       struct http_text value);
void fastcgi_parameter_lengths(struct fastcgi_output *output, size_t name, size_t value);
void fastcgi_parameter_bytes(struct fastcgi_output *output, const char *bytes, size_t length);

/* Ends the parameters. Returns EMSGSIZE where they did not fit. */
int fastcgi_end_parameters(struct fastcgi_output *output);

/* How many bytes of the body have room in one record. */
size_t fastcgi_body_room(const struct fastcgi_output *output);
/* Frames a piece of the body; returns how many of its bytes had room. */
size_t fastcgi_body(struct fastcgi_output *output, const char *bytes, size_t length);
/* Ends the body, be it an empty one; false where there is no room for that yet. */
bool fastcgi_end_body(struct fastcgi_output *output);

/* ---- what comes back ------------------------------------------------------------------------- */

enum fastcgi_kind {
    FASTCGI_NOTHING, /* all that there was has been read */
    FASTCGI_STDOUT,  /* a piece of what the application answers */
    FASTCGI_STDERR,  /* a piece of what it complains about */
    FASTCGI_END,     /* the request has ended: status and application_status are valid */
};

enum fastcgi_status { /* 5.5 */
                      FASTCGI_COMPLETE,
                      FASTCGI_CANNOT_MULTIPLEX,
                      FASTCGI_OVERLOADED,
                      FASTCGI_UNKNOWN_ROLE,
};

struct fastcgi_input {
    unsigned char header[8]; /* of a record */
    size_t header_length;
    unsigned char result[8]; /* the content of FCGI_END_REQUEST */
    size_t result_length;
    size_t content, padding; /* bytes of the record yet to come */
    bool stdout_ended, ended;
    enum fastcgi_status status;
    uint32_t application_status;
};

/* Reads on in *data, which is shortened by what has been read, until there is something: its kind,
 * and where that is a piece of a stream, the bytes, which stay where they are. To begin with,
 * *input is all zero. Records that nobody knows, and those of management (4), are passed over.
 * Returns EREMOTEIO for what is no FastCGI, belongs to another request, or follows the end. */
int fastcgi_next(struct fastcgi_input *input, struct http_text *data, enum fastcgi_kind *kind,
                 struct http_text *piece);

#endif
