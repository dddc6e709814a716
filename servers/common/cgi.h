/* cgi.h - what a web server and a script tell each other: RFC 3875, the Common Gateway Interface,
 * as FastCGI applications and php-fpm in particular expect it.
 *
 * The server tells the script about a request in meta-variables (section 4.1), which go out as the
 * parameters of a FastCGI request. The script answers with a head of its own (section 6), which is
 * checked line by line, as what a script echoes may come from a client, and turned into the fields
 * of a response of HTTP.
 */
#ifndef CGI_H
#define CGI_H

#include "clients.h"
#include "fastcgi.h"
#include "http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the request ----------------------------------------------------------------------------- */

struct cgi_request {
    const struct http_request *http;
    struct http_text root;   /* a folder, absolute and without a slash at its end */
    struct http_text script; /* "/dir/x.php", decoded */
    struct http_text info;   /* what follows it in the path, decoded: "/rest", or empty */
    uint64_t length;         /* of the body, where there is one */
    bool tls;
    struct peer client, server; /* the two ends of the connection */
};

/* Writes the meta-variables; what has no room shows in fastcgi_end_parameters. Returns EMSGSIZE
 * where the request has more fields than anybody sends. */
int cgi_variables(const struct cgi_request *request, struct fastcgi_output *output);

/* ---- the response ---------------------------------------------------------------------------- */

/* The longest head. */
#define CGI_HEAD_SIZE 16384

struct cgi_response {
    bool whole;      /* the head is complete; all of the following is valid */
    unsigned status; /* 200, 302 with a Location, or what the script says */
    bool has_status, has_type, has_location, has_length;
    uint64_t length; /* Content-Length, if the script says it */
    size_t seen;     /* bytes of the head, all lines */
    size_t used;     /* bytes of `fields` */
    size_t line;     /* where the line begins in it that is being read */
    /* Fields for the client, "NAME:value CR LF" each. Among them are not Status, those that concern
     * one connection alone, and those that are the server's: Content-Length, Date and Server. */
    char fields[CGI_HEAD_SIZE];
};

/* For a response that has not begun: clears everything but `fields`. */
void cgi_response_reset(struct cgi_response *response);

/* Reads on in a head, whose lines end with LF or CR LF: *used bytes of it, beyond which the body
 * begins once it is whole. Returns EREMOTEIO where it breaks the rules, EOVERFLOW where it is too
 * long.
 *
 * A Location that is a path is not followed here (6.2.2); the client is sent there as by one that
 * is a URL, which it resolves itself (RFC 9110, section 10.2.2). */
int cgi_response_take(struct cgi_response *response, struct http_text data, size_t *used);

#endif
