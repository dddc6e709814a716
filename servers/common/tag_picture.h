/* tag_picture.h - a game of Tag as characters: the board around a player, names, who has been free
 * for longest, and what there is to say; for a terminal of any size.
 */
#ifndef TAG_PICTURE_H
#define TAG_PICTURE_H

#include "tag_client.h"

enum tag_style {
    TAG_STYLE_PLAIN,
    TAG_STYLE_WALL,
    TAG_STYLE_FOG,
    TAG_STYLE_FREE,
    TAG_STYLE_SAFE,
    TAG_STYLE_CAUGHT,
    TAG_STYLE_SELF,
    TAG_STYLE_SELF_CAUGHT,
    TAG_STYLE_NOTE,
    TAG_STYLES
};

struct tag_cell {
    char character;
    uint8_t style;
};

struct tag_picture {
    int width, height;
    struct tag_cell *cells; /* row by row; the owner frees them */
};

/* False: no memory, and it is as it was. */
bool tag_picture_resize(struct tag_picture *picture, int width, int height);
/* What the client knows; now: as it counts time. */
void tag_picture_paint(struct tag_picture *picture, const struct tag_client *client, uint64_t now);

#endif
