/* Signatures: what every node takes and gives, and whether what stands side by side fits. Nothing
 * is said of what is unknown because of an earlier error. */
#include "passes.h"

#include "cycles.h"
#include "fit.h"
#include "signature.h"
#include "table.h"

#include <string.h>

struct checks {
    struct program *program;
    struct fits fits;
    struct table questions; /* by predicate function */
};

/* ---- bodies (R9, R10, R19, R20) -------------------------------------------------------------- */

static void check_members(struct fits *fits, const struct arm *arm)
{
    for (unsigned i = 1; i < arm->member_count; i++) {
        const struct node *before = arm->members[i - 1].node, *node = arm->members[i].node;
        if (before->outputs_known && node->inputs_known)
            fit(fits, arm->members[i].span, node_takes(node), node_gives(before));
    }
}

/* The ends of a body against the node's own signature, where the one was not made of the other. */
static void check_ends(struct fits *fits, const struct node *node, const struct arm *arm)
{
    enum diag_id id = node->declared ? DIAG_COUNT : DIAG_ARMS_DISAGREE;
    struct party all_take = node_takes(node), all_give = node_gives(node);
    if (!node->declared) {
        all_take.who = all_give.who = "the first arm";
        all_take.named = all_give.named = false;
    }
    if (arm->member_count == 0) {
        struct party passes = {"an empty body", "passes on", &node->inputs, node->span, false};
        if (node->inputs_known && node->outputs_known)
            fit_as(fits, id, arm->span, all_give, passes);
        return;
    }
    const struct member *first = &arm->members[0], *last = &arm->members[arm->member_count - 1];
    if (node->inputs_known && first->node->inputs_known)
        fit_as(fits, id, first->span, node_takes(first->node), all_take);
    if (node->outputs_known && last->node->outputs_known)
        fit_as(fits, id, last->span, node_gives(last->node), all_give);
}

/* ---- predicates (R18) ------------------------------------------------------------------------ */

enum { QUESTIONS_MAX = 3 }; /* noted besides the first that is an error */

/* Where a C function was first asked about a value. */
struct question {
    const struct ctype *type;
    struct span span;
    struct diag *diag; /* that there are others; NULL: none yet */
    unsigned others;
};

/* The value is that of the list at `index`. */
static void check_question(struct checks *checks, const struct pattern *pattern,
                           const struct fields *list, unsigned index)
{
    const struct field *field = &list->at[index];
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
        **slot = (struct question){.type = field->type, .span = pattern->span};
    } else if ((*slot)->type->text == field->type->text) {
        return;
    } else if ((*slot)->diag != NULL) {
        if ((*slot)->others++ < QUESTIONS_MAX)
            diag_note((*slot)->diag, pattern->span, "and about '%s' here", field->type->text);
    } else if (fits_matter(&checks->fits, list, pattern->span)) {
        struct diag *diag =
            diag_report(checks->program->diags, DIAG_PREDICATE_TYPE, pattern->span,
                        "'%s' is asked about '%s' here and about '%s' elsewhere",
                        predicate->function, field->type->text, (*slot)->type->text);
        diag_note(diag, (*slot)->span, "here");
        diag_note(diag, field->span, "this is what it is asked about");
        fits_reported(&checks->fits, list, diag);
        (*slot)->diag = diag;
    }
}

/* Patterns against the values they are for. */
static void check_patterns(struct checks *checks, const struct pattern *patterns, unsigned count,
                           struct party party)
{
    struct span span = patterns[0].span;
    span.end = patterns[count - 1].span.end;
    if (count != party.fields->count && fits_matter(&checks->fits, party.fields, span)) {
        struct arena *arena = checks->program->arena;
        struct diag *diag = diag_report(
            checks->program->diags, DIAG_PATTERN_COUNT, span, "%u pattern%s, but '%s' %s %s", count,
            count == 1 ? "" : "s", party.who, party.does, fit_values(arena, party.fields->count));
        diag_note(diag, party_place(&party), "'%s' %s (%s)", party.who, party.does,
                  party.fields->types);
        fits_reported(&checks->fits, party.fields, diag);
    }
    for (unsigned i = 0; i < count && count == party.fields->count; i++)
        if (patterns[i].predicate != NULL)
            check_question(checks, &patterns[i], party.fields, i);
}

/* ---- repeat and await (R36, R37) ------------------------------------------------------------- */

static void check_repeat(struct checks *checks, const struct node *node)
{
    const struct repeat *repeat = node->repeat;
    if (!node->inputs_known || !node->outputs_known)
        return;
    if (node->inputs.types != node->outputs.types)
        return; /* which has been reported */
    if (node->inputs.count == 0) {
        struct diag *diag = diag_report(checks->program->diags, DIAG_WRONG_KIND, repeat->span,
                                        "'%s' gives nothing that could be tested", node->name);
        diag_note(diag, node->span, "declared here");
        return;
    }
    check_patterns(checks, repeat->patterns, repeat->pattern_count, node_gives(node));
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
    struct party party = node_takes(node);
    struct diag *diag = diag_report(program->diags, DIAG_UNKNOWN_FIELD, span,
                                    "'%s' has no input '%s'", node->name, name);
    diag_note(diag, party_place(&party), "'%s' takes %s", node->name,
              fit_values(program->arena, node->inputs.count));
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

/* What takes part in a check of a handler. node: NULL for `*`. */
struct handling {
    const struct node *node, *h;
    const char *served; /* "'Read'" or "'*'" */
    struct span span;
};

/* Whether H's list not fitting N's is worth an error. */
static bool handling_matters(struct fits *fits, const struct handling *handling,
                             const struct fields *of_h, const struct fields *of_node)
{
    return fits_matter(fits, of_h, handling->span) && fits_matter(fits, of_node, handling->span);
}

static void report_inputs(struct fits *fits, const struct handling *handling,
                          const struct fields *values_of)
{
    const struct node *node = handling->node, *h = handling->h;
    struct program *program = fits->program;
    if (!handling_matters(fits, handling, &h->inputs, values_of))
        return;
    struct diag *diag =
        diag_report(program->diags, DIAG_HANDLER_MISMATCH, handling->span,
                    "'%s' takes (%s), but a handler of %s takes %s", h->name, h->inputs.types,
                    handling->served, with_code(program->arena, values_of->types));
    if (node != NULL) {
        struct party handled = node_takes(node);
        diag_note(diag, party_place(&handled), "'%s' takes (%s)", node->name, node->inputs.types);
    }
    if (!h->implied) {
        struct party party = node_takes(h);
        diag_note(diag, party_place(&party), "'%s' is declared here", h->name);
    }
    fits_reported(fits, &h->inputs, diag);
    fits_reported(fits, values_of, diag);
}

static void report_outputs(struct fits *fits, const struct handling *handling,
                           const struct fields *results_of)
{
    const struct node *node = handling->node, *h = handling->h;
    struct program *program = fits->program;
    if (!handling_matters(fits, handling, &h->outputs, results_of))
        return;
    struct party party = node_gives(h);
    const char *wanted = node != NULL && node->outputs.count > 0
                             ? arena_printf(program->arena, "() or (%s)", node->outputs.types)
                             : "nothing";
    struct diag *diag = diag_report(program->diags, DIAG_HANDLER_MISMATCH, handling->span,
                                    "'%s' gives (%s), but a handler of %s gives %s", h->name,
                                    h->outputs.types, handling->served, wanted);
    if (node != NULL) {
        struct party handled = node_gives(node);
        diag_note(diag, party_place(&handled), "'%s' gives (%s)", node->name, node->outputs.types);
    }
    diag_note(diag, party_place(&party), "'%s' is declared here", h->name);
    fits_reported(fits, &h->outputs, diag);
    fits_reported(fits, results_of, diag);
}

/* node: NULL for `*`. */
static void check_handler(struct checks *checks, struct handler *handler, const struct node *node)
{
    const struct fields none = {.types = ""};
    const struct node *h = handler->node;
    struct arena *arena = checks->program->arena;
    const char *served = node != NULL ? arena_printf(arena, "'%s'", node->name) : "'*'";
    struct handling handling = {node, h, served, handler->span};
    const struct fields *values_of = node != NULL ? &node->inputs : &none;
    if (h->inputs_known && (node == NULL || node->inputs_known) &&
        !find_shape(handler, values_of)) {
        report_inputs(&checks->fits, &handling, values_of);
        return;
    }
    if (!h->outputs_known || (node != NULL && !node->outputs_known))
        return;
    handler->ends = h->outputs.count == 0;
    if (!handler->ends && (node == NULL || h->outputs.types != node->outputs.types))
        report_outputs(&checks->fits, &handling, node != NULL ? &node->outputs : &none);
}

/* ---- sources (R12-R17, R44) ------------------------------------------------------------------ */

/* What the flows of a source begin with. */
static struct party starts_with_values(const struct source *source, const struct fields *none)
{
    if (source->node != NULL)
        return node_gives(source->node);
    return (struct party){"a clock", "gives", none, source->span, false};
}

/* none: what a clock gives. */
static void check_target(struct fits *fits, const struct source *source, const struct fields *none)
{
    const struct node *node = source->node, *target = source->target, *last = source->finally;
    struct party given = starts_with_values(source, none);
    if (node != NULL && (!node->outputs_known || node->inputs.count > 0))
        return; /* it is said that it is no source */
    if (target->inputs_known)
        fit(fits, source->target_span, node_takes(target), given);
    if (last != NULL && last->inputs_known)
        fit(fits, source->finally_span, node_takes(last), given);
}

static void check_source(struct program *program, const struct source *source)
{
    const struct node *node = source->node, *target = source->target, *last = source->finally;
    if (node != NULL && node->inputs_known && node->inputs.count > 0) {
        struct party party = node_takes(node);
        struct diag *diag = diag_report(program->diags, DIAG_SOURCE_INPUTS, source->span,
                                        "source '%s' takes (%s), but nothing comes before a source",
                                        node->name, node->inputs.types);
        diag_note(diag, party_place(&party), "declared here");
    }
    if (last != NULL && last->outputs_known && last->outputs.count > 0) {
        struct party party = node_gives(last);
        struct diag *diag =
            diag_report(program->diags, DIAG_WRONG_KIND, source->finally_span,
                        "'%s' runs last, but gives (%s)", last->name, last->outputs.types);
        diag_note(diag, party_place(&party), "declared here");
    }
    if (source->session != NULL && node->outputs_known && node->outputs.count == 0 &&
        node->inputs.count == 0) {
        struct diag *diag =
            diag_report(program->diags, DIAG_WRONG_KIND, source->session_span,
                        "'%s' gives nothing that a session function could look at", node->name);
        diag_note(diag, node->span, "declared here");
    }
    if (target->outputs_known && target->outputs.count > 0) {
        struct party party = node_gives(target);
        struct diag *diag =
            diag_report(program->diags, DIAG_DROPPED_OUTPUTS, source->target_span,
                        "the flow ends with (%s), which nobody takes", target->outputs.types);
        diag_note(diag, party_place(&party), "'%s' gives this", target->name);
    }
}

/* ---- the pass -------------------------------------------------------------------------------- */

/* Where lists meet: all of these are reported together. */
static void check_meetings(struct checks *checks)
{
    const struct program *program = checks->program;
    const struct fields none = {.types = arena_intern_string(program->arena, "")};
    for (unsigned n = 0; n < program->nodes.count; n++) {
        const struct node *node = program->nodes.at[n];
        const struct arm *model = node->declared ? NULL : signature_model(node);
        for (unsigned i = 0; i < node->arm_count; i++) {
            check_members(&checks->fits, &node->arms[i]);
            if (&node->arms[i] != model)
                check_ends(&checks->fits, node, &node->arms[i]);
        }
        if (node->repeat != NULL && node->inputs_known && node->outputs_known)
            fit(&checks->fits, node->repeat->span, node_takes(node), node_gives(node));
    }
    for (unsigned i = 0; i < program->sources.count; i++)
        check_target(&checks->fits, program->sources.at[i], &none);
    fits_report(&checks->fits);
}

static void check_node(struct checks *checks, const struct node *node)
{
    for (unsigned i = 0; i < node->arm_count; i++) {
        const struct arm *arm = &node->arms[i];
        if (arm->patterns != NULL && node->inputs_known)
            check_patterns(checks, arm->patterns, arm->pattern_count, node_takes(node));
    }
    if (node->repeat != NULL)
        check_repeat(checks, node);
    if (node->await != NULL)
        check_await(checks->program, node);
    if (node->handler != NULL)
        check_handler(checks, node->handler, node);
}

void types(struct program *program)
{
    struct checks checks = {.program = program, .fits = {.program = program}};
    program->order = cycles_check(program);
    signature_infer(program);
    signature_doubt(program);
    check_meetings(&checks);
    for (unsigned i = 0; i < program->nodes.count; i++)
        check_node(&checks, program->nodes.at[i]);
    if (program->default_handler != NULL)
        check_handler(&checks, program->default_handler, NULL);
    for (unsigned i = 0; i < program->sources.count; i++)
        check_source(program, program->sources.at[i]);
}
