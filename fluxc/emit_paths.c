/* emit_paths.c - with --profile: the steps of each source as a graph with numbered ways, from which
 * the runtime tells what a flow has done that went the way of a number (flux_profile.h).
 */
#include "emit_c.h"

#include <inttypes.h>

/* ---- arms ------------------------------------------------------------------------------------ */

/* The step that control comes to which decides or does something. */
static const struct step *step_at(const struct routine *routine, unsigned index)
{
    const struct step *step = index != STEP_NONE ? &routine->steps.at[index] : NULL;
    while (step && (step->op == STEP_STEP || step->op == STEP_MEMO))
        step = step->next != STEP_NONE ? &routine->steps.at[step->next] : NULL;
    return step;
}

/* Does the edge to `index` lead to another question of the same dispatch? arm: of this one only;
 * STEP_NONE: of any. */
static bool asks_on(const struct routine *routine, const struct step *from, unsigned index,
                    unsigned arm)
{
    const struct step *step = step_at(routine, index);
    return step && step->op == STEP_TEST && step->place == from->place &&
           step->arm != STEP_REPEATS && (arm == STEP_NONE || step->arm == arm);
}

static const char *arm_text(struct emitter *e, bool asks, bool none, unsigned arm)
{
    return asks   ? "FLUX_PROFILE_ASKS"
           : none ? "FLUX_PROFILE_NO_ARM"
                  : arena_printf(e->program->arena, "%u", arm);
}

/* Which arm the flow goes on in: where the last pattern of one holds, that one; where the last
 * question is in vain, the arm behind it, which asks nothing, or none. */
static void print_arms(struct emitter *e, const struct step *step, unsigned index)
{
    const struct routine *routine = e->routine;
    const struct step *no = step_at(routine, step->other);
    bool back = e->ways->next_cut[index] && step->next <= index; /* never: tests lead forward */
    text_print(
        e->out, ", .yes = %s",
        arm_text(e, !back && asks_on(routine, step, step->next, step->arm), false, step->arm));
    text_print(e->out, ", .no = %s",
               arm_text(e, asks_on(routine, step, step->other, STEP_NONE),
                        no && no->op == STEP_NOMATCH && no->place == step->place, step->arm + 1));
}

/* ---- steps ----------------------------------------------------------------------------------- */

static const char *op_of(const struct step *step)
{
    switch (step->op) {
    case STEP_CALL:
        return "CALL";
    case STEP_AWAIT:
        return "AWAIT";
    case STEP_TAKE:
        return "TAKE";
    case STEP_TEST:
        return step->arm == STEP_REPEATS ? "REPEAT" : "ARM";
    case STEP_BORN:
        return "BORN";
    case STEP_LEAVE:
        return "LEFT";
    case STEP_END:
        return "END";
    default:
        return "PASS";
    }
}

static void print_edge(struct emitter *e, const char *name, unsigned to, bool cut)
{
    if (to == STEP_NONE)
        text_print(e->out, ", .%s = FLUX_PROFILE_NONE", name);
    else
        text_print(e->out, ", .%s = %u", name, to);
    if (cut)
        text_print(e->out, ", .%s_cut = true", name);
}

static void print_steps(struct emitter *e)
{
    const struct routine *routine = e->routine;
    text_print(e->out, "\nstatic const struct flux_profile_step flux_profile_steps_%s[] = {\n",
               routine->source->symbol);
    for (unsigned i = 0; i < routine->steps.count; i++) {
        const struct step *step = &routine->steps.at[i];
        text_print(e->out, "    {.op = FLUX_PROFILE_%s", op_of(step));
        if (step->op == STEP_TAKE)
            text_print(e->out, ", .rank = %u", step->lock->constraint->rank);
        if (step->place)
            text_print(e->out, ", .place = %u", step->place->index);
        else
            text_print(e->out, ", .place = FLUX_PROFILE_NONE");
        print_edge(e, "next", step->next, e->ways->next_cut[i]);
        print_edge(e, "other", step->other, e->ways->other_cut[i]);
        if (step->other != STEP_NONE)
            text_print(e->out, ", .add = UINT64_C(%" PRIu64 ")", e->ways->add[i]);
        if (emit_idles(routine, i))
            text_print(e->out, ", .idle = true");
        if (step->op == STEP_TEST && step->arm != STEP_REPEATS)
            print_arms(e, step, i);
        text_print(e->out, "},\n");
    }
    text_print(e->out, "};\n");
}

static void print_begins(struct emitter *e)
{
    static const char *const kinds[] = {
        [PATH_SOURCE] = "SOURCE", [PATH_FLOW] = "FLOW", [PATH_TURN] = "TURN", [PATH_CUT] = "CUT"};
    text_print(e->out, "static const struct flux_profile_begin flux_profile_begins_%s[] = {\n",
               e->routine->source->symbol);
    for (unsigned i = 0; i < e->ways->begins.count; i++) {
        const struct path_begin *begin = &e->ways->begins.at[i];
        text_print(e->out,
                   "    {FLUX_PROFILE_%s, %u, UINT64_C(%" PRIu64 "), UINT64_C(%" PRIu64 ")},\n",
                   kinds[begin->kind], begin->step, begin->first, begin->count);
    }
    text_print(e->out, "};\n");
}

/* The source part ends with `born`. */
bool emit_idles(const struct routine *routine, unsigned step)
{
    bool source_part = false;
    if (routine->steps.at[step].op != STEP_AWAIT || !routine->steps.at[step].idle)
        return false;
    for (unsigned i = step; i < routine->steps.count; i++)
        source_part |= routine->steps.at[i].op == STEP_BORN;
    return !source_part;
}

static bool has_idle_await(const struct routine *routine)
{
    for (unsigned i = 0; i < routine->steps.count; i++)
        if (emit_idles(routine, i))
            return true;
    return false;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void print_nodes(struct emitter *e)
{
    const struct program *program = e->program;
    text_print(e->out, "\nstatic const struct flux_profile_node flux_profile_nodes[] = {\n");
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        bool called = node->kind == NODE_CONCRETE && node->used;
        text_print(e->out, "    {.called = %s", called ? "true" : "false");
        if (node->blocking)
            text_print(e->out, ", .blocking = true");
        if (node->await)
            text_print(e->out, ", .awaits = true");
        if (node->repeat)
            text_print(e->out, ", .repeats = true");
        if (node->dispatches)
            text_print(e->out, ", .arms = %u", node->arm_count);
        text_print(e->out, "}, /* %s */\n", node->name);
    }
    text_print(e->out, "};\n");
}

void emit_paths(struct emitter *e)
{
    const struct prog *prog = e->prog;
    text_print(e->out, "\n/* What is measured: steps, and the numbers of ways through them. */\n");
    for (unsigned i = 0; i < prog->routines.count; i++) {
        e->routine = prog->routines.at[i];
        e->ways = e->paths[i];
        print_steps(e);
        print_begins(e);
    }
    print_nodes(e);
    text_print(e->out, "\nstatic const struct flux_profile_source flux_profile_sources[] = {\n");
    for (unsigned i = 0; i < prog->routines.count; i++) {
        const struct routine *routine = prog->routines.at[i];
        const char *symbol = routine->source->symbol;
        text_print(e->out, "    {flux_profile_steps_%s, %u, flux_profile_begins_%s, %u, %s},\n",
                   symbol, routine->steps.count, symbol, e->paths[i]->begins.count,
                   has_idle_await(routine) ? "true" : "false");
    }
    text_print(e->out,
               "};\n\n"
               "static const struct flux_profile flux_profile = {\n"
               "    .nodes = flux_nodes,\n"
               "    .about = flux_profile_nodes,\n"
               "    .node_count = %u,\n"
               "    .places = flux_places,\n"
               "    .place_count = %u,\n"
               "    .sources = flux_profile_sources,\n"
               "};\n",
               e->program->nodes.count, prog->places.count);
}
