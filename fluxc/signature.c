/* Inputs and outputs that are not declared are those of another node: of the first member of the
 * first body that is not empty, of its last one, or (for a handler that is declared nowhere) of the
 * node it handles. Each node has one such origin, so that
 *
 *      A = B -> C;   B = D -> E;   D (int n) => (char *s);
 *
 * is a chain A, B, D for the inputs. Chains are followed to where something is known, and known to
 * all nodes on the way back: every node is walked over once.
 */
#include "signature.h"

#include "ctype.h"

#include <string.h>

enum { IMPLIED_FIELDS_MAX = 1000000 }; /* of all implied handlers together */

enum side { INPUTS, OUTPUTS };

enum state { UNSEEN, ON_CHAIN, DONE };

struct inference {
    struct program *program;
    enum side side;
    unsigned char *states; /* by index of node */
    VECTOR(struct node *) chain;
    unsigned implied_fields;
};

static bool *known_of(struct node *node, enum side side)
{
    return side == INPUTS ? &node->inputs_known : &node->outputs_known;
}

static struct fields *fields_of(struct node *node, enum side side)
{
    return side == INPUTS ? &node->inputs : &node->outputs;
}

const struct arm *signature_model(const struct node *node)
{
    for (unsigned i = 0; i < node->arm_count; i++)
        if (node->arms[i].member_count > 0)
            return &node->arms[i];
    return NULL;
}

/* NULL: none, or the node is declared. */
static struct node *origin(const struct node *node, enum side side)
{
    if (node->declared || node->missing)
        return NULL;
    if (node->implied)
        return side == INPUTS ? node->serves : NULL;
    const struct arm *arm = signature_model(node);
    if (arm == NULL)
        return NULL;
    return arm->members[side == INPUTS ? 0 : arm->member_count - 1].node;
}

static bool has_field(const struct fields *fields, const char *name)
{
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->at[i].name == name)
            return true;
    return false;
}

/* "error", or where N has that, "flux_error", or even "flux_error_2". */
static const char *code_name(struct arena *arena, const struct fields *values)
{
    const char *name = arena_intern_string(arena, "error");
    for (unsigned i = 1; has_field(values, name); i++)
        name = arena_intern_string(arena,
                                   i == 1 ? "flux_error" : arena_printf(arena, "flux_error_%u", i));
    return name;
}

/* R24: the values of the node it handles, and the code. */
static void imply_inputs(struct inference *inference, struct node *node,
                         const struct fields *values)
{
    struct program *program = inference->program;
    inference->implied_fields += values->count + 1;
    if (inference->implied_fields > IMPLIED_FIELDS_MAX) {
        if (inference->implied_fields - values->count - 1 <= IMPLIED_FIELDS_MAX)
            diag_report(program->diags, DIAG_PROGRAM_TOO_LARGE, node->span,
                        "handlers that are declared nowhere have more than %d inputs together",
                        IMPLIED_FIELDS_MAX);
        return;
    }
    struct field *at = arena_alloc(program->arena, (values->count + 1) * sizeof *at);
    if (values->count > 0)
        memcpy(at, values->at, values->count * sizeof *at);
    at[values->count] = (struct field){.type = ctype_int(program->arena),
                                       .name = code_name(program->arena, values),
                                       .span = node->span};
    fields_set(program->arena, &node->inputs, at, values->count + 1);
    node->inputs_known = true;
}

static void take_over(struct inference *inference, struct node *node, struct node *from)
{
    bool doubted = inference->side == INPUTS ? node->inputs_doubted : node->outputs_doubted;
    if (doubted || !*known_of(from, inference->side))
        return;
    if (node->implied) {
        imply_inputs(inference, node, &from->inputs);
    } else {
        *fields_of(node, inference->side) = *fields_of(from, inference->side);
        *known_of(node, inference->side) = true;
    }
}

static void follow(struct inference *inference, struct node *node)
{
    enum side side = inference->side;
    inference->chain.count = 0;
    while (node != NULL && inference->states[node->index] == UNSEEN) {
        inference->states[node->index] = ON_CHAIN;
        vector_push(inference->program->arena, &inference->chain, node);
        node = *known_of(node, side) ? NULL : origin(node, side);
    }
    /* Where the chain runs into itself, nothing on it becomes known. */
    while (inference->chain.count > 0) {
        struct node *last = inference->chain.at[--inference->chain.count];
        if (node != NULL)
            take_over(inference, last, node);
        inference->states[last->index] = DONE;
        node = last;
    }
}

static void infer_side(struct program *program, enum side side)
{
    struct inference inference = {.program = program, .side = side};
    inference.states = arena_alloc(program->arena, program->nodes.count);
    for (unsigned i = 0; i < program->nodes.count; i++)
        follow(&inference, program->nodes.at[i]);
}

void signature_infer(struct program *program)
{
    struct fields none = {.types = arena_intern_string(program->arena, "")};
    for (unsigned i = 0; i < program->nodes.count; i++) {
        struct node *node = program->nodes.at[i];
        if (!node->inputs_known)
            node->inputs = none;
        if (!node->outputs_known || node->implied)
            node->outputs = none;
        if (node->kind == NODE_ABSTRACT && !node->declared && !node->inputs_doubted &&
            signature_model(node) == NULL)
            diag_report(program->diags, DIAG_MISSING_SIGNATURE, node->span,
                        "'%s' has empty bodies only: declare what it takes and gives", node->name);
        if (node->implied && !node->missing && node->serves == NULL) {
            struct inference all = {.program = program}; /* a handler of `*` alone */
            imply_inputs(&all, node, &none);
        }
    }
    infer_side(program, INPUTS);
    infer_side(program, OUTPUTS);
}

/* What stands last in a body gives what the node gives; unless it does not fit there. */
static bool ends_badly(const struct node *node)
{
    const struct arm *arm = node->declared ? NULL : signature_model(node);
    if (arm == NULL || arm->member_count < 2)
        return false;
    const struct node *before = arm->members[arm->member_count - 2].node;
    const struct node *last = arm->members[arm->member_count - 1].node;
    return before->outputs_known && last->inputs_known &&
           before->outputs.types != last->inputs.types;
}

void signature_doubt(struct program *program)
{
    bool any = false;
    for (unsigned i = 0; i < program->nodes.count; i++)
        if (ends_badly(program->nodes.at[i]))
            any = program->nodes.at[i]->outputs_doubted = true;
    if (!any)
        return;
    const struct fields none = {.types = arena_intern_string(program->arena, "")};
    for (unsigned i = 0; i < program->nodes.count; i++) {
        struct node *node = program->nodes.at[i];
        if (origin(node, OUTPUTS) != NULL) {
            node->outputs = none;
            node->outputs_known = false;
        }
    }
    infer_side(program, OUTPUTS);
}
