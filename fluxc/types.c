/* Signatures: what every node takes and gives, and whether what stands side by side fits. Nothing
 * is said of what is unknown because of an earlier error. */
#include "passes.h"

#include "signature.h"
#include "table.h"

#include <string.h>

/* ---- two lists that meet (R9) ---------------------------------------------------------------- */

/* One of them: "'Compress' takes". */
struct party {
    const char *who; /* a node's name, or several words */
    const char *does;
    const struct fields *fields;
    struct span span; /* of the declaration, where the list is empty */
    bool named;       /* who is a name */
};

static struct party takes(const struct node *node)
{
    return (struct party){node->name, "takes", &node->inputs, node->span, true};
}

static struct party gives(const struct node *node)
{
    return (struct party){node->name, "gives", &node->outputs, node->span, true};
}

static const char *subject(struct arena *arena, const struct party *party)
{
    return party->named ? arena_printf(arena, "'%s'", party->who) : party->who;
}

/* Where a list stands: its fields, or the node that has none. */
static struct span place_of(const struct party *party)
{
    const struct fields *fields = party->fields;
    if (fields->count == 0)
        return party->span;
    struct span span = fields->at[0].span, last = fields->at[fields->count - 1].span;
    if (span.file == last.file && last.end > span.end)
        span.end = last.end;
    return span;
}

static const char *values(struct arena *arena, unsigned count)
{
    return count == 0   ? "nothing"
           : count == 1 ? "1 value"
                        : arena_printf(arena, "%u values", count);
}

/* At `span`, `wanted` meets `given`. Returns whether they fit; else it has been reported. id:
 * DIAG_COUNT, or what to report instead of a mismatch of types or arity. */
static bool fit_as(struct program *program, enum diag_id id, struct span span, struct party wanted,
                   struct party given)
{
    struct arena *arena = program->arena;
    if (wanted.fields->types == given.fields->types)
        return true;
    unsigned i = 0;
    while (i < wanted.fields->count && i < given.fields->count &&
           wanted.fields->at[i].type->text == given.fields->at[i].type->text)
        i++;
    const char *wants = subject(arena, &wanted), *has = subject(arena, &given);
    if (wanted.fields->count != given.fields->count) {
        struct diag *diag = diag_report(program->diags, id == DIAG_COUNT ? DIAG_ARITY_MISMATCH : id,
                                        span, "%s %s %s, but %s %s %s", wants, wanted.does,
                                        values(arena, wanted.fields->count), has, given.does,
                                        values(arena, given.fields->count));
        diag_note(diag, place_of(&given), "%s %s (%s)", has, given.does, given.fields->types);
        diag_note(diag, place_of(&wanted), "%s %s (%s)", wants, wanted.does, wanted.fields->types);
        return false;
    }
    const struct field *want = &wanted.fields->at[i], *get = &given.fields->at[i];
    struct diag *diag =
        diag_report(program->diags, id == DIAG_COUNT ? DIAG_TYPE_MISMATCH : id, span,
                    "%s %s '%s' as value %u, but %s %s '%s'", wants, wanted.does, want->type->text,
                    i + 1, has, given.does, get->type->text);
    diag_note(diag, get->span, "%s %s this", has, given.does);
    diag_note(diag, want->span, "%s %s this", wants, wanted.does);
    return false;
}

static bool fit(struct program *program, struct span span, struct party wanted, struct party given)
{
    return fit_as(program, DIAG_COUNT, span, wanted, given);
}

/* ---- bodies (R9, R10, R19, R20) -------------------------------------------------------------- */

static void check_members(struct program *program, const struct arm *arm)
{
    for (unsigned i = 1; i < arm->member_count; i++) {
        const struct node *before = arm->members[i - 1].node, *node = arm->members[i].node;
        if (before->outputs_known && node->inputs_known)
            fit(program, arm->members[i].span, takes(node), gives(before));
    }
}

/* The ends of a body against the node's own signature, where the one was not made of the other. */
static void check_ends(struct program *program, const struct node *node, const struct arm *arm)
{
    enum diag_id id = node->declared ? DIAG_COUNT : DIAG_ARMS_DISAGREE;
    struct party all_take = takes(node), all_give = gives(node);
    if (!node->declared) {
        all_take.who = all_give.who = "the first arm";
        all_take.named = all_give.named = false;
    }
    if (arm->member_count == 0) {
        struct party passes = {"an empty body", "passes on", &node->inputs, node->span, false};
        if (node->inputs_known && node->outputs_known)
            fit_as(program, id, arm->span, all_give, passes);
        return;
    }
    const struct member *first = &arm->members[0], *last = &arm->members[arm->member_count - 1];
    if (node->inputs_known && first->node->inputs_known)
        fit_as(program, id, first->span, takes(first->node), all_take);
    if (node->outputs_known && last->node->outputs_known)
        fit_as(program, id, last->span, gives(last->node), all_give);
}

/* ---- predicates (R18) ------------------------------------------------------------------------ */

/* Where a C function was first asked about a value. */
struct question {
    const struct ctype *type;
    struct span span;
};

struct checks {
    struct program *program;
    struct table questions; /* by predicate function */
};

static void check_question(struct checks *checks, const struct pattern *pattern,
                           const struct field *field)
{
    struct predicate *predicate = pattern->predicate;
    struct arena *arena = checks->program->arena;
    if (predicate->function == NULL)
        return;
    if (predicate->type == NULL)
        predicate->type = field->type;
    struct question **slot =
        (struct question **)table_at(arena, &checks->questions, predicate->function);
    if (*slot == NULL) {
        *slot = arena_alloc(arena, sizeof **slot);
        **slot = (struct question){field->type, pattern->span};
    } else if ((*slot)->type->text != field->type->text) {
        struct diag *diag =
            diag_report(checks->program->diags, DIAG_PREDICATE_TYPE, pattern->span,
                        "'%s' is asked about '%s' here and about '%s' elsewhere",
                        predicate->function, field->type->text, (*slot)->type->text);
        diag_note(diag, (*slot)->span, "here");
        diag_note(diag, field->span, "this is what it is asked about");
    }
}

/* Patterns against the values they are for. */
static void check_patterns(struct checks *checks, const struct pattern *patterns, unsigned count,
                           struct party party)
{
    if (count != party.fields->count) {
        struct arena *arena = checks->program->arena;
        struct span span = patterns[0].span;
        span.end = patterns[count - 1].span.end;
        struct diag *diag = diag_report(
            checks->program->diags, DIAG_PATTERN_COUNT, span, "%u pattern%s, but '%s' %s %s", count,
            count == 1 ? "" : "s", party.who, party.does, values(arena, party.fields->count));
        diag_note(diag, place_of(&party), "'%s' %s (%s)", party.who, party.does,
                  party.fields->types);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        if (patterns[i].predicate != NULL)
            check_question(checks, &patterns[i], &party.fields->at[i]);
}

/* ---- repeat and await (R36, R37) ------------------------------------------------------------- */

static void check_repeat(struct checks *checks, const struct node *node)
{
    const struct repeat *repeat = node->repeat;
    if (!node->inputs_known || !node->outputs_known)
        return;
    if (!fit(checks->program, repeat->span, takes(node), gives(node)))
        return;
    if (node->inputs.count == 0) {
        struct diag *diag = diag_report(checks->program->diags, DIAG_WRONG_KIND, repeat->span,
                                        "'%s' gives nothing that could be tested", node->name);
        diag_note(diag, node->span, "declared here");
        return;
    }
    check_patterns(checks, repeat->patterns, repeat->pattern_count, gives(node));
}

/* The index of an `int` input; -1 after an error. */
static int find_int(struct program *program, const struct node *node, const char *name,
                    struct span span)
{
    for (unsigned i = 0; i < node->inputs.count; i++) {
        const struct field *field = &node->inputs.at[i];
        if (field->name != name)
            continue;
        if (strcmp(field->type->text, "int") == 0)
            return (int)i;
        struct diag *diag =
            diag_report(program->diags, DIAG_TYPE_MISMATCH, span,
                        "'%s' is of type '%s', but an await takes 'int'", name, field->type->text);
        diag_note(diag, field->span, "declared here");
        return -1;
    }
    struct party party = takes(node);
    struct diag *diag = diag_report(program->diags, DIAG_UNKNOWN_FIELD, span,
                                    "'%s' has no input '%s'", node->name, name);
    diag_note(diag, place_of(&party), "'%s' takes %s", node->name,
              values(program->arena, node->inputs.count));
    return -1;
}

static void check_await(struct program *program, const struct node *node)
{
    struct await *await = node->await;
    if (!node->inputs_known)
        return;
    int fd = find_int(program, node, await->fd_name, await->fd_span);
    if (fd >= 0)
        await->fd = (unsigned)fd;
    if (await->limit_name != NULL)
        await->limit_field = find_int(program, node, await->limit_name, await->limit_span);
}

/* ---- handlers (R24, R25) --------------------------------------------------------------------- */

static bool starts_with(const struct fields *fields, const struct fields *first)
{
    for (unsigned i = 0; i < first->count; i++)
        if (fields->at[i].type->text != first->at[i].type->text)
            return false;
    return true;
}

/* What H takes; false if that is not what a handler takes. values: N's inputs, for `*` none. */
static bool find_shape(struct handler *handler, const struct fields *of_node)
{
    const struct fields *inputs = &handler->node->inputs;
    unsigned extra = inputs->count - of_node->count;
    if (inputs->count < of_node->count || extra > 1 || !starts_with(inputs, of_node))
        return false;
    handler->takes_error = extra == 1;
    handler->takes_values = of_node->count > 0;
    return extra == 0 || strcmp(inputs->at[inputs->count - 1].type->text, "int") == 0;
}

static const char *with_code(struct arena *arena, const char *types)
{
    return arena_printf(arena, "(%s) or (%s%sint)", types, types, types[0] != '\0' ? ", " : "");
}

/* node: NULL for `*`. */
static void check_handler(struct program *program, struct handler *handler, const struct node *node)
{
    const struct node *h = handler->node;
    const struct fields none = {NULL, 0, ""};
    const char *served = node != NULL ? arena_printf(program->arena, "'%s'", node->name) : "'*'";
    if (h->inputs_known && (node == NULL || node->inputs_known)) {
        const struct fields *values_of = node != NULL ? &node->inputs : &none;
        if (!find_shape(handler, values_of)) {
            struct party party = takes(h);
            struct diag *diag =
                diag_report(program->diags, DIAG_HANDLER_MISMATCH, handler->span,
                            "'%s' takes (%s), but a handler of %s takes %s", h->name,
                            h->inputs.types, served, with_code(program->arena, values_of->types));
            if (node != NULL) {
                struct party handled = takes(node);
                diag_note(diag, place_of(&handled), "'%s' takes (%s)", node->name,
                          node->inputs.types);
            }
            if (!h->implied)
                diag_note(diag, place_of(&party), "'%s' is declared here", h->name);
            return;
        }
    }
    if (!h->outputs_known || (node != NULL && !node->outputs_known))
        return;
    handler->ends = h->outputs.count == 0;
    if (handler->ends || (node != NULL && h->outputs.types == node->outputs.types))
        return;
    struct party party = gives(h);
    struct diag *diag = node != NULL && node->outputs.count > 0
                            ? diag_report(program->diags, DIAG_HANDLER_MISMATCH, handler->span,
                                          "'%s' gives (%s), but a handler of %s gives () or (%s)",
                                          h->name, h->outputs.types, served, node->outputs.types)
                            : diag_report(program->diags, DIAG_HANDLER_MISMATCH, handler->span,
                                          "'%s' gives (%s), but a handler of %s gives nothing",
                                          h->name, h->outputs.types, served);
    if (node != NULL) {
        struct party handled = gives(node);
        diag_note(diag, place_of(&handled), "'%s' gives (%s)", node->name, node->outputs.types);
    }
    diag_note(diag, place_of(&party), "'%s' is declared here", h->name);
}

/* ---- sources (R12-R17, R44) ------------------------------------------------------------------ */

/* What the flows of a source begin with. */
static struct party starts_with_values(const struct source *source, const struct fields *none)
{
    if (source->node != NULL)
        return gives(source->node);
    return (struct party){"a clock", "gives", none, source->span, false};
}

static void check_source(struct program *program, const struct source *source)
{
    const struct fields none = {NULL, 0, arena_intern_string(program->arena, "")};
    const struct node *node = source->node, *target = source->target, *last = source->finally;
    struct party given = starts_with_values(source, &none);
    if (node != NULL && node->inputs_known && node->inputs.count > 0) {
        struct party party = takes(node);
        struct diag *diag = diag_report(program->diags, DIAG_SOURCE_INPUTS, source->span,
                                        "source '%s' takes (%s), but nothing comes before a source",
                                        node->name, node->inputs.types);
        diag_note(diag, place_of(&party), "declared here");
    }
    bool known = node == NULL || node->outputs_known;
    if (known && target->inputs_known)
        fit(program, source->target_span, takes(target), given);
    if (known && last != NULL && last->inputs_known)
        fit(program, source->finally_span, takes(last), given);
    if (last != NULL && last->outputs_known && last->outputs.count > 0) {
        struct party party = gives(last);
        struct diag *diag =
            diag_report(program->diags, DIAG_WRONG_KIND, source->finally_span,
                        "'%s' runs last, but gives (%s)", last->name, last->outputs.types);
        diag_note(diag, place_of(&party), "declared here");
    }
    if (source->session != NULL && node->outputs_known && node->outputs.count == 0) {
        struct diag *diag =
            diag_report(program->diags, DIAG_WRONG_KIND, source->session_span,
                        "'%s' gives nothing that a session function could look at", node->name);
        diag_note(diag, node->span, "declared here");
    }
    if (target->outputs_known && target->outputs.count > 0) {
        struct party party = gives(target);
        struct diag *diag =
            diag_report(program->diags, DIAG_DROPPED_OUTPUTS, source->target_span,
                        "the flow ends with (%s), which nobody takes", target->outputs.types);
        diag_note(diag, place_of(&party), "'%s' gives this", target->name);
    }
}

/* ---- the pass -------------------------------------------------------------------------------- */

void types(struct program *program)
{
    struct checks checks = {.program = program};
    signature_infer(program);
    for (unsigned n = 0; n < program->nodes.count; n++) {
        struct node *node = program->nodes.at[n];
        const struct arm *model = node->declared ? NULL : signature_model(node);
        for (unsigned i = 0; i < node->arm_count; i++) {
            const struct arm *arm = &node->arms[i];
            check_members(program, arm);
            if (arm != model)
                check_ends(program, node, arm);
            if (arm->patterns != NULL && node->inputs_known)
                check_patterns(&checks, arm->patterns, arm->pattern_count, takes(node));
        }
        if (node->repeat != NULL)
            check_repeat(&checks, node);
        if (node->await != NULL)
            check_await(program, node);
        if (node->handler != NULL)
            check_handler(program, node->handler, node);
    }
    if (program->default_handler != NULL)
        check_handler(program, program->default_handler, NULL);
    for (unsigned i = 0; i < program->sources.count; i++)
        check_source(program, program->sources.at[i]);
}
