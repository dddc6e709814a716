#include "table.h"

#include <math.h>
#include <string.h>

#define LAST_MIN 32 /* the room that the last column has at least, or it stands below */
#define BELOW    6

struct cell *table_row(struct table *table)
{
    struct cell *row = arena_alloc(table->arena, table->column_count * sizeof *row);
    vector_push(table->arena, &table->rows, row);
    return row;
}

struct cell cell_text(const char *text)
{
    return (struct cell){.text = text, .known = true};
}

struct cell cell_number(double number)
{
    return (struct cell){.number = number, .known = isfinite(number)};
}

struct cell cell_unknown(void)
{
    return (struct cell){.known = false};
}

/* ---- for people ------------------------------------------------------------------------------ */

/* 12345678 as "12 345 678". */
static void format_count(char buffer[32], double number)
{
    char digits[32];
    if (number >= 1e15) {
        snprintf(buffer, 32, "%.3g", number);
        return;
    }
    int length = snprintf(digits, sizeof digits, "%.0f", number), to = 0;
    for (int i = 0; i < length; i++) {
        buffer[to++] = digits[i];
        if ((length - 1 - i) % 3 == 0 && i + 1 < length && digits[i] != '-')
            buffer[to++] = ' ';
    }
    buffer[to] = '\0';
}

/* Three digits that count. */
static void format_three(char buffer[32], double number, const char *unit)
{
    double size = fabs(number);
    int behind = size == 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    snprintf(buffer, 30, "%.*f%s", behind, number, unit);
}

static void format_time(char buffer[32], double ns)
{
    static const struct {
        double size;
        const char *unit;
    } units[] = {{1, " ns"}, {1e3, " us"}, {1e6, " ms"}, {1e9, " s"}};
    unsigned u = 0;
    while (u < 3 && fabs(ns) >= 999.5 * units[u].size)
        u++;
    format_three(buffer, ns / units[u].size, units[u].unit);
}

const char *format_number(char buffer[32], enum column_kind kind, double number)
{
    switch (kind) {
    case COLUMN_TIME:
        format_time(buffer, number);
        break;
    case COLUMN_SHARE:
        snprintf(buffer, 32, "%.1f %%", 100 * number);
        break;
    case COLUMN_CHANGE:
        snprintf(buffer, 32, number < 9.995 ? "%+.1f %%" : "%+.0f %%", 100 * number);
        break;
    case COLUMN_RATE:
        if (number >= 100) {
            format_count(buffer, number);
            strcat(buffer, "/s");
        } else {
            format_three(buffer, number, "/s");
        }
        break;
    case COLUMN_NUMBER:
        format_three(buffer, number, "");
        break;
    default:
        format_count(buffer, number);
    }
    return buffer;
}

int text_width(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static bool is_left(enum column_kind kind)
{
    return kind == COLUMN_TEXT || kind == COLUMN_LAST;
}

static const char *shown(const struct table *table, const struct cell *cell, unsigned c,
                         char buffer[32])
{
    if (!cell->known)
        return "";
    return is_left(table->columns[c].kind)
               ? cell->text
               : format_number(buffer, table->columns[c].kind, cell->number);
}

static void pad(FILE *out, int width)
{
    fprintf(out, "%*s", width > 0 ? width : 0, "");
}

/* Breaks it at blanks; further lines begin below the first. */
static void print_last(FILE *out, const char *text, int at, int width)
{
    int left = at;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        int wide = 0;
        for (size_t i = 0; i < length; i++)
            wide += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (left > at && left + 1 + wide > width) {
            fputc('\n', out);
            pad(out, at + 2);
            left = at + 2;
        } else if (left > at) {
            fputc(' ', out);
            left++;
        }
        fwrite(text, 1, length, out);
        left += wide;
        text += length + (text[length] == ' ');
    }
}

static void print_row(const struct table *table, FILE *out, const struct cell *row,
                      const int *widths, int width)
{
    int at = 0, owed = 0;
    for (unsigned c = 0; c < table->column_count; c++) {
        char buffer[32];
        const char *text = row != NULL ? shown(table, &row[c], c, buffer) : table->columns[c].name;
        bool last = table->columns[c].kind == COLUMN_LAST;
        int room = widths[c] - text_width(text);
        owed += 2;
        if (*text != '\0') {
            bool below = last && row != NULL && at + LAST_MIN > width;
            if (below) { /* there is no room beside the others */
                fputc('\n', out);
                pad(out, BELOW);
            } else {
                pad(out, owed + (is_left(table->columns[c].kind) ? 0 : room));
            }
            if (last)
                print_last(out, text, below ? BELOW : at + 2, width);
            else
                fputs(text, out);
            owed = is_left(table->columns[c].kind) ? room : 0;
        } else {
            owed += widths[c];
        }
        at += 2 + widths[c];
    }
    fputc('\n', out);
}

void table_print(const struct table *table, FILE *out, int width, bool colour)
{
    unsigned count = table->rows.count;
    if (table->shown > 0 && table->shown < count)
        count = table->shown;
    int *widths = arena_alloc(table->arena, table->column_count * sizeof *widths);
    for (unsigned c = 0; c < table->column_count; c++) {
        if (table->columns[c].kind == COLUMN_LAST)
            continue;
        widths[c] = text_width(table->columns[c].name);
        for (unsigned r = 0; r < count; r++) {
            char buffer[32];
            int wide = text_width(shown(table, &table->rows.at[r][c], c, buffer));
            widths[c] = wide > widths[c] ? wide : widths[c];
        }
    }
    fprintf(out, "%s%s%s\n", colour ? "\033[1m" : "", table->title, colour ? "\033[0m" : "");
    if (count == 0) {
        fputs("  none\n", out);
        return;
    }
    if (colour)
        fputs("\033[2m", out);
    print_row(table, out, NULL, widths, width);
    if (colour)
        fputs("\033[0m", out);
    for (unsigned r = 0; r < count; r++)
        print_row(table, out, table->rows.at[r], widths, width);
    if (count < table->rows.count)
        fprintf(out, "  and %u more; --rows=0 shows all\n", table->rows.count - count);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static void print_name(FILE *out, const struct column *column)
{
    for (const char *at = column->name; *at != '\0'; at++)
        fputc(*at == ' ' ? '_' : *at == '%' ? 'p' : *at, out);
    if (column->kind == COLUMN_TIME)
        fputs("_ns", out);
}

static void print_plain(FILE *out, double number)
{
    fprintf(out, number == floor(number) && fabs(number) < 1e15 ? "%.0f" : "%.9g", number);
}

static void csv_text(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void table_csv(const struct table *table, FILE *out)
{
    for (unsigned c = 0; c < table->column_count; c++) {
        fputs(c > 0 ? "," : "", out);
        print_name(out, &table->columns[c]);
    }
    fputc('\n', out);
    for (unsigned r = 0; r < table->rows.count; r++) {
        for (unsigned c = 0; c < table->column_count; c++) {
            const struct cell *cell = &table->rows.at[r][c];
            fputs(c > 0 ? "," : "", out);
            if (cell->known && is_left(table->columns[c].kind))
                csv_text(out, cell->text);
            else if (cell->known)
                print_plain(out, cell->number);
        }
        fputc('\n', out);
    }
}

static void json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void table_json_row(const struct table *table, unsigned r, FILE *out)
{
    fputs("{", out);
    for (unsigned c = 0; c < table->column_count; c++) {
        const struct cell *cell = &table->rows.at[r][c];
        fputs(c > 0 ? ", \"" : "\"", out);
        print_name(out, &table->columns[c]);
        fputs("\": ", out);
        if (!cell->known)
            fputs("null", out);
        else if (is_left(table->columns[c].kind))
            json_text(out, cell->text);
        else
            print_plain(out, cell->number);
    }
    fputs("}", out);
}

void table_json(const struct table *table, FILE *out)
{
    fputs("[", out);
    for (unsigned r = 0; r < table->rows.count; r++) {
        fputs(r > 0 ? ",\n    " : "\n    ", out);
        table_json_row(table, r, out);
    }
    fputs(table->rows.count > 0 ? "\n  ]" : "]", out);
}
