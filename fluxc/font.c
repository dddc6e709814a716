#include "font.h"

#include "utf8.h"

#include <string.h>

/* Advance widths of Helvetica for ' ' to '~', in thousandths of the size (Adobe's metrics of the
 * base fonts). */
static const unsigned short widths[] = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584,
};

int font_width(const char *text, int size, bool bold)
{
    long sum = 0;
    size_t length = strlen(text);
    for (size_t i = 0; i < length;) {
        unsigned code = 0;
        size_t bytes = utf8_decode(text + i, length - i, &code);
        sum += code >= ' ' && code <= '~' ? widths[code - ' '] : 1000;
        i += bytes > 0 ? bytes : 1;
    }
    return (int)((sum * size * (bold ? 114 : 106) + 99999) / 100000);
}
