/* emit_stubs.c - a C file with the functions that a program expects of its user: --emit=stubs.
 *
 * It compiles as it is. A node that is not written yet passes on the fields that it was given under
 * the same name, and says ENOSYS, so that no flow goes on with values that nobody has made.
 */
#include "emit.h"
#include "table.h"

#include <string.h>

/* What a node stands for in the program, other than a step of a flow. */
struct role {
    const struct source *source;         /* whose source node it is */
    VECTOR(const struct node *) served;  /* whose errors it handles */
    VECTOR(const struct source *) ended; /* whose flows it follows (R44) */
};

struct stubs {
    const struct program *program;
    struct role *roles; /* by node */
    struct text *out;
};

static struct role *find_roles(const struct program *program)
{
    struct arena *arena = program->arena;
    struct role *roles = arena_alloc(arena, program->nodes.count * sizeof *roles);
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        if (node->handler != NULL)
            vector_push(arena, &roles[node->handler->node->index].served, node);
    }
    for (unsigned i = 0; i < program->sources.count; i++) {
        const struct source *source = program->sources.at[i];
        if (source->node != NULL)
            roles[source->node->index].source = source;
        if (source->finally != NULL)
            vector_push(arena, &roles[source->finally->index].ended, source);
    }
    return roles;
}

/* ---- what is said of a node ------------------------------------------------------------------ */

/* "const char *name", on a new line where the old one is full. */
static void print_field(struct stubs *stubs, const struct field *field, unsigned *column)
{
    unsigned width = (unsigned)(strlen(field->type->text) + strlen(field->name)) + 3;
    if (*column > 8 && *column + width > 96) {
        text_print(stubs->out, ",\n *       ");
        *column = 8;
    } else {
        text_print(stubs->out, "%s", *column > 8 ? ", " : "");
    }
    text_print(stubs->out, "%s%s%s", field->type->text, field->type->pointer ? "" : " ",
               field->name);
    *column += width;
}

static void print_fields(struct stubs *stubs, const char *what, const struct fields *fields)
{
    unsigned column = 8;
    if (fields->count == 0)
        return;
    text_print(stubs->out, " * %-4s ", what);
    for (unsigned i = 0; i < fields->count; i++)
        print_field(stubs, &fields->at[i], &column);
    text_print(stubs->out, "\n");
}

/* " * Handles errors of Read, Write." */
static void print_served(struct stubs *stubs, const struct node *node)
{
    const struct role *role = &stubs->roles[node->index];
    const struct handler *any = stubs->program->default_handler;
    bool serves_any = any != NULL && any->node == node;
    if (role->served.count == 0 && !serves_any)
        return;
    text_print(stubs->out, " * Handles errors of");
    for (unsigned i = 0; i < role->served.count; i++)
        text_print(stubs->out, "%s %s", i > 0 ? "," : "", role->served.at[i]->name);
    if (serves_any)
        text_print(stubs->out, "%s all nodes that have no other handler",
                   role->served.count > 0 ? "," : "");
    text_print(stubs->out, ".\n");
}

static void print_role(struct stubs *stubs, const struct node *node)
{
    const struct program *program = stubs->program;
    const struct role *role = &stubs->roles[node->index];
    const struct source *source = role->source;
    if (source != NULL)
        text_print(stubs->out,
                   " * A source: each return of 0 starts a flow at %s, FLUX_STOP ends it.\n%s",
                   source->target->name,
                   source->parallel ? " * It may run on several threads at once.\n" : "");
    if (node == program->initial)
        text_print(stubs->out, " * Runs once, before any source; an error ends the program.\n");
    if (node == program->final)
        text_print(stubs->out, " * Runs once, after the last flow.\n");
    for (unsigned i = 0; i < role->ended.count; i++)
        text_print(stubs->out, " * Runs when a flow of %s ends, however it ends.\n",
                   role->ended.at[i]->name);
    print_served(stubs, node);
    if (node->await != NULL)
        text_print(stubs->out, " * Runs when in->%s is %s.\n",
                   node->inputs.at[node->await->fd].name,
                   node->await->writable ? "writable" : "readable");
    if (node->blocking)
        text_print(stubs->out, " * May keep a processor or a disk busy.\n");
    if (node->locks.count > 0) {
        text_print(stubs->out, " * Holds");
        for (unsigned i = 0; i < node->locks.count; i++) {
            const struct lock *lock = &node->locks.at[i];
            text_print(stubs->out, "%s %s%s", i > 0 ? "," : "", lock->constraint->name,
                       lock->write ? "" : " (reading)");
        }
        text_print(stubs->out, ".\n");
    }
}

static void print_heading(struct stubs *stubs, const char *name, struct span span)
{
    text_print(stubs->out, "\n/* %s (%s:%u)\n", name,
               emit_comment(stubs->program->arena, span.file->name),
               source_position(span.file, span.begin).line);
}

/* ---- functions ------------------------------------------------------------------------------- */

static const struct field *input_like(const struct node *node, const struct field *output)
{
    for (unsigned i = 0; i < node->inputs.count; i++) {
        const struct field *input = &node->inputs.at[i];
        if (strcmp(input->name, output->name) == 0 && input->type->text == output->type->text)
            return input;
    }
    return NULL;
}

static void print_body(struct stubs *stubs, const struct node *node)
{
    bool reads = false, writes = false;
    for (unsigned i = 0; i < node->outputs.count; i++) {
        const struct field *output = &node->outputs.at[i];
        if (input_like(node, output) == NULL) {
            text_print(stubs->out, "    /* out->%s = ...; */\n", output->name);
        } else {
            text_print(stubs->out,
                       output->type->may_be_array
                           ? "    memcpy(&out->%s, &in->%s, sizeof out->%s);\n"
                           : "    out->%s = in->%s;\n",
                       output->name, output->name, output->name);
            reads = writes = true;
        }
    }
    if (node->inputs.count > 0 && !reads)
        text_print(stubs->out, "    (void)in;\n");
    if (node->outputs.count > 0 && !writes)
        text_print(stubs->out, "    (void)out;\n");
    text_print(stubs->out, "    return ENOSYS; /* 0, when it is written */\n");
}

static void print_node(struct stubs *stubs, const struct node *node)
{
    bool in = node->inputs.count > 0, out = node->outputs.count > 0;
    print_heading(stubs, node->name, node->span);
    print_role(stubs, node);
    print_fields(stubs, "in:", &node->inputs);
    print_fields(stubs, "out:", &node->outputs);
    text_print(stubs->out, " */\nint %s(", node->name);
    if (in)
        text_print(stubs->out, "%s_in *in%s", node->name, out ? ", " : "");
    if (out)
        text_print(stubs->out, "%s_out *out", node->name);
    text_print(stubs->out, "%s)\n{\n", in || out ? "" : "void");
    print_body(stubs, node);
    text_print(stubs->out, "}\n");
}

static void print_predicate(struct stubs *stubs, const struct predicate *predicate)
{
    print_heading(stubs, predicate->function, predicate->span);
    text_print(stubs->out,
               " * Whether the value is '%s'. Changes nothing.\n"
               " */\n"
               "bool %s(%s%svalue)\n"
               "{\n"
               "    (void)value;\n"
               "    return false;\n"
               "}\n",
               predicate->name, predicate->function, predicate->type->text,
               predicate->type->pointer ? "" : " ");
}

static void print_session(struct stubs *stubs, const struct source *source)
{
    print_heading(stubs, source->session, source->session_span);
    text_print(stubs->out,
               " * The number of the session that a new flow of %s belongs to.\n"
               " */\n"
               "uint64_t %s(const %s_out *out)\n"
               "{\n"
               "    (void)out;\n"
               "    return 0;\n"
               "}\n",
               source->name, source->session, source->node->name);
}

static bool needs_memcpy(const struct program *program)
{
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        for (unsigned k = 0; node->kind == NODE_CONCRETE && k < node->outputs.count; k++)
            if (node->outputs.at[k].type->may_be_array && input_like(node, &node->outputs.at[k]))
                return true;
    }
    return false;
}

void emit_stubs(const struct program *program, const struct emit_options *options, struct text *out)
{
    struct stubs stubs = {program, find_roles(program), out};
    struct table predicates = {0}; /* two semantic types may share one (R18) */
    text_print(out,
               "/* Generated by fluxc from %s: the functions of its nodes, to be filled in.\n"
               " *\n"
               " * Each returns 0, or an error code; errno values are the habit.\n"
               " */\n"
               "#include \"%s\"\n"
               "\n"
               "#include <errno.h>\n"
               "%s",
               emit_comment(program->arena, program->file->name), options->h_name,
               needs_memcpy(program) ? "#include <string.h>\n" : "");
    for (unsigned i = 0; i < program->sources.count; i++)
        if (program->sources.at[i]->session != NULL)
            print_session(&stubs, program->sources.at[i]);
    for (unsigned i = 0; i < program->predicates.count; i++) {
        struct predicate *predicate = program->predicates.at[i];
        void **known = table_at(program->arena, &predicates, predicate->function);
        if (predicate->type != NULL && *known == NULL) {
            print_predicate(&stubs, predicate);
            *known = predicate;
        }
    }
    for (unsigned i = 0; i < program->nodes.count; i++)
        if (program->nodes.at[i]->kind == NODE_CONCRETE)
            print_node(&stubs, program->nodes.at[i]);
}
