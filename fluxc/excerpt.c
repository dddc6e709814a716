#include "excerpt.h"

#include "utf8.h"

#include <string.h>

/* A line of up to LINE_WHOLE bytes is shown whole; of a longer one, as much as fits around the
 * caret. */
enum { LINE_WHOLE = 160, LINE_BEFORE = 60, LINE_AFTER = 80, TAB = 8 };

/* One character as shown. */
struct shape {
    size_t bytes;   /* it takes in the text */
    unsigned code;  /* code point, or the byte where it is no UTF-8 */
    unsigned width; /* columns on the terminal */
    bool shown;     /* as it is; else as <..> */
};

struct range {
    unsigned first, last;
};

static bool within(const struct range *ranges, size_t count, unsigned code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}
#define WITHIN(ranges, code) within(ranges, sizeof(ranges) / sizeof(ranges)[0], code)

/* C0, DEL and C1 controls; marks that turn the direction of writing (and could make a line read as
 * something it is not); line and paragraph separators; the byte order mark. */
static const struct range hidden[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},
                                      {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
                                      {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
/* East Asian wide characters and pictographs take two columns, combining marks none. */
static const struct range wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0xa4cf},
                                    {0xac00, 0xd7a3},   {0xf900, 0xfaff},  {0xfe30, 0xfe6f},
                                    {0xff00, 0xff60},   {0xffe0, 0xffe6},  {0x1f300, 0x1f64f},
                                    {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
static const struct range combining[] = {
    {0x300, 0x36f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f}};

static struct shape shape_at(const char *bytes, size_t size)
{
    struct shape shape = {.width = 1};
    shape.bytes = utf8_decode(bytes, size, &shape.code);
    shape.shown = shape.bytes > 0 && !WITHIN(hidden, shape.code);
    if (shape.bytes == 0) {
        shape.bytes = 1;
        shape.code = (unsigned char)bytes[0];
    }
    if (!shape.shown) /* "<1B>", "<U+202E>" */
        shape.width = shape.code < 0x100 ? 4 : shape.code < 0x10000 ? 8 : 9;
    else if (shape.code >= 0x300)
        shape.width = WITHIN(wide, shape.code) ? 2 : WITHIN(combining, shape.code) ? 0 : 1;
    return shape;
}

static void print_shape(struct text *out, const char *bytes, const struct shape *shape)
{
    if (shape->shown)
        text_write(out, bytes, shape->bytes);
    else if (shape->code < 0x100)
        text_print(out, "<%02X>", shape->code);
    else
        text_print(out, "<U+%04X>", shape->code);
}

void excerpt_escape(struct text *out, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t plain = i;
        while (plain < size && bytes[plain] >= ' ' && bytes[plain] < 0x7f)
            plain++;
        text_write(out, bytes + i, plain - i);
        if ((i = plain) == size)
            return;
        struct shape shape = shape_at(bytes + i, size - i);
        print_shape(out, bytes + i, &shape);
        i += shape.bytes;
    }
}

/* The part of a line that is shown, in bytes from the line's beginning, on whole characters. */
struct window {
    size_t begin, end;
    bool cut_before, cut_after;
};

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static struct window window_of(const char *line, size_t length, size_t caret)
{
    struct window window = {.end = length};
    if (length <= LINE_WHOLE)
        return window;
    if (caret > LINE_BEFORE + 20) { /* cutting less would save nothing */
        window.begin = caret - LINE_BEFORE;
        window.cut_before = true;
        for (int i = 0; i < 3 && continues(line[window.begin]); i++)
            window.begin++;
    }
    if (length - caret > LINE_AFTER + 20) {
        window.end = caret + LINE_AFTER;
        window.cut_after = true;
        for (int i = 0; i < 3 && continues(line[window.end]); i++)
            window.end--;
    }
    return window;
}

static unsigned width_at(const char *line, size_t length, size_t at, unsigned column,
                         struct shape *shape)
{
    *shape = shape_at(line + at, length - at);
    return line[at] == '\t' ? TAB - column % TAB : shape->width;
}

static void repeat(struct text *out, char byte, unsigned count)
{
    for (; count > 0; count--)
        text_write(out, &byte, 1);
}

void excerpt_print(struct text *out, struct span span, const char *replacement,
                   const struct excerpt_style *style)
{
    struct position position = source_position(span.file, span.begin);
    size_t length;
    const char *line = source_line(span.file, position.line, &length);
    size_t first = position.column - 1; /* bytes from the beginning of the line */
    size_t last = first + (span.end > span.begin ? span.end - span.begin : 1);
    if (first > length)
        first = length;
    struct window window = window_of(line, length, first);

    /* The line, noting between which columns the carets stand. A span that goes on in the next line
     * is marked to the end of this one; one at the end of a line gets a caret behind it. */
    unsigned column = 0, from = 0, to = 0;
    text_print(out, "%5u | ", position.line);
    if (window.cut_before) {
        text_print(out, "...");
        column = 3;
    }
    for (size_t i = window.begin; i < window.end;) {
        struct shape shape;
        unsigned width = width_at(line, length, i, column, &shape);
        if (i <= first)
            from = column;
        if (line[i] == '\t')
            repeat(out, ' ', width);
        else
            print_shape(out, line + i, &shape);
        i += shape.bytes;
        column += width;
        if (i <= last || to == 0)
            to = column;
    }
    if (first >= window.end)
        from = column;
    text_print(out, "%s\n", window.cut_after ? "..." : "");

    text_print(out, "      | ");
    repeat(out, ' ', from);
    text_print(out, "%s^", style->mark);
    if (to > from)
        repeat(out, '~', to - from - 1);
    text_print(out, "%s\n", style->off);
    if (replacement != NULL) {
        text_print(out, "      | ");
        repeat(out, ' ', from);
        text_print(out, "%s", style->fix);
        excerpt_escape(out, replacement, strlen(replacement));
        text_print(out, "%s\n", style->off);
    }
}
