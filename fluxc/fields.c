/* The lists of fields of a signature: types, names, and what they may be (R5). */
#include "names.h"
#include "resolve.h"

#include <string.h>

enum { FIELDS_MAX = 1023 }; /* C11 5.2.4.1: members of a struct that a compiler has to take */

/* `Stop (void) => (void);` is what a C programmer writes. */
static bool is_void(const struct params *params)
{
    const struct param *param = params->first;
    return params->count == 1 && param->unfit == 0 && param->words.count == 1 &&
           strcmp(param->words.first->word.text, "void") == 0;
}

/* Reads one field; false after an error. */
static bool read_field(struct resolver *r, const struct param *param, unsigned number,
                       struct field *field)
{
    struct diags *diags = r->program->diags;
    const char *problem = ctype_read(&r->ctypes, param, field);
    if (problem != NULL && field->name != NULL) {
        diag_report(diags, DIAG_FIELD_TYPE, param->span, "field '%s' %s", field->name, problem);
        return false;
    }
    if (problem != NULL) {
        diag_report(diags, DIAG_FIELD_TYPE, param->span, "field %u %s", number, problem);
        return false;
    }
    struct word name = param->words.last->word;
    const char *why = name_of_field_refused(name.text);
    if (why != NULL)
        resolve_refuse(r, name, "a field", why);
    else if (name_is_cpp_keyword(name.text))
        diag_report(diags, DIAG_CPP_KEYWORD, name.span,
                    "'%s' is a keyword of C++: no node written in it can use this field",
                    name.text);
    return true;
}

/* Where the names of one list stand, by name. */
static bool check_unique(struct resolver *r, struct table *seen, const struct param *param)
{
    const struct word *name = &param->words.last->word;
    const struct word **slot =
        (const struct word **)(void *)table_at(r->program->arena, seen, name->text);
    if (*slot == NULL) {
        *slot = name;
        return true;
    }
    struct diag *diag = diag_report(r->program->diags, DIAG_DUPLICATE_FIELD, name->span,
                                    "two fields of one list are called '%s'", name->text);
    diag_note(diag, (*slot)->span, "here first");
    return false;
}

/* Returns whether the list is known: free of errors. */
bool resolve_fields(struct resolver *r, struct span span, const struct params *params,
                    struct fields *fields)
{
    struct arena *arena = r->program->arena;
    fields->types = arena_intern_string(arena, "");
    fields->span = span;
    if (params->count == 0 || is_void(params)) {
        fields->at = arena_alloc(arena, sizeof *fields->at);
        return true;
    }
    if (params->count > FIELDS_MAX) {
        diag_report(r->program->diags, DIAG_PROGRAM_TOO_LARGE, params->first->span,
                    "%u fields in a list; C need take no more than %d", params->count, FIELDS_MAX);
        return false;
    }
    struct field *at = arena_alloc(arena, params->count * sizeof *at);
    struct table seen = {0};
    unsigned number = 0;
    bool known = true;
    for (const struct param *param = params->first; param != NULL; param = param->next) {
        bool good = read_field(r, param, number + 1, &at[number]) && check_unique(r, &seen, param);
        known &= good;
        number++;
    }
    if (known)
        fields_set(arena, fields, at, number);
    return known;
}
