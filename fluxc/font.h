/* font.h - how wide a text is in a drawing whose fonts nobody knows yet. */
#ifndef FONT_H
#define FONT_H

#include <stdbool.h>

/* In pixels, for Helvetica and the families with its metrics (Arial, Liberation Sans, Nimbus Sans);
 * rounded up, with some room for others. */
int font_width(const char *text, int size, bool bold);

#endif
