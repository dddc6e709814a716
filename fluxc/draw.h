/* draw.h - draws the shapes of a picture where layout.c has put them. */
#ifndef DRAW_H
#define DRAW_H

#include "layout.h"
#include "svg.h"

/* What a shape is drawn as. */
enum role { ROLE_STEP, ROLE_SOURCE, ROLE_HANDLER, ROLE_LAST };

struct drawing {
    struct arena *arena;
    struct text *out;
    /* What has been drawn and a legend has to explain. */
    bool fork, handler, writer, reader, added, await, repeat, reference;
};

/* Its upper left corner at x, y. */
void draw_shape(struct drawing *drawing, const struct shape *shape, int x, int y, enum role role);

#endif
