/* utf8.h - characters of texts that may be anything. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* The character at the beginning of `bytes`, of which there is at least one: how many bytes it
 * takes, with *code its code point; 0 where there is no valid UTF-8 (RFC 3629: no overlong forms,
 * no surrogates, nothing above U+10FFFF). */
size_t utf8_decode(const char *bytes, size_t size, unsigned *code);

#endif
