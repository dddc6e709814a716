/* http_text.h - pieces of a buffer, as the parts of a request are: without a terminating NUL. */
#ifndef HTTP_TEXT_H
#define HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct http_text {
    const char *at; /* NULL: there is none, and the length is 0 */
    size_t length;
};

/* Here, so that the length of a constant is one. */
static inline bool http_text_is(struct http_text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.at, word, text.length) == 0;
}

/* With the letters of ASCII in either case. */
bool http_text_is_nocase(struct http_text text, const char *word);

/* Without the blanks and tabs around it. */
struct http_text http_text_trimmed(struct http_text text);

/* Takes the text up to the next `separator` off the front of *rest; false when *rest is used up.
 * The separator goes with it, and behind the last one there is a piece too, be it an empty one. */
bool http_text_cut(struct http_text *rest, char separator, struct http_text *piece);

#endif
