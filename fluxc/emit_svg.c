/* emit_svg.c - the flow graph as a picture: --emit=svg. picture.c says what is in it, layout.c
 * where each shape stands, draw.c and svg.c how it looks; here are the rows, one below the other,
 * and the legend.
 */
#include "draw.h"
#include "figures.h"
#include "font.h"
#include "passes.h"

enum {
    MARGIN = 28,
    HEADING = 44,
    ROOM = 1480, /* of a row; what cannot be broken is wider */
    ROW_GAP = 34,
    SOURCE_GAP = 16,
    BIRTH = 46, /* from a source to its flow */
    LAST = 76,  /* from the end of a flow to what `finally` runs */
    LEGEND_ROW = 24
};

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* A row laid out. Sources and what follows their flows stand in columns, the first of each on the
 * line, as the flow does. */
struct placed {
    const struct row *row;
    struct layout **origins; /* of each source */
    const char *label;       /* where there is no source */
    int first_width, last_width;
    int up, height, width; /* up: from the top to the line */
};

/* A clock has no node: it is drawn like one. */
static struct layout *layout_clock(struct arena *arena, const struct source *source)
{
    struct layout *layout = arena_alloc(arena, sizeof *layout);
    layout->name = source->name;
    layout->width = layout->box_width = font_width(source->name, NAME_SIZE, true) + 56;
    layout->height = layout->box_height = 38;
    layout->in_y = layout->out_y = 19;
    return layout;
}

static void draw_clock(struct drawing *drawing, const struct layout *layout, int x, int y)
{
    text_print(drawing->out,
               "  <rect class=\"source\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
               "rx=\"19\"/>\n",
               x, y, layout->box_width, layout->box_height);
    svg_clock(drawing->out, "#ffffff", x + 21, y + 19);
    svg_text(drawing->out, "name", "#ffffff", x + layout->box_width / 2 + 9, y + 24, layout->name);
}

static struct placed place_row(struct arena *arena, const struct row *row)
{
    static const char *const labels[] = {[ROW_DEFAULT_HANDLER] = "any other error",
                                         [ROW_INITIAL] = "at the beginning",
                                         [ROW_FINAL] = "at the end"};
    struct placed placed = {.row = row};
    unsigned count = row->sources.count;
    int below = 0, last_below = 0;
    if (row->kind != ROW_FLOW && row->kind != ROW_DEFINITION) {
        placed.label = labels[row->kind];
        placed.first_width = font_width(placed.label, CHIP_SIZE, false) + 20;
        placed.up = below = SVG_PILL;
    }
    placed.origins = arena_alloc(arena, count * sizeof *placed.origins);
    for (unsigned i = 0; i < count; i++) {
        const struct source *source = row->sources.at[i];
        struct layout *origin = placed.origins[i] =
            row->origins.at[i] != NULL ? layout_shape(arena, row->origins.at[i], ROOM / 2, source)
                                       : layout_clock(arena, source);
        placed.first_width = larger(placed.first_width, origin->width);
        placed.up = i == 0 ? origin->out_y : placed.up;
        below += origin->height + (i > 0 ? SOURCE_GAP : -origin->out_y);
        if (row->lasts.at[i] == NULL)
            continue;
        const struct layout *last = layout_shape(arena, row->lasts.at[i], ROOM / 3, NULL);
        placed.last_width = larger(placed.last_width, last->width + LAST);
        placed.up = larger(placed.up, last->in_y);
        last_below += last->height + SOURCE_GAP;
    }
    int left = placed.first_width + (placed.first_width > 0 ? BIRTH : 0);
    const struct layout *flow =
        layout_shape(arena, row->shape, ROOM - left - placed.last_width - END_WIDTH, NULL);
    placed.up = larger(placed.up, flow->in_y);
    placed.width = left + flow->width + END_WIDTH + placed.last_width;
    int above_out = flow->in_y - flow->out_y;
    placed.height =
        placed.up + larger(larger(below, flow->height - flow->in_y), last_below - above_out);
    return placed;
}

/* The sources, a line from each to where the flow begins. */
static void draw_sources(struct drawing *drawing, const struct placed *placed, int y)
{
    const struct row *row = placed->row;
    int line = y + placed->up, top = 0;
    struct point begin = {MARGIN + placed->first_width + BIRTH, line};
    for (unsigned i = 0; i < row->sources.count; i++) {
        const struct layout *origin = placed->origins[i];
        top = i == 0 ? line - origin->out_y : top;
        struct point from = {MARGIN + origin->width, top + origin->out_y};
        int bend = begin.x - BIRTH / 2;
        if (i == 0)
            svg_line(drawing->out, " birth", from, (struct point){begin.x - 4, line});
        else
            SVG_CORNERS(drawing->out, " birth", from, {bend, from.y}, {bend, line});
        if (row->origins.at[i] != NULL)
            draw_shape(drawing, row->origins.at[i], MARGIN, top, ROLE_SOURCE);
        else
            draw_clock(drawing, origin, MARGIN, top);
        top += origin->height + SOURCE_GAP;
    }
    svg_head(drawing->out, SVG_BIRTH, begin.x, begin.y);
}

static void draw_label(struct drawing *drawing, const struct placed *placed, int y)
{
    bool fails = placed->row->kind == ROW_DEFAULT_HANDLER;
    const char *colour = fails ? SVG_FAILS : SVG_LINE;
    int line = y + placed->up, right = MARGIN + placed->first_width;
    svg_pill(drawing->out, fails ? "#fdf4f3" : "#f0f4f8", colour, fails, MARGIN,
             line - SVG_PILL / 2, placed->first_width);
    svg_text(drawing->out, "chip", colour, MARGIN + placed->first_width / 2, line + 4,
             placed->label);
    svg_line(drawing->out, fails ? " fails" : "", (struct point){right, line},
             (struct point){right + BIRTH - 4, line});
}

/* What runs when flows have ended (R44). */
static void draw_lasts(struct drawing *drawing, const struct placed *placed, struct point end)
{
    const struct row *row = placed->row;
    int top = 0;
    bool first = true;
    for (unsigned i = 0; i < row->sources.count; i++) {
        if (row->lasts.at[i] == NULL)
            continue;
        const struct layout *last = row->lasts.at[i]->layout;
        struct point to = {end.x + LAST, 0};
        top = first ? end.y - last->in_y : top;
        to.y = top + last->in_y;
        if (first) {
            svg_line(drawing->out, " last", end, to);
            svg_text(drawing->out, "small", NULL, end.x + 24, end.y - 7, "finally");
        } else {
            SVG_CORNERS(drawing->out, " last", {end.x + 14, end.y}, {end.x + 14, to.y}, to);
            svg_text(drawing->out, "small", NULL, end.x + 24, to.y - 7, "finally");
        }
        draw_shape(drawing, row->lasts.at[i], to.x, top, ROLE_LAST);
        top += last->height + SOURCE_GAP;
        first = false;
    }
}

static void draw_row(struct drawing *drawing, const struct placed *placed, int y)
{
    const struct row *row = placed->row;
    const struct layout *flow = row->shape->layout;
    int left = MARGIN + placed->first_width + (placed->first_width > 0 ? BIRTH : 0);
    int top = y + placed->up - flow->in_y;
    if (row->sources.count > 0)
        draw_sources(drawing, placed, y);
    else if (placed->label != NULL)
        draw_label(drawing, placed, y);
    bool fails = row->kind == ROW_DEFAULT_HANDLER;
    draw_shape(drawing, row->shape, left, top, fails ? ROLE_HANDLER : ROLE_STEP);
    if (row->kind != ROW_FLOW && !fails)
        return;
    struct point end = {left + flow->width, top + flow->out_y};
    svg_line(drawing->out, fails ? " fails" : "", end, (struct point){end.x + 12, end.y});
    end.x += END_WIDTH - 7;
    svg_stop(drawing->out, fails ? SVG_FAILS : SVG_LINE, end.x, end.y);
    draw_lasts(drawing, placed, (struct point){end.x + 7, end.y});
}

/* ---- the legend ------------------------------------------------------------------------------ */

enum { SAMPLE = 30, ENTRY_GAP = 28 };

static void sample_fork(struct text *out, int x, int y)
{
    svg_fork(out, x + SAMPLE / 2, y);
}

static void sample_writer(struct text *out, int x, int y)
{
    svg_pill(out, "#0b7285", "#0b7285", false, x, y - 8, SAMPLE);
    svg_text(out, "chip", "#ffffff", x + SAMPLE / 2, y + 4, "c");
}

static void sample_reader(struct text *out, int x, int y)
{
    svg_pill(out, "#ffffff", "#0b7285", false, x, y - 8, SAMPLE);
    svg_text(out, "chip", "#0b7285", x + SAMPLE / 2, y + 4, "c?");
}

static void sample_added(struct text *out, int x, int y)
{
    svg_pill(out, "#ffffff", "#0b7285", true, x, y - 8, SAMPLE);
    svg_text(out, "chip", "#0b7285", x + SAMPLE / 2, y + 4, "c");
}

static void sample_handler(struct text *out, int x, int y)
{
    svg_line(out, " fails", (struct point){x, y}, (struct point){x + SAMPLE - 4, y});
    svg_head(out, SVG_FAILS, x + SAMPLE, y);
}

static void sample_repeat(struct text *out, int x, int y)
{
    SVG_CORNERS(out, " turn", {x + SAMPLE, y - 6}, {x + SAMPLE, y + 6}, {x + 6, y + 6},
                {x + 6, y - 6});
    svg_head_up(out, SVG_TURN, x + 6, y - 6);
}

static void sample_await(struct text *out, int x, int y)
{
    svg_clock(out, "#3e4c59", x + SAMPLE / 2, y);
}

static void sample_reference(struct text *out, int x, int y)
{
    text_print(out, "  <path class=\"box\" d=\"M%d %dh%dv14h-%dzm5 0v14m%d 0v-14\"/>\n", x, y - 7,
               SAMPLE, SAMPLE, SAMPLE - 10);
}

/* Explains what has been drawn, from y down; returns where it ends. */
static int draw_legend(struct drawing *drawing, int y, int right)
{
    const struct {
        bool needed;
        void (*sample)(struct text *out, int x, int y);
        const char *text;
    } entries[] = {
        {drawing->fork, sample_fork, "the first arm that matches"},
        {drawing->writer, sample_writer, "held by one flow"},
        {drawing->reader, sample_reader, "shared by readers"},
        {drawing->added, sample_added, "added by the compiler"},
        {drawing->await, sample_await, "waits, holding no thread"},
        {drawing->repeat, sample_repeat, "goes round while it matches"},
        {drawing->handler, sample_handler, "where an error goes"},
        {drawing->reference, sample_reference, "drawn below"},
    };
    int x = MARGIN;
    bool any = false;
    for (unsigned i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        int width = SAMPLE + 8 + font_width(entries[i].text, CHIP_SIZE, false);
        if (!entries[i].needed)
            continue;
        if (any && x + width > right) {
            x = MARGIN;
            y += LEGEND_ROW;
        }
        entries[i].sample(drawing->out, x, y);
        svg_text(drawing->out, "small", NULL, x + SAMPLE + 8, y + 4, entries[i].text);
        x += width + ENTRY_GAP;
        any = true;
    }
    return any ? y + LEGEND_ROW : y;
}

/* ---- the picture ----------------------------------------------------------------------------- */

void emit_svg(const struct program *program, struct text *out)
{
    struct arena *arena = program->arena;
    const struct picture *picture = picture_of(program);
    if (program->figures != NULL)
        program->figures->annotate(program->figures->context, picture);
    struct placed *placed = arena_alloc(arena, picture->rows.count * sizeof *placed);
    int width = larger(font_width(program->name, 20, true), 520), height;
    for (unsigned i = 0; i < picture->rows.count; i++) {
        placed[i] = place_row(arena, &picture->rows.at[i]);
        width = larger(width, placed[i].width);
    }

    /* The legend's height is known when the rows have been drawn. */
    struct text body = {0};
    struct drawing drawing = {.arena = arena, .out = &body};
    int y = MARGIN + HEADING;
    svg_text(&body, "head", NULL, MARGIN, MARGIN + 18, program->name);
    for (unsigned i = 0; i < picture->rows.count; i++) {
        draw_row(&drawing, &placed[i], y);
        y += placed[i].height + ROW_GAP;
    }
    if (program->figures != NULL) {
        svg_text(&body, "small", NULL, MARGIN + font_width(program->name, 20, true) + 14,
                 MARGIN + 18, program->figures->subtitle);
        figures_legend(program->figures, &body, MARGIN, y + 4);
        y += LEGEND_ROW;
    }
    height = draw_legend(&drawing, y + 4, MARGIN + width) + MARGIN / 2;

    svg_begin(out, program->file->name, width + 2 * MARGIN, height);
    if (program->figures != NULL)
        figures_style(out);
    text_write(out, body.at, body.size);
    svg_end(out);
    if (body.failed != 0)
        out->failed = body.failed;
    text_free(&body);
}
