#include "syntax.h"

#include <string.h>

enum {
    ERRORS_MAX = 200, /* in one file; the rest of it is not read */
    WORD_MAX = 255,   /* bytes */
    SHOWN_MAX = 40,   /* bytes of a word in a message */
    DECLARATIONS_MAX = 1000000
};

/* After too many errors the scanner pretends that the file ends. */
static void count_error(struct syntax *syntax, struct span span)
{
    if (++syntax->errors < ERRORS_MAX || syntax->incomplete)
        return;
    syntax->incomplete = true;
    span.begin = span.end;
    diag_report(syntax->program->diags, DIAG_SYNTAX, span,
                "too many errors: the rest of this file is not read");
}

/* "a name", "a name or ';'", "';', '->' or '='" */
static const char *list_expected(struct arena *arena, const char *const *expected, unsigned count)
{
    const char *list = "";
    for (unsigned i = 0; i < count; i++)
        list = arena_printf(arena, "%s%s%s", list,
                            i == 0          ? ""
                            : i + 1 < count ? ", "
                                            : " or ",
                            expected[i]);
    return list;
}

static bool is_expected(const char *what, const char *const *expected, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(expected[i], what) == 0)
            return true;
    return false;
}

void syntax_unexpected(struct syntax *syntax, struct span span, const char *const *expected,
                       unsigned count)
{
    struct diags *diags = syntax->program->diags;
    const char *text = syntax->file->text;
    bool between = is_expected("the end of the file", expected, count);
    const char *wanted =
        between ? "a declaration" : list_expected(syntax->program->arena, expected, count);

    /* A forgotten ';' is seen where the next line begins, but it is missing behind the last. */
    uint32_t before = syntax->before;
    if (!between && is_expected("';'", expected, count) && before < span.begin &&
        memchr(text + before, '\n', span.begin - before) != NULL)
        diag_report(diags, DIAG_SYNTAX, (struct span){span.file, before, before},
                    "expected %s at the end of this line", wanted);
    else if (span.begin == span.end) {
        diag_report(diags, DIAG_SYNTAX, span, "expected %s before the end of the file", wanted);
        syntax->incomplete = true; /* it looks cut off */
    } else {
        uint32_t size = span.end - span.begin;
        diag_report(diags, DIAG_SYNTAX, span, "expected %s before '%.*s%s'", wanted,
                    size < SHOWN_MAX ? (int)size : SHOWN_MAX, text + span.begin,
                    size < SHOWN_MAX ? "" : "...");
    }
    syntax->reported = span.end == span.begin || text[span.begin] != ';';
    count_error(syntax, span);
}

void syntax_too_deep(struct syntax *syntax, struct span span)
{
    diag_report(syntax->program->diags, DIAG_NESTING, span, "parentheses are nested too deeply");
    syntax->incomplete = true;
}

void syntax_broken(struct syntax *syntax, uint32_t begin, uint32_t end)
{
    struct span span = {syntax->file, begin, end};
    vector_push(syntax->program->arena, &syntax->broken, span);
}

bool syntax_stray(struct syntax *syntax, struct span span)
{
    if (syntax->reported)
        return false;
    syntax->reported = true;
    unsigned char byte = (unsigned char)syntax->file->text[span.begin];
    struct diags *diags = syntax->program->diags;
    if (byte == '-' || byte == '>')
        diag_report(diags, DIAG_STRAY_BYTE, span, "'%c' alone means nothing", byte);
    else if (byte > ' ' && byte < 0x7f)
        diag_report(diags, DIAG_STRAY_BYTE, span, "'%c' means nothing in Flux", byte);
    else if (byte >= 0x80)
        diag_report(diags, DIAG_STRAY_BYTE, span, "'%.*s' means nothing in Flux",
                    span.end - span.begin < SHOWN_MAX ? (int)(span.end - span.begin) : SHOWN_MAX,
                    syntax->file->text + span.begin);
    else
        diag_report(diags, DIAG_STRAY_BYTE, span, "a byte of value %u in the text", byte);
    count_error(syntax, span);
    return true;
}

void syntax_unterminated(struct syntax *syntax, const char *what, const char *end)
{
    uint32_t begin = syntax->opened;
    size_t length = syntax->file->text[begin] == '"' ? 1 : 2;
    struct span span = {syntax->file, begin, begin + (uint32_t)length};
    diag_report(syntax->program->diags, DIAG_UNTERMINATED, span, "%s has no end: '%s' is missing",
                what, end);
    count_error(syntax, span);
    if (length == 2)
        syntax->incomplete = true; /* it took the rest of the file */
}

struct word syntax_word(struct syntax *syntax, struct span span, const char *text, size_t length)
{
    if (length > WORD_MAX) {
        diag_report(syntax->program->diags, DIAG_SYNTAX, span,
                    "a word of %zu bytes; at most %d are taken", length, WORD_MAX);
        count_error(syntax, span);
        length = WORD_MAX;
    }
    return (struct word){arena_intern(syntax->program->arena, text, length), span};
}

struct word syntax_block(struct syntax *syntax, struct span span)
{
    const struct source_file *file = syntax->file;
    struct span inside = {file, span.begin + 2, span.end - 2};
    const char *text = file->text + inside.begin;
    size_t size = inside.end - inside.begin;
    const char *zero = memchr(text, '\0', size);
    if (zero != NULL) {
        uint32_t at = (uint32_t)(zero - file->text);
        diag_report(syntax->program->diags, DIAG_STRAY_BYTE, (struct span){file, at, at + 1},
                    "a byte of value 0 in a block of C");
        count_error(syntax, span);
        size = (size_t)(zero - text);
    }
    return (struct word){arena_intern(syntax->program->arena, text, size), inside};
}

void syntax_declare(struct syntax *syntax, struct decl *decl)
{
    if (syntax->declarations.count == DECLARATIONS_MAX && !syntax->incomplete) {
        syntax->incomplete = true;
        diag_report(syntax->program->diags, DIAG_PROGRAM_TOO_LARGE, decl->span,
                    "more than %d declarations in one file", DECLARATIONS_MAX);
    }
    vector_push(syntax->program->arena, &syntax->declarations, decl);
}
