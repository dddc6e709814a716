/* emit_c.c - x_flux.c: for every source a frame, a resumable function, and the program's tables.
 *
 * A routine's steps are printed in their order, those of error paths behind the others; where the
 * next step is not the one printed next, a goto says so. Names of the emitter's own (base, flow,
 * now, error, in) step aside where the program uses them. The user's part of each step is mapped
 * to the .flux file by #line, the rest to the emitted file.
 */
#include "emit_c.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* With its tag: clang hides a typedef behind a member of that name in a union without one, and
 * inputs are kept in members that are called as their type is. */
static const char *value_type(struct emitter *e, const struct value *value)
{
    return arena_printf(e->program->arena, "struct %s_%s", value->node->name,
                        value->input ? "in" : "out");
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

/* By the number of a suspension point: the place of its step, for those who describe a flow. */
static void emit_source_places(struct emitter *e, const struct routine *routine)
{
    const struct place **places =
        arena_alloc(e->program->arena, (routine->at_count + 1) * sizeof *places);
    if (routine->at_count == 0)
        return;
    for (unsigned i = 0; i < routine->steps.count; i++)
        places[routine->steps.at[i].at] = routine->steps.at[i].place;
    places[0] = NULL; /* where the steps are that are none */
    text_print(e->out, "\nstatic const struct flux_place *const flux_places_%s[] = {\n",
               routine->source->symbol);
    for (unsigned at = 0; at <= routine->at_count; at++) {
        if (places[at])
            text_print(e->out, "    &flux_places[%u],\n", places[at]->index);
        else
            text_print(e->out, "    NULL,\n");
    }
    text_print(e->out, "};\n");
}

static void emit_source_row(struct emitter *e, const struct routine *routine)
{
    const struct source *source = routine->source;
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
    if (routine->at_count > 0)
        text_print(e->out,
                   "        .places = flux_places_%s,\n"
                   "        .place_count = %u,\n",
                   source->symbol, routine->at_count + 1);
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

    text_print(out, "\n/* Where flows wait, by `at`. */\n");
    for (unsigned i = 0; i < e->prog->routines.count; i++)
        emit_source_places(e, e->prog->routines.at[i]);
    if (e->paths)
        emit_paths(e);
    text_print(out, "\n/* The program. */\n");
    text_print(out, "static const struct flux_source flux_sources[] = {\n");
    for (unsigned i = 0; i < e->prog->routines.count; i++)
        emit_source_row(e, e->prog->routines.at[i]);
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
    if (e->paths)
        text_print(out, "    .profile = &flux_profile,\n");
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

static int by_cell(const void *a, const void *b)
{
    const struct value *left = *(struct value *const *)a;
    const struct value *right = *(struct value *const *)b;
    if (left->cell != right->cell)
        return left->cell < right->cell ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* Each name once; those of one cell are a union. */
static void emit_members(struct emitter *e, bool in_frame)
{
    const struct routine *routine = e->routine;
    unsigned count = 0;
    struct value **sorted =
        arena_alloc(e->program->arena, (routine->values.count + 1) * sizeof(struct value *));
    for (unsigned i = 0; i < routine->values.count; i++)
        if (routine->values.at[i]->in_frame == in_frame)
            sorted[count++] = routine->values.at[i];
    qsort(sorted, count, sizeof *sorted, by_cell);

    for (unsigned i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && sorted[end]->cell == sorted[i]->cell; end++)
            continue;
        bool shared = sorted[end - 1]->name != sorted[i]->name;
        if (shared)
            text_print(e->out, "    union {\n");
        for (unsigned k = i; k < end; k++)
            if (k == i || sorted[k]->name != sorted[k - 1]->name)
                text_print(e->out, "    %s%s %s;\n", shared ? "    " : "", value_type(e, sorted[k]),
                           sorted[k]->name);
        if (shared)
            text_print(e->out, "    };\n");
    }
}

static bool uses_frame(struct emitter *e)
{
    return has_values(e->routine, true) || e->routine->failure_count > 0 || emit_memos_in_frame(e);
}

static void emit_frame(struct emitter *e)
{
    const struct routine *routine = e->routine;
    text_print(e->out,
               "/* What a flow of it keeps while it waits. */\nstruct flux_frame_%s {\n"
               "    struct flux_flow flux_base;\n",
               routine->source->symbol);
    if (e->ways)
        text_print(e->out, "    struct flux_profiled flux_profiled;\n");
    if (routine->failure_count > 0)
        text_print(e->out, "    struct flux_failure flux_failures[%u];\n", routine->failure_count);
    if (emit_memos_in_frame(e))
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
        text_print(e->out, "    case %u: goto %s_%u;\n", at, e->resume, at);
    text_print(e->out, "    default: break;\n    }\n");
}

static bool has_op(const struct routine *routine, enum step_op op)
{
    for (unsigned i = 0; i < routine->steps.count; i++)
        if (routine->steps.at[i].op == op)
            return true;
    return false;
}

static void emit_routine(struct emitter *e, unsigned index)
{
    const struct routine *routine = e->prog->routines.at[index];
    const struct source *source = routine->source;
    struct text *out = e->out;
    e->routine = routine;
    e->ways = e->paths ? e->paths[index] : NULL;
    e->shown = NULL;

    text_print(out, "\n/* source %s => %s */\n\n", source->name, source->target->name);
    emit_frame(e);
    text_print(out, "FLUX_FIELDWISE static enum flux_next flux_run_%s(struct flux_flow *%s)\n{\n",
               source->symbol, e->base);
    if (uses_frame(e))
        text_print(out, "    struct flux_frame_%s *%s = (struct flux_frame_%s *)%s;\n",
                   source->symbol, e->flow, source->symbol, e->base);
    if (has_values(routine, false))
        text_print(out, "    struct flux_now_%s %s;\n", source->symbol, e->now);
    if (has_op(routine, STEP_CALL) || has_op(routine, STEP_JOIN))
        text_print(out, "    int %s;\n", e->error);
    if (!emit_memos_in_frame(e))
        for (unsigned i = 1; i <= routine->memo_count; i++)
            text_print(out, "    int %s = -1;\n", emit_memo(e, i));
    text_print(out, "\n");
    if (routine->at_count > 0)
        emit_resumptions(e);
    if (e->ways)
        emit_beginning(e, e->ways->begins.at[0].kind, 0);

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
            text_print(out, "%s:\n", emit_label(e, order[k]));
        emit_step(e, order[k]);
    }
    text_print(out, "}\n");
}

static struct paths **number_ways(struct emitter *e)
{
    const struct prog *prog = e->prog;
    struct paths **paths =
        arena_alloc(e->program->arena, (prog->routines.count + 1) * sizeof *paths);
    for (unsigned i = 0; i < prog->routines.count; i++)
        paths[i] = paths_number(e->program->arena, prog->routines.at[i], PATHS_MOST);
    return paths;
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
    if (options->profile) {
        text_print(out, "#include \"flux_profile.h\"\n");
        e.paths = number_ways(&e);
    }
    emit_tables(&e);
    for (unsigned i = 0; i < prog->routines.count; i++)
        emit_routine(&e, i);
    emit_program(&e);
}
