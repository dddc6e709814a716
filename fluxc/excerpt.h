/* excerpt.h - a piece of the user's text as a terminal may show it: the line of a span with carets
 * below, and any text made harmless. Tabs become spaces, bytes that are no printable UTF-8 (control
 * characters, overrides of the direction of writing) become <1B> or <U+202E>, and of a long line
 * only the part around the caret is shown.
 */
#ifndef EXCERPT_H
#define EXCERPT_H

#include "source.h"
#include "text.h"

/* mark, fix, off: what switches the colours of carets and of the replacement on and off; "" for
 * none. replacement: shown under the carets; NULL for none. */
struct excerpt_style {
    const char *mark, *fix, *off;
};
void excerpt_print(struct text *out, struct span span, const char *replacement,
                   const struct excerpt_style *style);

/* The bytes as a terminal may show them. */
void excerpt_escape(struct text *out, const char *bytes, size_t size);

#endif
