/* svg.h - what pictures are made of: texts, lines, marks, as elements of SVG. */
#ifndef SVG_H
#define SVG_H

#include "text.h"

#include <stdbool.h>

#define SVG_LINE  "#52606d"
#define SVG_BIRTH "#1f5fae"
#define SVG_FAILS "#b3372b"
#define SVG_TURN  "#7148a8"

/* Classes that svg_begin defines. Of texts: name, title, head, chip, small. Of boxes: box, source,
 * group; of boxes and lines, with a blank before it: fails, last; of lines: birth, turn. */
void svg_begin(struct text *out, const char *made_from, int width, int height);
void svg_end(struct text *out);

struct point {
    int x, y;
};

/* Text as it stands between tags; what XML cannot say becomes U+FFFD. */
void svg_escape(struct text *out, const char *text);
/* colour: NULL for that of the class. */
void svg_text(struct text *out, const char *class, const char *colour, int x, int y,
              const char *text);

void svg_line(struct text *out, const char *class, struct point from, struct point to);
/* With round corners, through points of which neighbours share x or y. */
void svg_corners(struct text *out, const char *class, const struct point *points, unsigned count);
#define SVG_CORNERS(out, class, ...)                                                               \
    svg_corners(out, class, (const struct point[]){__VA_ARGS__},                                   \
                sizeof((const struct point[]){__VA_ARGS__}) / sizeof(struct point))

/* The head of an arrow to the right or upwards, its point at x, y. */
void svg_head(struct text *out, const char *colour, int x, int y);
void svg_head_up(struct text *out, const char *colour, int x, int y);

/* Where a flow ends; a clock; the fork of a dispatch: around x, y. */
void svg_stop(struct text *out, const char *colour, int x, int y);
void svg_clock(struct text *out, const char *colour, int x, int y);
void svg_fork(struct text *out, int x, int y);

/* A round label, this high. */
enum { SVG_PILL = 17 };
void svg_pill(struct text *out, const char *fill, const char *stroke, bool dashed, int x, int y,
              int width);

#endif
