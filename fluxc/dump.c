/* fluxc -dg, -dl: the program as the passes know it, in the order of its tables. */
#include "passes.h"

static void print_fields(struct text *out, const struct fields *fields, bool known)
{
    if (!known) {
        text_print(out, "(?)");
        return;
    }
    text_print(out, "(");
    for (unsigned i = 0; i < fields->count; i++)
        text_print(out, "%s%s%s%s", i == 0 ? "" : ", ", fields->at[i].type->text,
                   fields->at[i].type->pointer ? "" : " ", fields->at[i].name);
    text_print(out, ")");
}

static void print_patterns(struct text *out, const struct pattern *patterns, unsigned count)
{
    text_print(out, "[");
    for (unsigned i = 0; i < count; i++)
        text_print(out, "%s%s", i == 0 ? "" : ", ",
                   patterns[i].predicate != NULL ? patterns[i].predicate->name : "_");
    text_print(out, "]");
}

static void print_arm(struct text *out, const struct arm *arm)
{
    text_print(out, "    ");
    if (arm->patterns != NULL) {
        print_patterns(out, arm->patterns, arm->pattern_count);
        text_print(out, " ");
    }
    text_print(out, "=");
    for (unsigned i = 0; i < arm->member_count; i++)
        text_print(out, "%s%s", i == 0 ? " " : " -> ", arm->members[i].node->name);
    text_print(out, "\n");
}

static void print_handler(struct text *out, const struct handler *handler)
{
    text_print(out, "%s, %s%s%s", handler->node->name, handler->ends ? "ends" : "recovers",
               handler->takes_values ? ", takes values" : "",
               handler->takes_error ? ", takes error" : "");
}

static void print_locks(struct text *out, const struct node *node)
{
    text_print(out, "    atomic");
    for (unsigned i = 0; i < node->locks.count; i++) {
        const struct lock *lock = &node->locks.at[i];
        text_print(out, " %s%c%s%s", lock->constraint->name, lock->write ? '!' : '?',
                   lock->constraint->scope == SCOPE_SESSION ? "(session)" : "",
                   lock->declared ? "" : "+");
    }
    text_print(out, "\n");
}

static void print_await(struct text *out, const struct await *await)
{
    text_print(out, "    await %s(%s)", await->writable ? "writable" : "readable", await->fd_name);
    if (await->limit_name != NULL)
        text_print(out, " within %s", await->limit_name);
    else if (await->limit >= 0)
        text_print(out, " within %lld ms", (long long)await->limit);
    text_print(out, "\n");
}

static void print_node(struct text *out, const struct node *node)
{
    text_print(out, "node %s ", node->name);
    print_fields(out, &node->inputs, node->inputs_known);
    text_print(out, " => ");
    print_fields(out, &node->outputs, node->outputs_known);
    text_print(out, "%s%s%s%s%s\n", node->kind == NODE_ABSTRACT ? " abstract" : "",
               node->missing ? " missing" : "", node->implied ? " implied" : "",
               node->blocking ? " blocking" : "", node->used ? "" : " unused");
    for (unsigned i = 0; i < node->arm_count; i++)
        print_arm(out, &node->arms[i]);
    if (node->handler != NULL) {
        text_print(out, "    handler ");
        print_handler(out, node->handler);
        text_print(out, "\n");
    }
    if (node->locks.count > 0)
        print_locks(out, node);
    if (node->await != NULL)
        print_await(out, node->await);
    if (node->repeat != NULL) {
        text_print(out, "    repeat ");
        print_patterns(out, node->repeat->patterns, node->repeat->pattern_count);
        text_print(out, "\n");
    }
}

static void print_source(struct text *out, const struct source *source)
{
    text_print(out, "source %s %s => %s", source->symbol, source->name, source->target->name);
    if (source->period > 0)
        text_print(out, " period %llu ns", (unsigned long long)source->period);
    if (source->parallel)
        text_print(out, " parallel");
    if (source->session != NULL)
        text_print(out, " session %s", source->session);
    if (source->finally != NULL)
        text_print(out, " finally %s", source->finally->name);
    text_print(out, "\n");
}

void dump_program(const struct program *program, struct text *out)
{
    text_print(out, "program %s\n", program->name);
    for (unsigned i = 0; i < program->sources.count; i++)
        print_source(out, program->sources.at[i]);
    if (program->initial != NULL)
        text_print(out, "initial %s\n", program->initial->name);
    if (program->final != NULL)
        text_print(out, "final %s\n", program->final->name);
    if (program->default_handler != NULL) {
        text_print(out, "handler * ");
        print_handler(out, program->default_handler);
        text_print(out, "\n");
    }
    for (unsigned i = 0; i < program->constraints.count; i++)
        text_print(out, "constraint %s %s\n", program->constraints.at[i]->name,
                   program->constraints.at[i]->scope == SCOPE_SESSION ? "session" : "program");
    for (unsigned i = 0; i < program->predicates.count; i++) {
        const struct predicate *predicate = program->predicates.at[i];
        text_print(out, "predicate %s %s(%s)\n", predicate->name, predicate->function,
                   predicate->type != NULL ? predicate->type->text : "");
    }
    for (unsigned i = 0; i < program->nodes.count; i++)
        print_node(out, program->nodes.at[i]);
}
