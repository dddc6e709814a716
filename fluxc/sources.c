/* What starts flows, and what runs before and after them: source, clock, initial, final. */
#include "resolve.h"

#include <inttypes.h>
#include <string.h>

/* ---- times (R15, R36) ------------------------------------------------------------------------ */

static const struct {
    const char *name;
    uint64_t ns;
} units[] = {{"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000}};

static uint64_t unit_ns(const char *name)
{
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].ns;
    return 0;
}

/* UINT64_MAX: too large. */
static uint64_t read_number(const char *digits)
{
    uint64_t number = 0;
    for (; *digits != '\0'; digits++) {
        unsigned digit = (unsigned)(*digits - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return UINT64_MAX;
        number = number * 10 + digit;
    }
    return number;
}

bool resolve_time(struct resolver *r, struct word number, struct word unit, uint64_t *ns)
{
    struct diags *diags = r->program->diags;
    uint64_t of_unit = unit_ns(unit.text);
    uint64_t count = read_number(number.text);
    if (of_unit == 0) {
        diag_report(diags, DIAG_NUMBER, unit.span, "'%s' is no unit of time: us, ms, s or min",
                    unit.text);
        return false;
    }
    if (count > (uint64_t)INT64_MAX / of_unit) {
        diag_report(diags, DIAG_NUMBER, number.span, "more than 292 years");
        return false;
    }
    *ns = count * of_unit;
    return true;
}

/* ---- sources --------------------------------------------------------------------------------- */

static void resolve_clock(struct resolver *r, const struct decl *decl, struct source *source)
{
    struct word number = decl->source.number, unit = decl->source.unit;
    source->span = number.span;
    source->span.end = unit.span.end;
    source->name = arena_printf(r->program->arena, "every %s %s", number.text, unit.text);
    if (resolve_time(r, number, unit, &source->period) && source->period == 0)
        diag_report(r->program->diags, DIAG_NUMBER, number.span, "a clock needs a period above 0");
}

static void resolve_node_source(struct resolver *r, const struct decl *decl, struct source *source)
{
    struct entry *entry = resolve_node(r, decl->name, false);
    source->span = decl->name.span;
    source->name = decl->name.text;
    source->node = entry->node;
    source->parallel = decl->source.parallel;
    entry->node->role = "source";
    if (entry->source != NULL) {
        struct diag *diag = diag_report(r->program->diags, DIAG_DUPLICATE_SOURCE, decl->name.span,
                                        "'%s' is a source already", decl->name.text);
        diag_note(diag, entry->source->span, "here first");
    } else {
        entry->source = source;
    }
    if (decl->source.function.text != NULL) {
        source->session = decl->source.function.text;
        source->session_span = decl->source.function.span;
        resolve_function(r, decl->source.function, "session function");
    }
}

void resolve_source(struct resolver *r, const struct decl *decl)
{
    struct program *program = r->program;
    struct source *source = arena_alloc(program->arena, sizeof *source);
    if (decl->kind == DECL_CLOCK)
        resolve_clock(r, decl, source);
    else
        resolve_node_source(r, decl, source);
    source->target = resolve_node(r, decl->source.target, false)->node;
    source->target_span = decl->source.target.span;
    if (decl->source.last.text != NULL) {
        source->finally = resolve_node(r, decl->source.last, false)->node;
        source->finally_span = decl->source.last.span;
        if (source->finally->role == NULL)
            source->finally->role = "finally";
    }
    vector_push(program->arena, &program->sources, source);
}

/* A source is called as its node in C; a clock gets a number that makes it unique. */
void resolve_symbols(struct resolver *r)
{
    struct program *program = r->program;
    unsigned clocks = 0;
    for (unsigned i = 0; i < program->sources.count; i++) {
        struct source *source = program->sources.at[i];
        source->symbol = source->name;
        if (source->node != NULL)
            continue;
        do {
            source->symbol = arena_intern_string(
                program->arena, arena_printf(program->arena, "every_%u", ++clocks));
        } while (table_get(&r->entries, source->symbol) != NULL);
    }
}

/* ---- initial and final (R43) ----------------------------------------------------------------- */

static void check_setup(struct resolver *r, const struct node *node, struct word name,
                        const char *what)
{
    struct diags *diags = r->program->diags;
    struct diag *diag;
    if (node->kind == NODE_ABSTRACT)
        diag = diag_report(diags, DIAG_WRONG_KIND, name.span,
                           "'%s' is abstract, but a program's %s node is a C function", name.text,
                           what);
    else if (node->inputs.count > 0 || node->outputs.count > 0)
        diag = diag_report(diags, DIAG_WRONG_KIND, name.span,
                           "'%s' takes or gives values, but a program's %s node has none",
                           name.text, what);
    else
        return;
    diag_note(diag, node->span, "declared here");
}

void resolve_setup(struct resolver *r, const struct decl *decl)
{
    bool initial = decl->kind == DECL_INITIAL;
    const char *what = initial ? "initial" : "final";
    struct word *first = initial ? &r->initial : &r->final;
    if (first->text != NULL) {
        struct diag *diag = diag_report(r->program->diags, DIAG_DUPLICATE_SETUP, decl->name.span,
                                        "a program has one %s node", what);
        diag_note(diag, first->span, "here first");
        r->program->incomplete = true;
        return;
    }
    *first = decl->name;
    struct node *node = resolve_node(r, decl->name, false)->node;
    *(initial ? &r->program->initial : &r->program->final) = node;
    if (node->role == NULL)
        node->role = what;
    check_setup(r, node, decl->name, what);
}
