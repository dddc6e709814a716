#include "diag.h"

#include "excerpt.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* What the table says of each diagnostic. */
struct row {
    const char *name;
    enum severity severity;
    const char *about;
};

static const struct row rows[] = {
#define DIAG(id, name, severity, about) {name, SEVERITY_##severity, about},
#include "diag.def"
#undef DIAG
};

/* Hostile input can have an error in every other byte. What is collected stays within reason; the
 * rest is counted. */
enum { COLLECTED_MAX = 100000 };

struct note {
    struct span span;
    const char *text;
};

struct diag {
    struct diags *diags; /* NULL: collected nowhere, neither are its notes */
    enum diag_id id;
    bool error; /* as it counts: an error, or a warning made one */
    struct span span;
    unsigned order; /* of being reported */
    const char *text;
    const char *fix;
    VECTOR(struct note) notes;
};

struct diags {
    struct arena *arena;
    VECTOR(struct diag *) list;
    bool off[DIAG_COUNT];           /* -Wno-NAME */
    bool quiet;                     /* -w */
    bool all_errors;                /* -Werror */
    signed char errors[DIAG_COUNT]; /* -Werror=NAME 1, -Wno-error=NAME -1 */
    struct diag nowhere;            /* stands for every diagnostic that is not collected */
    unsigned error_count;           /* of rows that are errors */
    bool failed;                    /* an error, or a warning made one */
    unsigned dropped;
};

struct diags *diags_new(struct arena *arena)
{
    struct diags *diags = arena_alloc(arena, sizeof *diags);
    diags->arena = arena;
    return diags;
}

/* ---- options --------------------------------------------------------------------------------- */

/* Whether `name` is a whole name or the first words of one: "unused" for "unused-node". */
static bool names(const char *name, size_t length, const char *whole)
{
    return length > 0 && strncmp(name, whole, length) == 0 &&
           (whole[length] == '\0' || whole[length] == '-');
}

/* -W[no-][error=]NAME */
static bool switch_named(struct diags *diags, const char *name, bool on, bool error)
{
    bool found = false, all = strcmp(name, "all") == 0;
    size_t length = strlen(name);
    for (unsigned i = 0; i < DIAG_COUNT; i++) {
        if (rows[i].severity != SEVERITY_WARNING || !(all || names(name, length, rows[i].name)))
            continue;
        found = true;
        if (error)
            diags->errors[i] = on ? 1 : -1;
        if (on ||
            !error) /* -Werror=NAME asks for the warning, -Wno-error=NAME says nothing of it */
            diags->off[i] = !on;
    }
    return found || all;
}

bool diags_option(struct diags *diags, const char *option)
{
    if (strcmp(option, "-w") == 0)
        return diags->quiet = true;
    if (strncmp(option, "-W", 2) != 0)
        return false;
    const char *name = option + 2;
    bool on = strncmp(name, "no-", 3) != 0;
    if (!on)
        name += 3;
    if (strcmp(name, "error") == 0) {
        diags->all_errors = on;
        return true;
    }
    bool error = strncmp(name, "error=", 6) == 0;
    return switch_named(diags, error ? name + 6 : name, on, error);
}

void diags_list(FILE *out)
{
    size_t width = 0;
    for (unsigned i = 0; i < DIAG_COUNT; i++)
        if (strlen(rows[i].name) > width)
            width = strlen(rows[i].name);
    for (int severity = SEVERITY_WARNING; severity >= SEVERITY_ERROR; severity--) {
        bool warning = severity == SEVERITY_WARNING;
        fprintf(out, "%s", warning ? "Warnings (-Wno-NAME, -Werror=NAME):\n" : "\nErrors:\n");
        for (unsigned i = 0; i < DIAG_COUNT; i++)
            if ((int)rows[i].severity == severity)
                fprintf(out, "  %-*s  %s\n", (int)width, rows[i].name, rows[i].about);
    }
}

/* ---- collecting ------------------------------------------------------------------------------ */

static const char *format_text(struct arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = arena_alloc(arena, length < 0 ? 1 : (size_t)length + 1);
    if (length > 0)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

struct diag *diag_report(struct diags *diags, enum diag_id id, struct span span, const char *format,
                         ...)
{
    bool error = rows[id].severity == SEVERITY_ERROR || diags->errors[id] > 0 ||
                 (diags->all_errors && diags->errors[id] == 0);
    if (rows[id].severity == SEVERITY_WARNING && (diags->quiet || diags->off[id]))
        return &diags->nowhere;
    diags->failed |= error;
    diags->error_count += rows[id].severity == SEVERITY_ERROR;
    if (diags->list.count == COLLECTED_MAX) {
        diags->dropped++;
        return &diags->nowhere;
    }
    struct diag *diag = arena_alloc(diags->arena, sizeof *diag);
    *diag = (struct diag){.diags = diags, .id = id, .error = error, .span = span};
    diag->order = diags->list.count;
    va_list arguments;
    va_start(arguments, format);
    diag->text = format_text(diags->arena, format, arguments);
    va_end(arguments);
    vector_push(diags->arena, &diags->list, diag);
    return diag;
}

void diag_note(struct diag *diag, struct span span, const char *format, ...)
{
    if (diag->diags == NULL)
        return;
    struct arena *arena = diag->diags->arena;
    va_list arguments;
    va_start(arguments, format);
    struct note note = {span, format_text(arena, format, arguments)};
    va_end(arguments);
    vector_push(arena, &diag->notes, note);
}

void diag_fix(struct diag *diag, const char *replacement)
{
    if (diag->diags != NULL)
        diag->fix = arena_intern_string(diag->diags->arena, replacement);
}

bool diags_failed(const struct diags *diags)
{
    return diags->failed;
}

unsigned diags_errors(const struct diags *diags)
{
    return diags->error_count;
}

/* ---- printing -------------------------------------------------------------------------------- */

struct palette {
    const char *bold, *error, *warning, *note, *fix, *off;
};
static const struct palette plain = {"", "", "", "", "", ""};
static const struct palette coloured = {"\33[1m",    "\33[1;31m", "\33[1;35m",
                                        "\33[1;36m", "\33[32m",   "\33[m"};

static int compare(const void *left, const void *right)
{
    const struct diag *a = *(struct diag *const *)left, *b = *(struct diag *const *)right;
    int by_place = span_compare(a->span, b->span);
    return by_place != 0 ? by_place : (a->order > b->order) - (a->order < b->order);
}

static bool same(const struct diag *a, const struct diag *b)
{
    return a->id == b->id && span_compare(a->span, b->span) == 0 && strcmp(a->text, b->text) == 0;
}

/* file:line:col: */
static void print_place(struct text *out, struct span span, const struct palette *colours)
{
    text_print(out, "%s", colours->bold);
    if (span.file == NULL) {
        text_print(out, "fluxc:%s ", colours->off);
        return;
    }
    struct position position = source_position(span.file, span.begin);
    excerpt_escape(out, span.file->name, strlen(span.file->name));
    text_print(out, ":%u:%u:%s ", position.line, position.column, colours->off);
}

static void print_one(struct text *out, const struct diag *diag, const struct palette *colours)
{
    const char *name = rows[diag->id].name;
    bool warning = rows[diag->id].severity == SEVERITY_WARNING;
    const char *colour = diag->error ? colours->error : colours->warning;

    print_place(out, diag->span, colours);
    text_print(out, "%s%s:%s %s", colour, diag->error ? "error" : "warning", colours->off,
               colours->bold);
    excerpt_escape(out, diag->text, strlen(diag->text));
    text_print(out, "%s [%s%s%s%s]\n", colours->off, colour,
               !warning      ? ""
               : diag->error ? "-Werror="
                             : "-W",
               name, colours->off);
    if (diag->span.file != NULL) {
        struct excerpt_style style = {colour, colours->fix, colours->off};
        excerpt_print(out, diag->span, diag->fix, &style);
    }
    for (unsigned i = 0; i < diag->notes.count; i++) {
        const struct note *note = &diag->notes.at[i];
        print_place(out, note->span.file != NULL ? note->span : diag->span, colours);
        text_print(out, "%snote:%s ", colours->note, colours->off);
        excerpt_escape(out, note->text, strlen(note->text));
        text_print(out, "\n");
        if (note->span.file != NULL) {
            struct excerpt_style style = {colours->note, colours->fix, colours->off};
            excerpt_print(out, note->span, NULL, &style);
        }
    }
}

static void print_count(struct text *out, const char *before, unsigned count, const char *what)
{
    if (count > 0)
        text_print(out, "%s%u %s%s", before, count, what, count == 1 ? "" : "s");
}

void diags_print(const struct diags *diags, FILE *out, bool colour)
{
    unsigned count = diags->list.count, errors = 0, warnings = 0;
    if (count == 0)
        return;
    const struct palette *colours = colour ? &coloured : &plain;
    struct diag **sorted = arena_alloc(diags->arena, count * sizeof *sorted);
    memcpy(sorted, diags->list.at, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);

    struct text text = {0};
    for (unsigned i = 0; i < count; i++) {
        if (i > 0 && same(sorted[i - 1], sorted[i]))
            continue;
        errors += sorted[i]->error;
        warnings += !sorted[i]->error;
        print_one(&text, sorted[i], colours);
        if (text.size > 1 << 16) {
            fwrite(text.at, 1, text.size, out);
            text.size = 0;
        }
    }
    print_count(&text, "", errors, "error");
    print_count(&text, errors > 0 ? ", " : "", warnings, "warning");
    if (diags->dropped > 0)
        text_print(&text, " shown, %u more not", diags->dropped);
    text_print(&text, "\n");
    if (text.failed == 0)
        fwrite(text.at, 1, text.size, out);
    else
        fprintf(out, "fluxc: error: out of memory\n");
    text_free(&text);
}
