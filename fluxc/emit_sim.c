/* emit_sim.c - the program as tables for the simulator: --emit=sim (runtimes/flux_sim.h). */
#include "emit.h"

#include <inttypes.h>

static unsigned index_of_node(const struct program *program, const struct node *node)
{
    for (unsigned i = 0; i < program->nodes.count; i++)
        if (program->nodes.at[i] == node)
            return i;
    return 0;
}

static unsigned index_of_constraint(const struct program *program, const struct constraint *sought)
{
    for (unsigned i = 0; i < program->constraints.count; i++)
        if (program->constraints.at[i] == sought)
            return i;
    return 0;
}

/* NULL: the step takes no time and decides nothing. */
static const char *op_of(const struct step *step)
{
    switch (step->op) {
    case STEP_CALL:
        return "CALL";
    case STEP_TEST:
        return step->arm == STEP_REPEATS ? "REPEAT" : "ARM";
    case STEP_TAKE:
        return "TAKE";
    case STEP_GIVE:
        return "GIVE";
    case STEP_AWAIT:
        return "AWAIT";
    case STEP_BLOCK:
        return "BLOCK";
    case STEP_UNBLOCK:
        return "UNBLOCK";
    case STEP_TURN:
        return "TURN";
    case STEP_JOIN:
        return "JOIN";
    case STEP_BORN:
        return "BORN";
    case STEP_LEAVE:
        return "LEAVE";
    case STEP_UNHANDLED:
        return "LOST";
    case STEP_END:
        return "END";
    case STEP_COPY:
    case STEP_NOMATCH:
    case STEP_MEMO:
    case STEP_FAIL:
    case STEP_STOPPED:
    case STEP_RECOVER:
    case STEP_STEP:
    case STEP_GOTO:
        break;
    }
    return NULL;
}

/* The numbers that the steps of a routine get, in the order in which they stand. */
static const unsigned *number_steps(struct arena *arena, const struct routine *routine)
{
    unsigned count = 0;
    unsigned *numbers = arena_alloc(arena, (routine->steps.count + 1) * sizeof *numbers);
    for (unsigned i = 0; i < routine->steps.count; i++) {
        numbers[i] = count;
        count += op_of(&routine->steps.at[i]) != NULL;
    }
    return numbers;
}

/* Control only goes forward over steps that are left out. */
static unsigned resolve_step(const struct routine *routine, const unsigned *numbers, unsigned to)
{
    while (to != STEP_NONE && op_of(&routine->steps.at[to]) == NULL)
        to = routine->steps.at[to].next;
    return to != STEP_NONE ? numbers[to] : 0;
}

static unsigned subject(const struct program *program, const struct step *step)
{
    if (step->lock != NULL)
        return index_of_constraint(program, step->lock->constraint);
    return step->place != NULL ? index_of_node(program, step->place->node) : 0;
}

static void print_steps(const struct prog *prog, const struct routine *routine, unsigned number,
                        struct text *out)
{
    const struct program *program = prog->program;
    const unsigned *numbers = number_steps(program->arena, routine);
    text_print(out, "\nstatic const struct flux_sim_step steps_%u[] = {", number);
    text_print(out, " /* %s => %s */\n", routine->source->name, routine->source->target->name);
    for (unsigned i = 0; i < routine->steps.count; i++) {
        const struct step *step = &routine->steps.at[i];
        const char *op = op_of(step);
        if (op == NULL)
            continue;
        text_print(out, "    /* %3u */ {.op = FLUX_SIM_%s, .next = %u", numbers[i], op,
                   resolve_step(routine, numbers, step->next));
        if (step->other != STEP_NONE)
            text_print(out, ", .other = %u", resolve_step(routine, numbers, step->other));
        text_print(out, ", .what = %u", subject(program, step));
        if (step->op == STEP_TEST && step->arm != STEP_REPEATS)
            text_print(out, ", .arm = %u", step->arm);
        if (step->op == STEP_TEST && step->first)
            text_print(out, ", .first = true");
        if (step->write && step->lock != NULL)
            text_print(out, ", .write = true");
        if (step->idle)
            text_print(out, ", .idle = true");
        text_print(out, "},");
        if (step->lock != NULL)
            text_print(out, " /* %s */", step->lock->constraint->name);
        else if (step->place != NULL)
            text_print(out, " /* %s */", step->place->node->name);
        text_print(out, "\n");
    }
    text_print(out, "};\n");
}

static void print_nodes(const struct program *program, struct text *out)
{
    text_print(out, "\nstatic const struct flux_sim_node nodes[] = {\n");
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        bool dispatches = node->arm_count > 0 && node->arms[0].patterns != NULL;
        text_print(out, "    {.name = \"%s\"%s%s", node->name,
                   node->blocking ? ", .blocking = true" : "",
                   node->repeat != NULL ? ", .repeats = true" : "");
        if (dispatches)
            text_print(out, ", .arms = %u", node->arm_count);
        text_print(out, "},\n");
    }
    text_print(out, "};\n");
}

static void print_constraints(const struct program *program, struct text *out)
{
    if (program->constraints.count == 0)
        return;
    text_print(out, "\nstatic const struct flux_sim_constraint constraints[] = {\n");
    for (unsigned i = 0; i < program->constraints.count; i++)
        text_print(out, "    {.name = \"%s\"%s},\n", program->constraints.at[i]->name,
                   program->constraints.at[i]->scope == SCOPE_SESSION ? ", .session = true" : "");
    text_print(out, "};\n");
}

static void print_sources(const struct prog *prog, struct text *out)
{
    text_print(out, "\nstatic const struct flux_sim_source sources[] = {\n");
    for (unsigned i = 0; i < prog->routines.count; i++) {
        const struct source *source = prog->routines.at[i]->source;
        text_print(out, "    {.name = \"%s\"", source->name);
        if (source->period > 0)
            text_print(out, ", .period = %" PRIu64 "u", (uint64_t)source->period);
        if (source->session != NULL)
            text_print(out, ", .session = true");
        text_print(
            out,
            ", .steps = steps_%u,\n     .step_count = sizeof steps_%u / sizeof steps_%u[0]},\n", i,
            i, i);
    }
    text_print(out, "};\n");
}

void emit_sim(const struct prog *prog, struct text *out)
{
    const struct program *program = prog->program;
    text_print(out, "/* Generated by fluxc from %s: a simulator, with libflux-sim. */\n",
               emit_comment(program->arena, program->file->name));
    text_print(out, "#include <flux_sim.h>\n");
    print_nodes(program, out);
    print_constraints(program, out);
    for (unsigned i = 0; i < prog->routines.count; i++)
        print_steps(prog, prog->routines.at[i], i, out);
    print_sources(prog, out);
    text_print(out,
               "\nconst unsigned flux_sim_version = FLUX_SIM_VERSION;\n"
               "const struct flux_sim_program flux_sim_program = {\n"
               "    .name = \"%s\",\n"
               "    .nodes = nodes,\n"
               "    .node_count = sizeof nodes / sizeof nodes[0],\n",
               emit_c_string(program->arena, program->name));
    if (program->constraints.count > 0)
        text_print(out, "    .constraints = constraints,\n"
                        "    .constraint_count = sizeof constraints / sizeof constraints[0],\n");
    text_print(out, "    .sources = sources,\n"
                    "    .source_count = sizeof sources / sizeof sources[0],\n"
                    "};\n");
}
