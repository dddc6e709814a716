/* text.h - a text under construction: what an emitter writes into. Counts its lines, so that
 * emitted C can say where it returns from a #line.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

struct text {
    char *at;          /* NUL-terminated; owned; NULL while empty */
    size_t size, capacity;
    unsigned lines;    /* complete lines so far */
    int failed;        /* errno of the first failure (ENOMEM); later writes do nothing */
};

void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_write(struct text *text, const char *bytes, size_t size);
void text_free(struct text *text);

#endif
