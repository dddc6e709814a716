/* emit_c.c - x_flux.c: for every source a frame, a resumable function, and the program's tables.
 *
 * A routine's steps are printed in their order, those of error paths behind the others; where the
 * next step is not the one printed next, a goto says so. Names of the emitter's own (base, flow,
 * now, error, in) step aside where the program uses them. The user's part of each step is mapped
 * to the .flux file by #line, the rest to the emitted file.
 */
#include "emit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct emitter {
    const struct prog *prog;
    const struct program *program;
    const struct emit_options *options;
    struct text *out;

    const struct routine *routine;
    const bool *labelled;      /* by step: something jumps to it */
    const unsigned *after;     /* by step: the one printed behind it; STEP_NONE */
    const struct place *shown; /* whose heading was printed last */
    const char *base, *flow, *now, *error, *in, *resume;
};

/* ---- names ----------------------------------------------------------------------------------- */

/* A name that no function of the program has. */
static const char *free_name(const struct program *program, const char *name)
{
    for (unsigned i = 0; i < program->nodes.count; i++)
        if (strcmp(program->nodes.at[i]->name, name) == 0)
            return free_name(program, arena_printf(program->arena, "%s_", name));
    for (unsigned i = 0; i < program->predicates.count; i++)
        if (strcmp(program->predicates.at[i]->function, name) == 0)
            return free_name(program, arena_printf(program->arena, "%s_", name));
    for (unsigned i = 0; i < program->sources.count; i++)
        if (program->sources.at[i]->session && strcmp(program->sources.at[i]->session, name) == 0)
            return free_name(program, arena_printf(program->arena, "%s_", name));
    return name;
}

static void line_of(struct emitter *e, struct span span)
{
    if (!e->options->no_lines && span.file)
        text_print(e->out, "#line %u \"%s\"\n", source_position(span.file, span.begin).line,
                   emit_c_string(e->program->arena, span.file->name));
}

/* Back to the emitted file, whose next line this tells. */
static void line_back(struct emitter *e)
{
    if (!e->options->no_lines)
        text_print(e->out, "#line %u \"%s\"\n", e->out->lines + 2,
                   emit_c_string(e->program->arena, e->options->c_name));
}

/* flow->ReadRequest or now.ReadRequest */
static const char *value_text(struct emitter *e, const struct value *value)
{
    return arena_printf(e->program->arena, "%s%s%s", value->in_frame ? e->flow : e->now,
                        value->in_frame ? "->" : ".", value->name);
}

static const char *value_type(struct emitter *e, const struct value *value)
{
    return arena_printf(e->program->arena, "%s_%s", value->node->name, value->input ? "in" : "out");
}

/* "Image > Handler > Compress"; of a deep one the inner end. */
static const char *path_text(struct emitter *e, const struct place *place)
{
    const char *path = place->node->name;
    const struct place *up = place->up;
    for (int i = 0; up && i < 4; i++, up = up->up)
        path = arena_printf(e->program->arena, "%s > %s", up->node->name, path);
    return up ? arena_printf(e->program->arena, "... > %s", path) : path;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void emit_tables(struct emitter *e)
{
    const struct program *program = e->program;
    struct text *out = e->out;

    text_print(out, "\n/* The nodes, and the places where they stand: node, and place around. */\n"
                    "static const struct flux_node flux_nodes[] = {\n");
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        text_print(out, "    {\"%s\", \"%s\", %u},\n", node->name,
                   emit_c_string(program->arena, node->span.file->name),
                   source_position(node->span.file, node->span.begin).line);
    }
    text_print(out, "};\n\nstatic const struct flux_place flux_places[] = {\n");
    for (unsigned i = 0; i < e->prog->places.count; i++) {
        const struct place *place = e->prog->places.at[i];
        if (place->up)
            text_print(out, "    {&flux_nodes[%u], &flux_places[%u]}, /* %u: %s */\n",
                       place->node->index, place->up->index, i, place->node->name);
        else
            text_print(out, "    {&flux_nodes[%u], NULL}, /* %u: %s */\n", place->node->index, i,
                       place->node->name);
    }
    text_print(out, "};\n");

    bool first = true;
    for (unsigned i = 0; i < program->constraints.count; i++) {
        const struct constraint *constraint = program->constraints.at[i];
        if (constraint->scope != SCOPE_PROGRAM)
            continue;
        text_print(out,
                   "%sstatic struct flux_constraint flux_constraint_%s = "
                   "FLUX_CONSTRAINT(\"%s\", %u);\n",
                   first ? "\n/* Constraints of program scope, in the order of taking. */\n" : "",
                   constraint->name, constraint->name, constraint->rank);
        first = false;
    }
}

static void emit_source_row(struct emitter *e, const struct source *source)
{
    struct position at = source_position(source->span.file, source->span.begin);
    text_print(e->out,
               "    {\n"
               "        .name = \"%s\",\n"
               "        .file = \"%s\",\n"
               "        .line = %u,\n"
               "        .run = flux_run_%s,\n"
               "        .frame_size = sizeof(struct flux_frame_%s),\n",
               source->name, emit_c_string(e->program->arena, source->span.file->name), at.line,
               source->symbol, source->symbol);
    if (source->period)
        text_print(e->out, "        .period = UINT64_C(%" PRIu64 "),\n", source->period);
    if (source->parallel)
        text_print(e->out, "        .parallel = true,\n");
    if (source->session)
        text_print(e->out, "        .sessions = true,\n");
    text_print(e->out, "    },\n");
}

static void emit_constraint_lists(struct emitter *e, unsigned *programs, unsigned *sessions)
{
    const struct program *program = e->program;
    *programs = *sessions = 0;
    for (unsigned i = 0; i < program->constraints.count; i++)
        (*(program->constraints.at[i]->scope == SCOPE_PROGRAM ? programs : sessions))++;
    if (*programs > 0) {
        text_print(e->out, "\nstatic struct flux_constraint *const flux_constraints[] = {\n");
        for (unsigned i = 0; i < program->constraints.count; i++)
            if (program->constraints.at[i]->scope == SCOPE_PROGRAM)
                text_print(e->out, "    &flux_constraint_%s,\n", program->constraints.at[i]->name);
        text_print(e->out, "};\n");
    }
    if (*sessions > 0) {
        text_print(e->out, "\nstatic const char *const flux_session_constraints[] = {\n");
        for (unsigned i = 0; i < program->constraints.count; i++)
            if (program->constraints.at[i]->scope == SCOPE_SESSION)
                text_print(e->out, "    \"%s\",\n", program->constraints.at[i]->name);
        text_print(e->out, "};\n");
    }
}

static void emit_program(struct emitter *e)
{
    const struct program *program = e->program;
    struct text *out = e->out;
    unsigned programs, sessions;

    text_print(out, "\n/* The program. */\n");
    text_print(out, "static const struct flux_source flux_sources[] = {\n");
    for (unsigned i = 0; i < program->sources.count; i++)
        emit_source_row(e, program->sources.at[i]);
    text_print(out, "};\n");
    emit_constraint_lists(e, &programs, &sessions);
    text_print(out,
               "\nconst struct flux_program flux_program = {\n"
               "    .abi = %d,\n"
               "    .name = \"%s\",\n"
               "    .runtime = \"%s\",\n"
               "    .runtime_symbol = &flux_runtime_is_%s,\n"
               "    .sources = flux_sources,\n"
               "    .source_count = %u,\n",
               EMIT_ABI_VERSION, emit_c_string(program->arena, program->name),
               e->options->runtime->name, e->options->runtime->name, program->sources.count);
    if (programs > 0)
        text_print(out,
                   "    .constraints = flux_constraints,\n"
                   "    .constraint_count = %u,\n",
                   programs);
    if (sessions > 0)
        text_print(out,
                   "    .session_constraints = flux_session_constraints,\n"
                   "    .session_constraint_count = %u,\n",
                   sessions);
    if (program->initial)
        text_print(out, "    .initial = %s,\n", program->initial->name);
    if (program->final)
        text_print(out, "    .final = %s,\n", program->final->name);
    text_print(out, "};\n");
}

/* ---- frames and locals ----------------------------------------------------------------------- */

static bool has_values(const struct routine *routine, bool in_frame)
{
    for (unsigned i = 0; i < routine->values.count; i++)
        if (routine->values.at[i]->in_frame == in_frame)
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct value *const *)a)->name, (*(struct value *const *)b)->name);
}

/* One member for each storage, however many values share it, in the order of first use. */
static void emit_members(struct emitter *e, bool in_frame)
{
    const struct routine *routine = e->routine;
    unsigned count = 0;
    struct value **sorted =
        arena_alloc(e->program->arena, (routine->values.count + 1) * sizeof(struct value *));
    for (unsigned i = 0; i < routine->values.count; i++)
        if (routine->values.at[i]->in_frame == in_frame)
            sorted[count++] = routine->values.at[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    for (unsigned i = 0; i < count; i++)
        if (i == 0 || strcmp(sorted[i]->name, sorted[i - 1]->name) != 0)
            text_print(e->out, "    %s %s;\n", value_type(e, sorted[i]), sorted[i]->name);
}

/* In a runtime that announces every step, answers outlive the steps between. */
static bool memos_in_frame(const struct emitter *e)
{
    return e->prog->steps && e->routine->memo_count > 0;
}

static const char *memo_text(struct emitter *e, unsigned number)
{
    return memos_in_frame(e)
               ? arena_printf(e->program->arena, "%s->flux_memo[%u]", e->flow, number - 1)
               : arena_printf(e->program->arena, "flux_memo_%u", number);
}

static bool uses_frame(struct emitter *e)
{
    return has_values(e->routine, true) || e->routine->failure_count > 0 || memos_in_frame(e);
}

static void emit_frame(struct emitter *e)
{
    const struct routine *routine = e->routine;
    text_print(e->out,
               "/* What a flow of it keeps while it waits. */\nstruct flux_frame_%s {\n"
               "    struct flux_flow flux_base;\n",
               routine->source->symbol);
    if (routine->failure_count > 0)
        text_print(e->out, "    struct flux_failure flux_failures[%u];\n", routine->failure_count);
    if (memos_in_frame(e))
        text_print(e->out, "    int flux_memo[%u];\n", routine->memo_count);
    emit_members(e, true);
    text_print(e->out, "};\n\n");
    if (has_values(routine, false)) {
        text_print(e->out, "/* What it needs between two waits. */\nstruct flux_now_%s {\n",
                   routine->source->symbol);
        emit_members(e, false);
        text_print(e->out, "};\n\n");
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

static const char *label_text(struct emitter *e, unsigned step)
{
    const struct step *s = &e->routine->steps.at[step];
    if (s->op == STEP_END || (s->op == STEP_RECOVER && !s->place))
        return s->op == STEP_END ? "end" : "ended";
    return arena_printf(e->program->arena, "%s_%u", s->place ? s->place->node->name : "flow", step);
}

static void emit_goto(struct emitter *e, unsigned from, const char *indent)
{
    unsigned next = e->routine->steps.at[from].next;
    if (next != STEP_NONE && next != e->after[from])
        text_print(e->out, "%sgoto %s;\n", indent, label_text(e, next));
}

/* error != 0: remember whose it is, and leave. */
static void emit_error_edge(struct emitter *e, const struct step *step, const char *error)
{
    text_print(e->out,
               "    if (%s != 0) {\n"
               "        flux_failing(%s, &flux_places[%u], %s);\n"
               "        goto %s;\n"
               "    }\n",
               error, e->base, step->place->index, error, label_text(e, step->other));
}

static void emit_suspension(struct emitter *e, const struct step *step, const char *call)
{
    text_print(e->out,
               "    if (!%s)\n"
               "        return FLUX_PARKED;\n"
               "%s_%u:\n",
               call, e->resume, step->at);
}

/* {.socket = flow->Listen.socket, .error = base->failed_code}; fields that may be arrays are left
 * to emit_array_copies. Empty where nothing can be initialised so. */
static const char *initialiser(struct emitter *e, const struct step *step)
{
    struct arena *arena = e->program->arena;
    const struct fields *inputs = &step->place->node->inputs;
    const struct fields *given = step->input ? step->input->fields : NULL;
    const char *text = "";
    const char *joint = "\n            ";
    size_t length = 0;
    bool any = false;

    for (unsigned i = 0; given && i < given->count; i++) {
        if (given->at[i].type->may_be_array)
            continue;
        const char *item = arena_printf(arena, ".%s = %s.%s", inputs->at[i].name,
                                        value_text(e, step->input), given->at[i].name);
        text = arena_printf(arena, "%s%s%s", text, any ? "," : "",
                            arena_printf(arena, "%s%s", any ? joint : "", item));
        length += strlen(item) + 2;
        any = true;
    }
    if (step->takes_error) {
        const char *item = arena_printf(arena, ".%s = %s->failed_code",
                                        inputs->at[inputs->count - 1].name, e->base);
        text = arena_printf(arena, "%s%s%s%s", text, any ? "," : "", any ? joint : "", item);
        length += strlen(item) + 2;
    }
    /* On one line where it fits. */
    if (length > 0 && length < 70) {
        char *flat = arena_printf(arena, "%s", text);
        char *to = flat;
        for (const char *from = text; *from; from++) {
            if (*from == '\n') {
                *to++ = ' ';
                while (from[1] == ' ')
                    from++;
            } else {
                *to++ = *from;
            }
        }
        *to = '\0';
        text = flat;
    }
    return text;
}

static void emit_array_copies(struct emitter *e, const struct step *step)
{
    const struct fields *inputs = &step->place->node->inputs;
    const struct fields *given = step->input ? step->input->fields : NULL;
    for (unsigned i = 0; given && i < given->count; i++)
        if (given->at[i].type->may_be_array)
            text_print(e->out, "        FLUX_COPY(%s.%s, %s.%s);\n", e->in, inputs->at[i].name,
                       value_text(e, step->input), given->at[i].name);
}

static void emit_call(struct emitter *e, const struct step *step)
{
    const struct node *node = step->place->node;
    struct text *out = e->out;
    const char *result =
        step->value ? arena_printf(e->program->arena, "&%s", value_text(e, step->value)) : NULL;
    if (node->inputs.count == 0) {
        line_of(e, step->span);
        text_print(out, "    %s = %s(%s);\n", e->error, node->name, result ? result : "");
        line_back(e);
    } else {
        const char *init = initialiser(e, step);
        text_print(out, "    {\n");
        if (*init)
            text_print(out, "        %s_in %s = {%s};\n", node->name, e->in, init);
        else
            text_print(out, "        %s_in %s;\n", node->name, e->in);
        emit_array_copies(e, step);
        line_of(e, step->span);
        text_print(out, "        %s = %s(&%s%s%s);\n", e->error, node->name, e->in,
                   result ? ", " : "", result ? result : "");
        line_back(e);
        text_print(out, "    }\n");
    }
    emit_error_edge(e, step, e->error);
}

static void emit_test(struct emitter *e, const struct step *step)
{
    struct text *out = e->out;
    const char *question =
        arena_printf(e->program->arena, "%s(%s.%s)", step->predicate->function,
                     value_text(e, step->input), step->input->fields->at[step->field].name);
    if (step->memo) {
        const char *memo = memo_text(e, step->memo);
        text_print(out, "    if (%s < 0)\n", memo);
        line_of(e, step->span);
        text_print(out, "        %s = %s;\n", memo, question);
        line_back(e);
        text_print(out, "    if (!%s)\n", memo);
    } else {
        line_of(e, step->span);
        text_print(out, "    if (!%s)\n", question);
        line_back(e);
    }
    text_print(out, "        goto %s;\n", label_text(e, step->other));
}

static void emit_copy(struct emitter *e, const struct step *step)
{
    const struct fields *to = step->value->fields;
    const char *target = value_text(e, step->value);
    for (unsigned i = 0; step->input && i < step->input->fields->count; i++) {
        const struct field *field = &step->input->fields->at[i];
        const char *source = value_text(e, step->input);
        if (field->type->may_be_array)
            text_print(e->out, "    FLUX_COPY(%s.%s, %s.%s);\n", target, to->at[i].name, source,
                       field->name);
        else
            text_print(e->out, "    %s.%s = %s.%s;\n", target, to->at[i].name, source, field->name);
    }
    if (step->takes_error)
        text_print(e->out, "    %s.%s = %s->failed_code;\n", target, to->at[to->count - 1].name,
                   e->base);
}

/* The index of a session constraint among those of its scope; they come first (R29). */
static unsigned session_index(const struct lock *lock)
{
    return lock->constraint->rank;
}

static void emit_take(struct emitter *e, const struct step *step)
{
    const struct constraint *constraint = step->lock->constraint;
    const char *mode = step->write ? "FLUX_WRITE" : "FLUX_READ";
    emit_suspension(
        e, step,
        constraint->scope == SCOPE_SESSION
            ? arena_printf(e->program->arena, "flux_take_session(%s, %u /* %s */, %s, %u)", e->base,
                           session_index(step->lock), constraint->name, mode, step->at)
            : arena_printf(e->program->arena, "flux_take(%s, &flux_constraint_%s, %s, %u)", e->base,
                           constraint->name, mode, step->at));
}

static void emit_give(struct emitter *e, const struct step *step)
{
    const struct constraint *constraint = step->lock->constraint;
    const char *mode = step->write ? "FLUX_WRITE" : "FLUX_READ";
    if (constraint->scope == SCOPE_SESSION)
        text_print(e->out, "    flux_give_session(%s, %u /* %s */, %s);\n", e->base,
                   session_index(step->lock), constraint->name, mode);
    else
        text_print(e->out, "    flux_give(%s, &flux_constraint_%s, %s);\n", e->base,
                   constraint->name, mode);
}

static void emit_await(struct emitter *e, const struct step *step)
{
    const struct await *await = step->place->node->await;
    const char *value = value_text(e, step->input);
    const char *limit = await->limit_field >= 0
                            ? arena_printf(e->program->arena, "%s.%s", value,
                                           step->input->fields->at[await->limit_field].name)
                            : arena_printf(e->program->arena, "%" PRId64, await->limit);
    emit_suspension(e, step,
                    arena_printf(e->program->arena, "flux_await(%s, %s.%s, %s, %s, %s, %u)",
                                 e->base, value, step->input->fields->at[await->fd].name,
                                 await->writable ? "FLUX_WRITABLE" : "FLUX_READABLE", limit,
                                 step->idle ? "true" : "false", step->at));
    emit_error_edge(e, step, arena_printf(e->program->arena, "%s->error", e->base));
}

/* What a runtime that follows every step is told of the one that comes. */
static void emit_announcement(struct emitter *e, unsigned index)
{
    const struct step *step = &e->routine->steps.at[index];
    const struct step *next = &e->routine->steps.at[index + 1];
    const char *what = prog_op_name(next->op);
    const char *detail = next->op == STEP_TEST ? next->predicate->function
                         : next->lock          ? next->lock->constraint->name
                                               : step->place->node->name;
    emit_suspension(e, step,
                    arena_printf(e->program->arena,
                                 "flux_step(%s, &flux_places[%u], \"%s\", \"%s\", %u)", e->base,
                                 step->place->index, what, detail, step->at));
}

static void emit_recover(struct emitter *e, const struct step *step)
{
    if (step->field > 0)
        text_print(e->out,
                   "    flux_failing(%s, %s->flux_failures[%u].place, "
                   "%s->flux_failures[%u].code);\n",
                   e->base, e->flow, step->field - 1, e->flow, step->field - 1);
    else
        text_print(e->out, "    flux_failing(%s, NULL, 0);\n", e->base);
}

static void emit_step(struct emitter *e, unsigned index)
{
    const struct step *step = &e->routine->steps.at[index];
    struct arena *arena = e->program->arena;
    struct text *out = e->out;

    switch (step->op) {
    case STEP_CALL:
        emit_call(e, step);
        break;
    case STEP_TEST:
        emit_test(e, step);
        break;
    case STEP_MEMO:
        for (unsigned i = 0; i < step->field; i++)
            text_print(out, "    %s = -1;\n", memo_text(e, step->memo + i));
        break;
    case STEP_TAKE:
        emit_take(e, step);
        break;
    case STEP_GIVE:
        emit_give(e, step);
        break;
    case STEP_AWAIT:
        emit_await(e, step);
        break;
    case STEP_BLOCK:
        emit_suspension(e, step, arena_printf(arena, "flux_block(%s, %u)", e->base, step->at));
        break;
    case STEP_UNBLOCK:
        emit_suspension(e, step, arena_printf(arena, "flux_unblock(%s, %u)", e->base, step->at));
        break;
    case STEP_TURN:
        emit_suspension(e, step, arena_printf(arena, "flux_turn(%s, %u)", e->base, step->at));
        break;
    case STEP_STEP:
        emit_announcement(e, index);
        break;
    case STEP_COPY:
        emit_copy(e, step);
        break;
    case STEP_JOIN:
        text_print(out, "    %s = flux_session_join(%s);\n", e->error, e->base);
        emit_error_edge(e, step, e->error);
        break;
    case STEP_BORN:
        if (e->routine->source->session) {
            const struct source *source = e->routine->source;
            line_of(e, source->session_span);
            text_print(out, "    %s->session_id = %s(&%s);\n", e->base, source->session,
                       value_text(e, step->input));
            line_back(e);
        }
        text_print(out, "    return flux_source_done(%s, %u);\n%s_%u:\n", e->base, step->at,
                   e->resume, step->at);
        break;
    case STEP_NOMATCH:
        text_print(out, "    flux_failing(%s, &flux_places[%u], FLUX_ENOMATCH);\n", e->base,
                   step->place->index);
        break;
    case STEP_FAIL:
        if (step->write)
            text_print(out,
                       "    %s->flux_failures[%u] = "
                       "(struct flux_failure){%s->failed, %s->failed_code};\n",
                       e->flow, step->field, e->base, e->base);
        break;
    case STEP_STOPPED:
        text_print(out, "    if (%s->failed_code == FLUX_STOP)\n        goto %s;\n", e->base,
                   label_text(e, step->other));
        break;
    case STEP_RECOVER:
        emit_recover(e, step);
        break;
    case STEP_UNHANDLED:
        text_print(out, "    flux_unhandled(%s, %s->failed, %s->failed_code);\n", e->base, e->base,
                   e->base);
        break;
    case STEP_LEAVE:
        text_print(out, "    return flux_source_fail(%s, %s->failed, %s->failed_code, %s);\n",
                   e->base, e->base, e->base, step->handled ? "true" : "false");
        break;
    case STEP_END:
        text_print(out, "    return FLUX_ENDED;\n");
        break;
    case STEP_GOTO:
        break;
    }
    emit_goto(e, index, "    ");
}

/* ---- routines -------------------------------------------------------------------------------- */

/* The order of printing: those of error paths behind the others. */
static unsigned *printing_order(struct emitter *e)
{
    const struct routine *routine = e->routine;
    unsigned count = routine->steps.count, filled = 0;
    unsigned *order = arena_alloc(e->program->arena, count * sizeof *order);
    for (int cold = 0; cold < 2; cold++)
        for (unsigned i = 0; i < count; i++)
            if (routine->steps.at[i].cold == (cold == 1))
                order[filled++] = i;

    bool *labelled = arena_alloc(e->program->arena, count);
    unsigned *after = arena_alloc(e->program->arena, count * sizeof *after);
    for (unsigned k = 0; k < count; k++)
        after[order[k]] = k + 1 < count ? order[k + 1] : STEP_NONE;
    for (unsigned i = 0; i < count; i++) {
        const struct step *step = &routine->steps.at[i];
        if (step->next != STEP_NONE && step->next != after[i])
            labelled[step->next] = true;
        if (step->other != STEP_NONE)
            labelled[step->other] = true;
    }
    e->after = after;
    e->labelled = labelled;
    return order;
}

static void emit_resumptions(struct emitter *e)
{
    text_print(e->out, "    switch (%s->at) {\n", e->base);
    for (unsigned at = 1; at <= e->routine->at_count; at++)
        text_print(e->out, "    case %u:\n        goto %s_%u;\n", at, e->resume, at);
    text_print(e->out, "    default:\n        break;\n    }\n");
}

static bool has_op(const struct routine *routine, enum step_op op)
{
    for (unsigned i = 0; i < routine->steps.count; i++)
        if (routine->steps.at[i].op == op)
            return true;
    return false;
}

static void emit_routine(struct emitter *e, const struct routine *routine)
{
    const struct source *source = routine->source;
    struct text *out = e->out;
    e->routine = routine;
    e->shown = NULL;

    text_print(out, "\n/* source %s => %s */\n\n", source->name, source->target->name);
    emit_frame(e);
    text_print(out, "static enum flux_next flux_run_%s(struct flux_flow *%s)\n{\n", source->symbol,
               e->base);
    if (uses_frame(e))
        text_print(out, "    struct flux_frame_%s *%s = (struct flux_frame_%s *)%s;\n",
                   source->symbol, e->flow, source->symbol, e->base);
    if (has_values(routine, false))
        text_print(out, "    struct flux_now_%s %s;\n", source->symbol, e->now);
    if (has_op(routine, STEP_CALL) || has_op(routine, STEP_JOIN))
        text_print(out, "    int %s;\n", e->error);
    if (!memos_in_frame(e))
        for (unsigned i = 1; i <= routine->memo_count; i++)
            text_print(out, "    int %s = -1;\n", memo_text(e, i));
    text_print(out, "\n");
    if (routine->at_count > 0)
        emit_resumptions(e);

    unsigned *order = printing_order(e);
    bool cold = false;
    for (unsigned k = 0; k < routine->steps.count; k++) {
        const struct step *step = &routine->steps.at[order[k]];
        if (step->place && (step->place != e->shown || step->cold != cold))
            text_print(out, "\n    /* %s%s */\n", path_text(e, step->place),
                       step->cold ? ", after an error" : "");
        else if (!step->place && e->shown)
            text_print(out, "\n");
        e->shown = step->place;
        cold = step->cold;
        if (e->labelled[order[k]])
            text_print(out, "%s:\n", label_text(e, order[k]));
        emit_step(e, order[k]);
    }
    text_print(out, "}\n");
}

void emit_c(const struct prog *prog, const struct emit_options *options, struct text *out)
{
    struct emitter e = {.prog = prog, .program = prog->program, .options = options, .out = out};
    e.base = free_name(e.program, "base");
    e.flow = free_name(e.program, "flow");
    e.now = free_name(e.program, "now");
    e.error = free_name(e.program, "error");
    e.in = free_name(e.program, "in");
    e.resume = free_name(e.program, "resume");

    text_print(
        out,
        "/* Generated by fluxc from %s for the runtime %s. Do not edit.\n"
        " *\n"
        " * For every source one function: it runs in a frame, first the source, then the flow "
        "that begins\n"
        " * with its outputs. Where it has to wait it returns, and goes on at `at` when it is "
        "called again.\n"
        " */\n"
        "#include \"%s\"\n\n"
        "#include \"flux_abi.h\"\n",
        emit_comment(e.program->arena, e.program->file->name), options->runtime->name,
        emit_c_string(e.program->arena, options->h_name));
    emit_tables(&e);
    for (unsigned i = 0; i < prog->routines.count; i++)
        emit_routine(&e, prog->routines.at[i]);
    emit_program(&e);
}
