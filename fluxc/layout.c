#include "layout.h"

#include "figures.h"
#include "font.h"

#include <limits.h>
#include <string.h>

enum {
    ROOM_MIN = 260,  /* below that nothing is broken into lines */
    NAME_SHOWN = 36, /* characters of a name that are shown */
    BOX_PAD = 15,
    BOX_HEIGHT = 38,
    BOX_MIN = 64,
    CHIP_GAP = 5,
    CHIP_ROOM = 230, /* chips in a box break into rows */
    TITLE_HEIGHT = 26
};

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static const char *shortened(struct arena *arena, const char *text)
{
    return strlen(text) <= NAME_SHOWN
               ? text
               : arena_printf(arena, "%.*s\xe2\x80\xa6", NAME_SHOWN - 1, text);
}

/* ---- chips ----------------------------------------------------------------------------------- */

static void add_chip(struct arena *arena, struct layout *layout, enum chip_kind kind,
                     const char *text, const struct lock *lock)
{
    struct chip chip = {.kind = kind, .text = shortened(arena, text), .lock = lock};
    chip.width = font_width(chip.text, CHIP_SIZE, false) + (kind == CHIP_AWAIT ? 32 : 12);
    vector_push(arena, &layout->chips, chip);
}

static void add_chips(struct arena *arena, struct layout *layout, const struct shape *shape,
                      const struct source *source)
{
    const struct node *node = shape->node;
    const struct figures *figures = figures_of(shape);
    if (source != NULL && source->parallel)
        add_chip(arena, layout, CHIP_WORD, "parallel", NULL);
    if (source != NULL && source->session != NULL)
        add_chip(arena, layout, CHIP_WORD, arena_printf(arena, "session %s", source->session),
                 NULL);
    if (node->await != NULL)
        add_chip(arena, layout, CHIP_AWAIT, picture_await(arena, node), NULL);
    if (node->blocking)
        add_chip(arena, layout, CHIP_WORD, "blocking", NULL);
    for (unsigned i = 0; i < node->locks.count; i++)
        add_chip(arena, layout, CHIP_LOCK, picture_lock(arena, &node->locks.at[i]),
                 &node->locks.at[i]);
    for (unsigned i = 0; i < FIGURES_TEXTS && figures != NULL; i++)
        if (figures->texts[i] != NULL)
            add_chip(arena, layout, CHIP_FIGURE, figures->texts[i], NULL);
}

/* Sets the chips in rows from x, y; returns how wide the widest is, *bottom where the last ends. */
static int place_chips(struct layout *layout, int x, int y, int room, int *bottom)
{
    int at = 0, width = 0;
    *bottom = layout->chips.count > 0 ? y + CHIP_HEIGHT : y;
    for (unsigned i = 0; i < layout->chips.count; i++) {
        struct chip *chip = &layout->chips.at[i];
        if (at > 0 && at + chip->width > room) {
            at = 0;
            y += CHIP_HEIGHT + CHIP_GAP;
            *bottom = y + CHIP_HEIGHT;
        }
        chip->x = x + at;
        chip->y = y;
        width = larger(width, at + chip->width);
        at += chip->width + CHIP_GAP;
    }
    return width;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

/* A node or reference: the name, and chips below it, centred. */
static void layout_box(struct arena *arena, struct layout *layout, const struct shape *shape,
                       const struct source *source)
{
    int bottom;
    layout->name = shortened(arena, shape->node->name);
    /* what is drawn elsewhere has its chips there */
    if (shape->kind == SHAPE_NODE)
        add_chips(arena, layout, shape, source);
    int chips = place_chips(layout, 0, 30, CHIP_ROOM, &bottom);
    int width = larger(font_width(layout->name, NAME_SIZE, true), chips - 8) + 2 * BOX_PAD;
    if (shape->kind == SHAPE_REFERENCE)
        width += 12;
    if (source != NULL)
        width += 12;
    layout->box_width = larger(width, BOX_MIN);
    layout->box_height = layout->chips.count > 0 ? bottom + 8 : BOX_HEIGHT;
    for (unsigned i = 0; i < layout->chips.count; i++)
        layout->chips.at[i].x += (layout->box_width - chips) / 2;
    layout->in_y = layout->out_y =
        layout->chips.count > 0 ? layout->box_height / 2 : BOX_HEIGHT / 2;
}

static void layout_group(struct arena *arena, struct layout *layout, const struct shape *shape,
                         int room, const struct source *source)
{
    const struct repeat *repeat = shape->node->repeat;
    int pad = GROUP_PAD + (repeat != NULL ? REPEAT_PAD : 0), bottom;
    layout->name = shortened(arena, shape->node->name);
    add_chips(arena, layout, shape, source);
    const struct layout *body = layout_shape(arena, shape->parts.at[0], room - 2 * pad, NULL);

    int title = 12 + font_width(layout->name, TITLE_SIZE, true) + 10;
    int beside = larger(body->width + 2 * pad - title - 10, 160);
    int chips = place_chips(layout, title, 6, beside, &bottom);
    int top = larger(TITLE_HEIGHT, bottom + 8);
    layout->box_width = larger(body->width + 2 * pad, title + (chips > 0 ? chips + 10 : 4));
    if (repeat != NULL) {
        const char *patterns =
            picture_patterns(arena, repeat->patterns, shape->node->outputs.count);
        layout->repeat = shortened(arena, arena_printf(arena, "repeat %s", patterns));
        layout->box_width =
            larger(layout->box_width, font_width(layout->repeat, CHIP_SIZE, false) + 2 * pad + 50);
    }
    layout->at = arena_alloc(arena, sizeof *layout->at);
    layout->at[0].x = pad;
    layout->at[0].y = top;
    layout->in_y = top + body->in_y;
    layout->out_y = top + body->out_y;
    layout->box_height = top + body->height + (repeat != NULL ? REPEAT_HEIGHT : 14);
}

/* Breaks the parts into lines no wider than `limit`; how many. layout: NULL to count only. */
static unsigned break_at(struct arena *arena, struct layout *layout, const struct shape *shape,
                         int limit)
{
    struct layout_line line = {0};
    unsigned count = 1;
    int width = 0;
    for (unsigned i = 0; i < shape->parts.count; i++) {
        const struct layout *part = shape->parts.at[i]->layout;
        if (line.count > 0 && width + GAP + part->width > limit) {
            if (layout != NULL)
                vector_push(arena, &layout->lines, line);
            line = (struct layout_line){.first = i};
            width = 0;
            count++;
        }
        width += part->width + (line.count > 0 ? GAP : 0);
        line.count++;
    }
    if (layout != NULL)
        vector_push(arena, &layout->lines, line);
    return count;
}

/* Breaks the parts into lines that fit, as few as can be and about equally wide. What is hardly too
 * wide stays in one piece. */
static void break_lines(struct arena *arena, struct layout *layout, const struct shape *shape,
                        int room)
{
    int narrow = 0, wide = room + room / 4;
    if (room < ROOM_MIN)
        wide = INT_MAX / 2;
    unsigned count = break_at(arena, NULL, shape, wide);
    if (count > 1)
        count = break_at(arena, NULL, shape, wide = room);
    while (wide - narrow > 1 && count > 1) {
        int middle = narrow + (wide - narrow) / 2;
        if (break_at(arena, NULL, shape, middle) > count)
            narrow = middle;
        else
            wide = middle;
    }
    break_at(arena, layout, shape, wide);
}

/* The parts of a line, each entered where the one before is left. `y` is counted from where the
 * line begins, which is moved afterwards. Returns the width. */
static int place_line(struct layout *layout, const struct shape *shape, struct layout_line *line,
                      int x)
{
    int level = 0;
    for (unsigned i = line->first; i < line->first + line->count; i++) {
        const struct layout *part = shape->parts.at[i]->layout;
        layout->at[i].x = x;
        layout->at[i].y = level - part->in_y;
        if (i == line->first || layout->at[i].y < line->top)
            line->top = layout->at[i].y;
        if (i == line->first || layout->at[i].y + part->height > line->bottom)
            line->bottom = layout->at[i].y + part->height;
        level += part->out_y - part->in_y;
        x += part->width + GAP;
    }
    return x - GAP;
}

static void layout_sequence(struct arena *arena, struct layout *layout, struct shape *shape,
                            int room)
{
    unsigned count = shape->parts.count;
    for (unsigned i = 0; i < count; i++)
        layout_shape(arena, shape->parts.at[i], room - 2 * WRAP_PAD, NULL);
    layout->at = arena_alloc(arena, count * sizeof *layout->at);
    break_lines(arena, layout, shape, room - 2 * WRAP_PAD);

    bool wrapped = layout->lines.count > 1;
    int y = 0;
    for (unsigned l = 0; l < layout->lines.count; l++) {
        struct layout_line *line = &layout->lines.at[l];
        int right = place_line(layout, shape, line, wrapped ? WRAP_PAD : 0);
        layout->width = larger(layout->width, right + (wrapped ? WRAP_PAD : 0));
        int move = y - line->top;
        for (unsigned i = line->first; i < line->first + line->count; i++)
            layout->at[i].y += move;
        line->bottom += move;
        line->top = y;
        y = line->bottom + WRAP_GAP;
    }
    layout->height = y - WRAP_GAP;
    const struct layout *first = shape->parts.at[0]->layout;
    const struct layout *last = shape->parts.at[count - 1]->layout;
    layout->in_y = layout->at[0].y + first->in_y;
    layout->out_y = layout->at[count - 1].y + last->out_y;
}

/* "[_, _, hit]"; of many fields, just those that are asked: "hit(request)". */
static const char *arm_label(struct arena *arena, const struct node *node, unsigned arm)
{
    const struct pattern *patterns = node->arms[arm].patterns;
    const char *text = picture_patterns(arena, patterns, node->inputs.count);
    if (strlen(text) <= NAME_SHOWN)
        return text;
    text = "";
    for (unsigned i = 0; i < node->inputs.count && strlen(text) <= NAME_SHOWN; i++)
        if (patterns[i].predicate != NULL)
            text = arena_printf(arena, "%s%s%s(%s)", text, *text != '\0' ? ", " : "",
                                patterns[i].predicate->name, node->inputs.at[i].name);
    return *text == '\0' ? "[_, ...]" : shortened(arena, text);
}

static void layout_choice(struct arena *arena, struct layout *layout, struct shape *shape, int room)
{
    unsigned count = shape->parts.count;
    int y = 0, right = 0;
    layout->at = arena_alloc(arena, count * sizeof *layout->at);
    layout->labels = arena_alloc(arena, count * sizeof *layout->labels);
    layout->label_widths = arena_alloc(arena, count * sizeof *layout->label_widths);
    for (unsigned i = 0; i < count; i++) {
        layout->labels[i] = arm_label(arena, shape->node, i);
        if (shape->node->figures != NULL && shape->node->figures->arm_shares != NULL)
            layout->labels[i] = arena_printf(arena, "%s  %s", layout->labels[i],
                                             shape->node->figures->arm_shares[i]);
        layout->label_widths[i] = font_width(layout->labels[i], CHIP_SIZE, false) + 16;
        int left = CHOICE_LEFT + layout->label_widths[i] + 20;
        const struct layout *arm =
            layout_shape(arena, shape->parts.at[i], room - left - CHOICE_RIGHT, NULL);
        int above = larger(arm->in_y, CHIP_HEIGHT / 2 + 2); /* the patterns are as high as that */
        layout->at[i].x = left;
        layout->at[i].y = y + above - arm->in_y;
        right = larger(right, left + arm->width);
        y += larger(above - arm->in_y + arm->height, above + CHIP_HEIGHT / 2 + 2) + CHOICE_GAP;
    }
    const struct layout *first = shape->parts.at[0]->layout;
    layout->width = right + CHOICE_RIGHT;
    layout->height = y - CHOICE_GAP;
    layout->in_y = layout->at[0].y + first->in_y;
    layout->out_y = layout->at[0].y + first->out_y;
}

/* A box or group, and its handler below it. */
static void add_handler(struct arena *arena, struct layout *layout, const struct shape *shape,
                        int room)
{
    layout->width = layout->box_width;
    layout->height = layout->box_height;
    if (shape->handler == NULL)
        return;
    const struct layout *handler =
        layout_shape(arena, shape->handler, room - HANDLER_INDENT - END_WIDTH, NULL);
    layout->width = larger(layout->box_width + (shape->node->handler->ends ? 0 : END_WIDTH),
                           HANDLER_INDENT + handler->width + END_WIDTH);
    layout->height = layout->box_height + HANDLER_DROP + handler->height;
}

struct layout *layout_shape(struct arena *arena, struct shape *shape, int room,
                            const struct source *source)
{
    struct layout *layout = arena_alloc(arena, sizeof *layout);
    shape->layout = layout;
    switch (shape->kind) {
    case SHAPE_NODE:
    case SHAPE_REFERENCE:
        layout_box(arena, layout, shape, source);
        add_handler(arena, layout, shape, room);
        break;
    case SHAPE_GROUP:
        layout_group(arena, layout, shape, room, source);
        add_handler(arena, layout, shape, room);
        break;
    case SHAPE_SEQUENCE:
        layout_sequence(arena, layout, shape, room);
        break;
    case SHAPE_CHOICE:
        layout_choice(arena, layout, shape, room);
        break;
    case SHAPE_LINE:
        layout->width = 24;
        layout->height = 2;
        layout->in_y = layout->out_y = 1;
        break;
    }
    return layout;
}
