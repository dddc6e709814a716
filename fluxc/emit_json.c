/* emit_json.c - the program and its steps as JSON: --emit=json. docs/json.md describes it. */
#include "emit.h"
#include "json.h"

#define FORMAT_VERSION 1

/* ["image.flux", 12, 4] */
static void print_place(struct json *json, const char *key, struct span span)
{
    if (span.file == NULL) {
        json_string(json, key, NULL);
        return;
    }
    struct position position = source_position(span.file, span.begin);
    json_begin(json, key, '[', true);
    json_string(json, NULL, span.file->name);
    json_number(json, NULL, position.line);
    json_number(json, NULL, position.column);
    json_end(json, ']');
}

static const char *name_of(const struct node *node)
{
    return node != NULL ? node->name : NULL;
}

/* ---- the model ------------------------------------------------------------------------------- */

static void print_fields(struct json *json, const char *key, const struct fields *fields)
{
    json_begin(json, key, '[', fields->count == 0);
    for (unsigned i = 0; i < fields->count; i++) {
        json_begin(json, NULL, '{', true);
        json_string(json, "name", fields->at[i].name);
        json_string(json, "type", fields->at[i].type->text);
        print_place(json, "at", fields->at[i].span);
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void print_patterns(struct json *json, const struct pattern *patterns, unsigned count)
{
    if (patterns == NULL) {
        json_string(json, "patterns", NULL);
        return;
    }
    json_begin(json, "patterns", '[', true);
    for (unsigned i = 0; i < count; i++)
        json_string(json, NULL, patterns[i].predicate != NULL ? patterns[i].predicate->name : NULL);
    json_end(json, ']');
}

static void print_arms(struct json *json, const struct node *node)
{
    json_begin(json, "arms", '[', node->arm_count == 0);
    for (unsigned i = 0; i < node->arm_count; i++) {
        const struct arm *arm = &node->arms[i];
        json_begin(json, NULL, '{', true);
        print_patterns(json, arm->patterns, node->inputs.count);
        json_begin(json, "body", '[', true);
        for (unsigned k = 0; k < arm->member_count; k++)
            json_string(json, NULL, arm->members[k].node->name);
        json_end(json, ']');
        print_place(json, "at", arm->span);
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void print_handler(struct json *json, const char *key, const struct handler *handler)
{
    if (handler == NULL) {
        json_string(json, key, NULL);
        return;
    }
    json_begin(json, key, '{', true);
    json_string(json, "node", handler->node->name);
    json_bool(json, "ends", handler->ends);
    json_bool(json, "takes_values", handler->takes_values);
    json_bool(json, "takes_error", handler->takes_error);
    print_place(json, "at", handler->span);
    json_end(json, '}');
}

static void print_await(struct json *json, const struct node *node)
{
    const struct await *await = node->await;
    if (await == NULL) {
        json_string(json, "await", NULL);
        return;
    }
    json_begin(json, "await", '{', true);
    json_string(json, "for", await->writable ? "writable" : "readable");
    json_string(json, "fd", node->inputs.at[await->fd].name);
    json_string(json, "limit_field",
                await->limit_field >= 0 ? node->inputs.at[await->limit_field].name : NULL);
    json_number(json, "limit_ms", await->limit_field >= 0 ? -1 : await->limit);
    print_place(json, "at", await->span);
    json_end(json, '}');
}

static void print_repeat(struct json *json, const struct node *node)
{
    if (node->repeat == NULL) {
        json_string(json, "repeat", NULL);
        return;
    }
    json_begin(json, "repeat", '{', true);
    print_patterns(json, node->repeat->patterns, node->outputs.count);
    print_place(json, "at", node->repeat->span);
    json_end(json, '}');
}

static void print_locks(struct json *json, const struct node *node)
{
    json_begin(json, "constraints", '[', node->locks.count == 0);
    for (unsigned i = 0; i < node->locks.count; i++) {
        const struct lock *lock = &node->locks.at[i];
        json_begin(json, NULL, '{', true);
        json_string(json, "name", lock->constraint->name);
        json_bool(json, "write", lock->write);
        json_bool(json, "declared", lock->declared);
        json_string(json, "lifted_from", name_of(lock->below));
        json_string(json, "writer", name_of(lock->writer));
        print_place(json, "at", lock->span);
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void print_node(struct json *json, const struct node *node)
{
    json_begin(json, NULL, '{', false);
    json_string(json, "name", node->name);
    json_string(json, "kind", node->kind == NODE_CONCRETE ? "concrete" : "abstract");
    print_place(json, "at", node->span);
    json_bool(json, "declared", node->declared);
    json_bool(json, "used", node->used);
    json_bool(json, "blocking", node->blocking);
    print_fields(json, "inputs", &node->inputs);
    print_fields(json, "outputs", &node->outputs);
    print_arms(json, node);
    print_handler(json, "handler", node->handler);
    print_await(json, node);
    print_repeat(json, node);
    print_locks(json, node);
    json_end(json, '}');
}

static void print_source(struct json *json, const struct source *source)
{
    json_begin(json, NULL, '{', false);
    json_string(json, "name", source->name);
    print_place(json, "at", source->span);
    json_string(json, "node", name_of(source->node));
    json_string(json, "target", source->target->name);
    json_number(json, "period_ns", (int64_t)source->period);
    json_bool(json, "parallel", source->parallel);
    json_string(json, "session", source->session);
    json_string(json, "finally", name_of(source->finally));
    json_end(json, '}');
}

static void print_model(struct json *json, const struct program *program)
{
    json_begin(json, "files", '[', true);
    for (unsigned i = 0; i < program->files.count; i++)
        json_string(json, NULL, program->files.at[i]->name);
    json_end(json, ']');
    json_begin(json, "sources", '[', false);
    for (unsigned i = 0; i < program->sources.count; i++)
        print_source(json, program->sources.at[i]);
    json_end(json, ']');
    json_begin(json, "nodes", '[', false);
    for (unsigned i = 0; i < program->nodes.count; i++)
        print_node(json, program->nodes.at[i]);
    json_end(json, ']');
    json_begin(json, "predicates", '[', false);
    for (unsigned i = 0; i < program->predicates.count; i++) {
        const struct predicate *predicate = program->predicates.at[i];
        json_begin(json, NULL, '{', true);
        json_string(json, "name", predicate->name);
        json_string(json, "function", predicate->function);
        json_string(json, "type", predicate->type != NULL ? predicate->type->text : NULL);
        print_place(json, "at", predicate->span);
        json_end(json, '}');
    }
    json_end(json, ']');
    json_begin(json, "constraints", '[', false);
    for (unsigned i = 0; i < program->constraints.count; i++) {
        const struct constraint *constraint = program->constraints.at[i];
        json_begin(json, NULL, '{', true);
        json_string(json, "name", constraint->name);
        json_string(json, "scope", constraint->scope == SCOPE_SESSION ? "session" : "program");
        print_place(json, "at", constraint->span);
        json_end(json, '}');
    }
    json_end(json, ']');
    print_handler(json, "default_handler", program->default_handler);
    json_string(json, "initial", name_of(program->initial));
    json_string(json, "final", name_of(program->final));
}

/* ---- the steps ------------------------------------------------------------------------------- */

static void print_value(struct json *json, const struct value *value)
{
    json_begin(json, NULL, '{', true);
    json_string(json, "name", value->name);
    json_string(json, "node", value->node->name);
    json_string(json, "struct", value->input ? "in" : "out");
    json_bool(json, "in_frame", value->in_frame);
    json_number(json, "made", value->made);
    json_number(json, "read", value->read);
    json_end(json, '}');
}

/* What does not apply to a step is left out. */
static void print_step(struct json *json, const struct step *step)
{
    json_begin(json, NULL, '{', true);
    json_string(json, "op", prog_op_name(step->op));
    if (step->next != STEP_NONE)
        json_number(json, "next", step->next);
    if (step->other != STEP_NONE)
        json_number(json, "other", step->other);
    if (step->place != NULL)
        json_number(json, "place", step->place->index);
    if (step->input != NULL)
        json_number(json, "input", step->input->index);
    if (step->value != NULL)
        json_number(json, "value", step->value->index);
    if (step->op == STEP_TEST) {
        json_string(json, "predicate", step->predicate->function);
        json_string(json, "field", step->input->fields->at[step->field].name);
    }
    if (step->lock != NULL) {
        json_string(json, "constraint", step->lock->constraint->name);
        json_bool(json, "write", step->write);
    }
    if (step->takes_error)
        json_bool(json, "takes_error", true);
    if (step->idle)
        json_bool(json, "idle", true);
    if (step->cold)
        json_bool(json, "cold", true);
    if (step->at > 0)
        json_number(json, "suspends", step->at);
    print_place(json, "at", step->span);
    json_end(json, '}');
}

static void print_routine(struct json *json, const struct routine *routine)
{
    json_begin(json, NULL, '{', false);
    json_string(json, "source", routine->source->name);
    json_begin(json, "values", '[', false);
    for (unsigned i = 0; i < routine->values.count; i++)
        print_value(json, routine->values.at[i]);
    json_end(json, ']');
    json_begin(json, "steps", '[', false);
    for (unsigned i = 0; i < routine->steps.count; i++)
        print_step(json, &routine->steps.at[i]);
    json_end(json, ']');
    json_end(json, '}');
}

void emit_json(const struct prog *prog, struct text *out)
{
    const struct program *program = prog->program;
    struct json json = {.out = out};
    json_begin_file(&json, FORMAT_VERSION, program->name);
    print_model(&json, program);
    json_begin(&json, "places", '[', false);
    for (unsigned i = 0; i < prog->places.count; i++) {
        const struct place *place = prog->places.at[i];
        json_begin(&json, NULL, '{', true);
        json_string(&json, "node", place->node->name);
        if (place->up != NULL)
            json_number(&json, "up", place->up->index);
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_begin(&json, "prog", '[', false);
    for (unsigned i = 0; i < prog->routines.count; i++)
        print_routine(&json, prog->routines.at[i]);
    json_end(&json, ']');
    json_end(&json, '}');
    text_print(out, "\n");
}
