#include "draw.h"

#include "figures.h"
#include "font.h"

/* One colour for each constraint, by its rank; nine are told apart, then they come again. */
static const char *lock_colour(const struct lock *lock)
{
    static const char *const colours[] = {"#0b7285", "#9c36b5", "#2b8a3e", "#c2410c", "#1864ab",
                                          "#a61e4d", "#5f6b00", "#6741d9", "#7a4a1e"};
    return colours[lock->constraint->rank % (sizeof colours / sizeof colours[0])];
}

/* ---- boxes ----------------------------------------------------------------------------------- */

static const char *class_of(enum role role)
{
    return role == ROLE_HANDLER ? " fails" : role == ROLE_LAST ? " last" : "";
}

/* A constraint: filled excludes everybody, outlined is shared with readers; dashed has been added
 * by the compiler (R31). */
static void draw_lock(struct drawing *drawing, const struct chip *chip, int x, int y)
{
    const struct lock *lock = chip->lock;
    const char *colour = lock_colour(lock);
    bool filled = lock->write && lock->declared;
    svg_pill(drawing->out, filled ? colour : "#ffffff", colour, !lock->declared, x, y, chip->width);
    svg_text(drawing->out, "chip", filled ? "#ffffff" : colour, x + chip->width / 2, y + 12,
             chip->text);
    drawing->writer |= filled;
    drawing->reader |= !lock->write && lock->declared;
    drawing->added |= !lock->declared;
}

static void draw_chips(struct drawing *drawing, const struct layout *layout, bool on_dark, int x,
                       int y)
{
    for (unsigned i = 0; i < layout->chips.count; i++) {
        const struct chip *chip = &layout->chips.at[i];
        int left = x + chip->x, top = y + chip->y;
        if (chip->kind == CHIP_LOCK) {
            draw_lock(drawing, chip, left, top);
            continue;
        }
        if (chip->kind == CHIP_FIGURE) {
            svg_text(drawing->out, "figure", on_dark ? "#ffffff" : NULL, left + chip->width / 2,
                     top + 12, chip->text);
            continue;
        }
        bool await = chip->kind == CHIP_AWAIT;
        svg_pill(drawing->out, "#f0f4f8", "#9aa5b1", false, left, top, chip->width);
        if (await)
            svg_clock(drawing->out, "#3e4c59", left + 12, top + 8);
        svg_text(drawing->out, "chip", "#3e4c59", left + chip->width / 2 + (await ? 10 : 0),
                 top + 12, chip->text);
        drawing->await |= await;
    }
}

/* The begin of a rectangle that tells more when pointed at. */
static void draw_frame(struct drawing *drawing, const struct shape *shape, const char *class,
                       enum role role, int x, int y, int radius)
{
    const struct layout *layout = shape->layout;
    const struct node *node = shape->node;
    text_print(drawing->out,
               "  <rect class=\"%s%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
               "rx=\"%d\"",
               class, class_of(role), x, y, layout->box_width, layout->box_height, radius);
    char fill[8];
    if (shape->kind == SHAPE_NODE && role != ROLE_SOURCE && figures_fill(shape, fill) != NULL)
        text_print(drawing->out, " style=\"fill: %s\"", fill);
    text_print(drawing->out, "><title>");
    svg_escape(drawing->out, picture_signature(drawing->arena, node));
    text_print(drawing->out, "  (");
    svg_escape(drawing->out, node->span.file->name);
    text_print(drawing->out, ":%u)</title></rect>\n",
               source_position(node->span.file, node->span.begin).line);
}

static void draw_box(struct drawing *drawing, const struct shape *shape, int x, int y,
                     enum role role)
{
    const struct layout *layout = shape->layout;
    int width = layout->box_width, height = layout->box_height;
    bool source = role == ROLE_SOURCE;
    draw_frame(drawing, shape, source ? "source" : "box", role, x, y, source ? 19 : 7);
    if (shape->kind == SHAPE_REFERENCE) {
        for (int edge = x + 6; edge < x + width; edge += width - 12)
            svg_line(drawing->out, class_of(role), (struct point){edge, y},
                     (struct point){edge, y + height});
        drawing->reference = true;
    }
    svg_text(drawing->out, "name", source ? "#ffffff" : NULL, x + width / 2,
             y + (layout->chips.count > 0 ? 21 : height / 2 + 5), layout->name);
    draw_chips(drawing, layout, source, x, y);
    if (role != ROLE_SOURCE)
        svg_head(drawing->out, role == ROLE_HANDLER ? SVG_FAILS : SVG_LINE, x, y + layout->in_y);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

/* The way back of a `repeat`, around the body and below it. */
static void draw_repeat(struct drawing *drawing, const struct layout *layout, int x, int y)
{
    int left = x + REPEAT_PAD, right = x + layout->box_width - REPEAT_PAD;
    int in = y + layout->in_y, out = y + layout->out_y, bottom = y + layout->box_height - 15;
    int width = font_width(layout->repeat, CHIP_SIZE, false) + 18, middle = (left + right) / 2;
    SVG_CORNERS(drawing->out, " turn", {right - 12, out}, {right, out}, {right, bottom},
                {left, bottom}, {left, in}, {left + 12, in});
    svg_head_up(drawing->out, SVG_TURN, left, (in + bottom) / 2);
    svg_pill(drawing->out, "#f5f0fb", SVG_TURN, false, middle - width / 2, bottom - 8, width);
    svg_text(drawing->out, "chip", "#5a3690", middle, bottom + 4, layout->repeat);
    drawing->repeat = true;
}

static void draw_group(struct drawing *drawing, const struct shape *shape, int x, int y,
                       enum role role)
{
    const struct layout *layout = shape->layout, *body = shape->parts.at[0]->layout;
    int left = x + layout->at[0].x, right = x + layout->box_width;
    int in = y + layout->in_y, out = y + layout->out_y;
    draw_frame(drawing, shape, role == ROLE_SOURCE ? "group birth" : "group", role, x, y, 11);
    svg_text(drawing->out, "title", role == ROLE_HANDLER ? "#8a2a20" : NULL, x + 12, y + 18,
             layout->name);
    draw_chips(drawing, layout, false, x, y);
    if (layout->repeat != NULL)
        draw_repeat(drawing, layout, x, y);
    const char *class = figures_class(shape);
    svg_line(drawing->out, class, (struct point){x, in}, (struct point){left, in});
    svg_line(drawing->out, class, (struct point){left + body->width, out},
             (struct point){right, out});
    draw_shape(drawing, shape->parts.at[0], left, y + layout->at[0].y,
               role == ROLE_HANDLER ? role : ROLE_STEP);
}

/* From the end of line l around it, back below it, and into the next. */
static void draw_wrap(struct drawing *drawing, const struct shape *shape, unsigned l, int x, int y,
                      struct point from)
{
    const struct layout *layout = shape->layout;
    unsigned next = layout->lines.at[l + 1].first;
    const struct layout *part = shape->parts.at[next]->layout;
    int in = y + layout->at[next].y + part->in_y;
    int between = y + layout->lines.at[l].bottom + WRAP_GAP / 2;
    SVG_CORNERS(drawing->out, figures_class(shape->parts.at[next]), from,
                {from.x + WRAP_PAD - 4, from.y}, {from.x + WRAP_PAD - 4, between}, {x + 4, between},
                {x + 4, in}, {x + layout->at[next].x, in});
}

static void draw_sequence(struct drawing *drawing, const struct shape *shape, int x, int y,
                          enum role role)
{
    const struct layout *layout = shape->layout;
    struct point level = {x, y + layout->in_y}; /* where the line has come to */
    for (unsigned l = 0; l < layout->lines.count; l++) {
        const struct layout_line *line = &layout->lines.at[l];
        for (unsigned i = line->first; i < line->first + line->count; i++) {
            const struct layout *part = shape->parts.at[i]->layout;
            int left = x + layout->at[i].x, top = y + layout->at[i].y;
            if (i > line->first || l == 0)
                svg_line(drawing->out, figures_class(shape->parts.at[i]), level,
                         (struct point){left, level.y});
            draw_shape(drawing, shape->parts.at[i], left, top, role);
            level = (struct point){left + part->width, top + part->out_y};
        }
        if (l + 1 < layout->lines.count)
            draw_wrap(drawing, shape, l, x, y, level);
    }
    svg_line(drawing->out, figures_class(shape->parts.at[shape->parts.count - 1]), level,
             (struct point){x + layout->width, level.y});
}

static void draw_choice(struct drawing *drawing, const struct shape *shape, int x, int y,
                        enum role role)
{
    const struct layout *layout = shape->layout;
    struct point fork = {x + 12, y + layout->in_y};
    struct point join = {x + layout->width - 10, y + layout->out_y};
    svg_line(drawing->out, figures_class(shape), (struct point){x, fork.y}, fork);
    svg_line(drawing->out, figures_class(shape), join, (struct point){x + layout->width, join.y});
    for (unsigned i = 0; i < shape->parts.count; i++) {
        const struct layout *arm = shape->parts.at[i]->layout;
        int left = x + layout->at[i].x, top = y + layout->at[i].y;
        struct point in = {left, top + arm->in_y}, out = {left + arm->width, top + arm->out_y};
        int label = x + CHOICE_LEFT, width = layout->label_widths[i];
        const char *class = figures_arm_class(shape->node, i);
        SVG_CORNERS(drawing->out, class, fork, {fork.x, in.y}, in);
        SVG_CORNERS(drawing->out, class, out, {join.x, out.y}, join);
        svg_pill(drawing->out, "#fff6e0", "#d99a1c", false, label, in.y - SVG_PILL / 2, width);
        svg_text(drawing->out, "chip", "#7a5200", label + width / 2, in.y + 4, layout->labels[i]);
        draw_shape(drawing, shape->parts.at[i], left, top, role);
    }
    svg_fork(drawing->out, fork.x, fork.y);
    drawing->fork = true;
}

/* From below a shape to its handler; one that recovers comes back to the line. */
static void draw_handler(struct drawing *drawing, const struct shape *shape, int x, int y)
{
    const struct layout *layout = shape->layout, *handler = shape->handler->layout;
    int left = x + HANDLER_INDENT, top = y + layout->box_height + HANDLER_DROP, down = x + 14;
    struct point in = {left, top + handler->in_y};
    struct point out = {left + handler->width, top + handler->out_y};
    SVG_CORNERS(drawing->out, " fails", {down, y + layout->box_height}, {down, in.y}, in);
    svg_head(drawing->out, SVG_FAILS, in.x, in.y);
    draw_shape(drawing, shape->handler, left, top, ROLE_HANDLER);
    if (shape->node->handler->ends) {
        svg_line(drawing->out, " fails", out, (struct point){out.x + 10, out.y});
        svg_stop(drawing->out, SVG_FAILS, out.x + 17, out.y);
    } else {
        struct point back = {x + layout->width - END_WIDTH / 2, y + layout->out_y};
        SVG_CORNERS(drawing->out, " fails", out, {back.x, out.y}, back);
        svg_head_up(drawing->out, SVG_FAILS, back.x, back.y + 1);
    }
    drawing->handler = true;
}

void draw_shape(struct drawing *drawing, const struct shape *shape, int x, int y, enum role role)
{
    const struct layout *layout = shape->layout;
    switch (shape->kind) {
    case SHAPE_NODE:
    case SHAPE_REFERENCE:
        draw_box(drawing, shape, x, y, role);
        break;
    case SHAPE_GROUP:
        draw_group(drawing, shape, x, y, role);
        break;
    case SHAPE_SEQUENCE:
        draw_sequence(drawing, shape, x, y, role);
        return;
    case SHAPE_CHOICE:
        draw_choice(drawing, shape, x, y, role);
        return;
    case SHAPE_LINE:
        svg_line(drawing->out, "", (struct point){x, y + layout->in_y},
                 (struct point){x + layout->width, y + layout->out_y});
        return;
    }
    svg_line(drawing->out, figures_class(shape),
             (struct point){x + layout->box_width, y + layout->out_y},
             (struct point){x + layout->width, y + layout->out_y});
    if (shape->handler != NULL)
        draw_handler(drawing, shape, x, y);
}
