/* http_lines.h - a second opinion on the heads of requests: a parser that others wrote, and that many
 * servers use.
 *
 * llhttp where its header is installed, otherwise http_parser, from which it descends. Nothing else
 * includes either. Both are given a complete head in one piece, so every text arrives whole.
 */
#ifndef HTTP_LINES_H
#define HTTP_LINES_H

#include "http.h"

struct http_lines {
    unsigned major, minor;
    struct http_text target;
    /* Called for each field, in order. Non-zero ends the parsing and is returned. */
    int (*field)(void *context, struct http_text name, struct http_text value);
    void *context;
};

/* Returns EBADMSG where the head breaks the grammar, ENOSYS where it is the method that the parser
 * does not know, or what `field` returned. */
int http_lines_parse(struct http_lines *lines, const char *head, size_t length);

/* "llhttp" or "http_parser". */
extern const char *const http_lines_parser;

#endif
