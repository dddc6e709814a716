/* emit_step.c - the C of each kind of step. The user's part is mapped to the .flux file by #line,
 * the rest to the emitted file. */
#include "emit_c.h"

#include <inttypes.h>
#include <string.h>

/* ---- names and places ------------------------------------------------------------------------ */

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

const char *emit_label(struct emitter *e, unsigned step)
{
    const struct step *s = &e->routine->steps.at[step];
    if (s->op == STEP_END)
        return "end";
    if (!s->place)
        return s->op == STEP_RECOVER ? "ended" : arena_printf(e->program->arena, "failed_%u", step);
    return arena_printf(e->program->arena, "%s_%u", s->place->node->name, step);
}

bool emit_memos_in_frame(const struct emitter *e)
{
    return e->prog->steps && e->routine->memo_count > 0;
}

const char *emit_memo(struct emitter *e, unsigned number)
{
    return emit_memos_in_frame(e)
               ? arena_printf(e->program->arena, "%s->flux_memo[%u]", e->flow, number - 1)
               : arena_printf(e->program->arena, "flux_memo_%u", number);
}

/* ---- where control goes ---------------------------------------------------------------------- */

/* What an edge does to the number of the flow's way, with --profile; "": nothing. */
static const char *edge_text(struct emitter *e, unsigned from, bool other)
{
    const struct step *step = &e->routine->steps.at[from];
    if (!e->ways || (!other && step->next == STEP_NONE))
        return "";
    uint64_t add = other ? e->ways->add[from] : 0;
    unsigned to = other ? step->other : step->next;
    if (other ? e->ways->other_cut[from] : e->ways->next_cut[from])
        return arena_printf(e->program->arena,
                            "flux_path_turn(%s, UINT64_C(%" PRIu64 "), UINT64_C(%" PRIu64 "));",
                            e->base, add, paths_first(e->ways, paths_kind(from, to), to));
    if (add == 0)
        return "";
    return arena_printf(e->program->arena, "flux_path_add(%s, UINT64_C(%" PRIu64 "));", e->base,
                        add);
}

static void emit_edge(struct emitter *e, unsigned from, bool other, const char *indent)
{
    const char *text = edge_text(e, from, other);
    if (*text != '\0')
        text_print(e->out, "%s%s\n", indent, text);
}

void emit_beginning(struct emitter *e, enum path_start kind, unsigned step)
{
    text_print(e->out,
               "    flux_path_begin(%s, UINT64_C(%" PRIu64 "));\n"
               "    flux_watch_%s(%s);\n",
               e->base, paths_first(e->ways, kind, step), kind == PATH_SOURCE ? "source" : "flow",
               e->base);
}

static void emit_end(struct emitter *e)
{
    if (e->ways)
        text_print(e->out, "    flux_path_end(%s);\n", e->base);
}

static void emit_goto(struct emitter *e, unsigned from, const char *indent)
{
    unsigned next = e->routine->steps.at[from].next;
    emit_edge(e, from, false, indent);
    if (next != STEP_NONE && next != e->after[from])
        text_print(e->out, "%sgoto %s;\n", indent, emit_label(e, next));
}

/* error != 0: remember whose it is, and leave. */
static void emit_error_edge(struct emitter *e, unsigned index, const char *error)
{
    const struct step *step = &e->routine->steps.at[index];
    text_print(e->out,
               "    if (%s != 0) {\n"
               "        flux_failing(%s, &flux_places[%u], %s);\n",
               error, e->base, step->place->index, error);
    emit_edge(e, index, true, "        ");
    text_print(e->out,
               "        goto %s;\n"
               "    }\n",
               emit_label(e, step->other));
}

/* Behind a condition: on to `other`. opens: what the condition's line ends with. */
static const char *opens(struct emitter *e, unsigned index)
{
    return *edge_text(e, index, true) != '\0' ? " {" : "";
}

static void emit_other(struct emitter *e, unsigned index)
{
    emit_edge(e, index, true, "        ");
    text_print(e->out, "        goto %s;\n", emit_label(e, e->routine->steps.at[index].other));
    if (*opens(e, index) != '\0')
        text_print(e->out, "    }\n");
}

static void emit_suspension(struct emitter *e, const struct step *step, const char *call)
{
    text_print(e->out,
               "    if (!%s)\n"
               "        return FLUX_PARKED;\n"
               "%s_%u:\n",
               call, e->resume, step->at);
}

/* Read_in in = {.socket = flow->Listen.socket}; a field that may be an array is copied. */
static void emit_input(struct emitter *e, const struct step *step)
{
    const struct node *node = step->place->node;
    const struct fields *given = step->input ? step->input->fields : NULL;
    unsigned count = 0;
    size_t length = 2 * strlen(node->name);
    const char **items = arena_alloc(e->program->arena, (node->inputs.count + 1) * sizeof *items);

    for (unsigned i = 0; given && i < given->count; i++)
        if (!given->at[i].type->may_be_array)
            items[count++] = arena_printf(e->program->arena, ".%s = %s.%s", node->inputs.at[i].name,
                                          value_text(e, step->input), given->at[i].name);
    if (step->takes_error)
        items[count++] = arena_printf(e->program->arena, ".%s = %s->failed_code",
                                      node->inputs.at[node->inputs.count - 1].name, e->base);
    for (unsigned i = 0; i < count; i++)
        length += strlen(items[i]) + 2;

    text_print(e->out, "        %s_in %s", node->name, e->in);
    if (count > 0) {
        bool flat = length < 76;
        text_print(e->out, " = {");
        for (unsigned i = 0; i < count; i++)
            text_print(e->out, "%s%s%s", flat ? (i > 0 ? " " : "") : "\n            ", items[i],
                       flat && i + 1 == count ? "" : ",");
        text_print(e->out, "%s}", flat ? "" : "\n        ");
    }
    text_print(e->out, ";\n");
    for (unsigned i = 0; given && i < given->count; i++)
        if (given->at[i].type->may_be_array)
            text_print(e->out, "        FLUX_COPY(%s.%s, %s.%s);\n", e->in, node->inputs.at[i].name,
                       value_text(e, step->input), given->at[i].name);
}

static void emit_call(struct emitter *e, unsigned index)
{
    const struct step *step = &e->routine->steps.at[index];
    const struct node *node = step->place->node;
    struct text *out = e->out;
    if (e->ways)
        text_print(out, "    FLUX_CALL(%s, %u);\n", e->base, step->place->index);
    const char *result =
        step->value ? arena_printf(e->program->arena, "&%s", value_text(e, step->value)) : NULL;
    if (node->inputs.count == 0) {
        line_of(e, step->span);
        text_print(out, "    %s = %s(%s);\n", e->error, node->name, result ? result : "");
        line_back(e);
    } else {
        text_print(out, "    {\n");
        emit_input(e, step);
        line_of(e, step->span);
        text_print(out, "        %s = %s(&%s%s%s);\n", e->error, node->name, e->in,
                   result ? ", " : "", result ? result : "");
        line_back(e);
        text_print(out, "    }\n");
    }
    if (e->ways)
        text_print(out, "    FLUX_RETURN(%s, %u, %s);\n", e->base, step->place->index, e->error);
    emit_error_edge(e, index, e->error);
}

static void emit_test(struct emitter *e, unsigned index)
{
    const struct step *step = &e->routine->steps.at[index];
    struct text *out = e->out;
    const char *question =
        arena_printf(e->program->arena, "%s(%s.%s)", step->predicate->function,
                     value_text(e, step->input), step->input->fields->at[step->field].name);
    if (step->memo) {
        const char *memo = emit_memo(e, step->memo);
        text_print(out, "    if (%s < 0)\n", memo);
        line_of(e, step->span);
        text_print(out, "        %s = %s;\n", memo, question);
        line_back(e);
        text_print(out, "    if (!%s)%s\n", memo, opens(e, index));
    } else {
        line_of(e, step->span);
        text_print(out, "    if (!%s)%s\n", question, opens(e, index));
        line_back(e);
    }
    emit_other(e, index);
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

static void emit_await(struct emitter *e, unsigned index)
{
    const struct step *step = &e->routine->steps.at[index];
    const struct await *await = step->place->node->await;
    const char *value = value_text(e, step->input);
    const char *limit = await->limit_field >= 0
                            ? arena_printf(e->program->arena, "%s.%s", value,
                                           step->input->fields->at[await->limit_field].name)
                            : arena_printf(e->program->arena, "%" PRId64, await->limit);
    bool idle = emit_idles(e->routine, index);
    if (e->ways)
        text_print(e->out, "    flux_profile_%s(%s);\n", idle ? "idles" : "await", e->base);
    emit_suspension(e, step,
                    arena_printf(e->program->arena,
                                 "flux_await(%s, %s.%s, %s,\n                    %s, %s, %u)",
                                 e->base, value, step->input->fields->at[await->fd].name,
                                 await->writable ? "FLUX_WRITABLE" : "FLUX_READABLE", limit,
                                 step->idle ? "true" : "false", step->at));
    if (e->ways && idle)
        text_print(e->out, "    flux_watch_request(%s);\n", e->base);
    else if (e->ways)
        text_print(e->out, "    flux_profile_awaited(%s, %u);\n", e->base, step->place->index);
    emit_error_edge(e, index, arena_printf(e->program->arena, "%s->error", e->base));
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

void emit_step(struct emitter *e, unsigned index)
{
    const struct step *step = &e->routine->steps.at[index];
    struct arena *arena = e->program->arena;
    struct text *out = e->out;

    switch (step->op) {
    case STEP_CALL:
        emit_call(e, index);
        break;
    case STEP_TEST:
        emit_test(e, index);
        break;
    case STEP_MEMO:
        for (unsigned i = 0; i < step->field; i++)
            text_print(out, "    %s = -1;\n", emit_memo(e, step->memo + i));
        break;
    case STEP_TAKE:
        emit_take(e, step);
        break;
    case STEP_GIVE:
        emit_give(e, step);
        break;
    case STEP_AWAIT:
        emit_await(e, index);
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
        emit_error_edge(e, index, e->error);
        break;
    case STEP_BORN:
        if (e->routine->source->session) {
            const struct source *source = e->routine->source;
            line_of(e, source->session_span);
            text_print(out, "    %s->session_id = %s(&%s);\n", e->base, source->session,
                       value_text(e, step->input));
            line_back(e);
        }
        if (e->ways)
            text_print(out, "    flux_path_end(%s);\n", e->base);
        text_print(out, "    return flux_source_done(%s, %u);\n%s_%u:\n", e->base, step->at,
                   e->resume, step->at);
        if (e->ways)
            emit_beginning(e, PATH_FLOW, step->next);
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
        text_print(out, "    if (%s->failed_code == FLUX_STOP)%s\n", e->base, opens(e, index));
        emit_other(e, index);
        break;
    case STEP_RECOVER:
        emit_recover(e, step);
        break;
    case STEP_UNHANDLED:
        text_print(out, "    flux_unhandled(%s, %s->failed, %s->failed_code);\n", e->base, e->base,
                   e->base);
        break;
    case STEP_LEAVE:
        emit_end(e);
        text_print(out, "    return flux_source_fail(%s, %s->failed, %s->failed_code, %s);\n",
                   e->base, e->base, e->base, step->handled ? "true" : "false");
        break;
    case STEP_END:
        emit_end(e);
        text_print(out, "    return FLUX_ENDED;\n");
        break;
    case STEP_GOTO:
        break;
    }
    emit_goto(e, index, "    ");
}
