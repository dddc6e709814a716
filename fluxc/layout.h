/* layout.h - where the shapes of a picture stand, in pixels, for emit_svg.
 *
 * Drawn like a railway: a line enters each shape at its left and leaves it at its right. A sequence
 * that is too wide goes on in a line below; the arms of a choice stand one below the other, the
 * first on the line; a handler stands below what it handles.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "arena.h"
#include "picture.h"

/* Measures that drawing needs too. */
enum {
    NAME_SIZE = 14,  /* of the text of a node */
    TITLE_SIZE = 12, /* of a group */
    CHIP_SIZE = 11,
    CHIP_HEIGHT = 17,
    GAP = 30, /* between two parts of a sequence: room for an arrow */
    GROUP_PAD = 16,
    REPEAT_PAD = 14, /* more, on both sides, for the way back */
    REPEAT_HEIGHT = 30,
    HANDLER_INDENT = 30,
    HANDLER_DROP = 16,
    CHOICE_LEFT = 30, /* from the fork to the patterns */
    CHOICE_RIGHT = 24,
    CHOICE_GAP = 14,
    WRAP_PAD = 18,
    WRAP_GAP = 34,
    END_WIDTH = 26 /* the mark where a flow ends */
};

enum chip_kind { CHIP_LOCK, CHIP_AWAIT, CHIP_WORD, CHIP_FIGURE };

/* A small label: a constraint, an await, a word, a figure. */
struct chip {
    enum chip_kind kind;
    const char *text;
    const struct lock *lock; /* of a constraint */
    int x, y, width;         /* from the shape's upper left corner */
};

/* A line of a sequence: parts first .. first + count - 1, each at x[i], y[i]. */
struct layout_line {
    unsigned first, count;
    int top, bottom; /* of its parts */
};

struct layout {
    int width, height;
    int in_y, out_y;           /* of the line as it enters and leaves, from the top */
    const char *name;          /* as it is shown */
    int box_width, box_height; /* of the node, reference or group without its handler */
    VECTOR(struct chip) chips;
    const char *repeat; /* of a group: what is written on the way back; NULL */
    VECTOR(struct layout_line) lines;
    struct place_at {
        int x, y;
    } * at;              /* of each part: its upper left corner */
    const char **labels; /* of each arm: its patterns */
    int *label_widths;
};

/* room: how wide it should be at most; what cannot be narrower is wider. source: the shape is the
 * source's node; NULL. */
struct layout *layout_shape(struct arena *arena, struct shape *shape, int room,
                            const struct source *source);

#endif
