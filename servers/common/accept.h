/* accept.h - Accept-Encoding: whether a client takes gzip (RFC 9110, section 12.5.3). */
#ifndef ACCEPT_H
#define ACCEPT_H

#include "http.h"

enum accept_encoding {
    ACCEPT_IDENTITY, /* as it is */
    ACCEPT_GZIP,
    ACCEPT_NOTHING, /* neither: 406, or as it is all the same (section 12.4.1) */
};

/* What the client prefers of the two; gzip where it likes both as much and has named it. An element
 * of the list that breaks the grammar says nothing. */
enum accept_encoding accept_encoding(const struct http_request *request);

/* Whether it is gzip. */
bool accept_gzip(const struct http_request *request);

#endif
