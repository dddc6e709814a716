/* From declarations to the model: nodes, their bodies and predicates. Names are looked up only when
 * all are known, so that declarations may stand in any order (R1). */
#include "resolve.h"

#include "names.h"
#include "near.h"
#include "passes.h"

#include <string.h>

enum { SEARCHES_MAX = 100 }; /* for near names: each looks at all names */

/* ---- names ----------------------------------------------------------------------------------- */

void resolve_refuse(struct resolver *r, struct word name, const char *what, const char *why)
{
    diag_report(r->program->diags, DIAG_RESERVED_NAME, name.span, "%s cannot be called '%s': %s",
                what, name.text, why);
}

/* Checks the name of a node, predicate or session function (R6). */
static void check_function_name(struct resolver *r, struct word name, const char *what)
{
    const char *why = name_of_function_refused(name.text);
    if (why != NULL)
        resolve_refuse(r, name, arena_printf(r->program->arena, "a %s", what), why);
    else if (name_is_cpp_keyword(name.text))
        diag_report(r->program->diags, DIAG_CPP_KEYWORD, name.span,
                    "'%s' is a keyword of C++: no %s written in it can be called so", name.text,
                    what);
}

void resolve_function(struct resolver *r, struct word name, const char *what)
{
    struct function **slot =
        (struct function **)table_at(r->program->arena, &r->functions, name.text);
    if (*slot == NULL) {
        *slot = arena_alloc(r->program->arena, sizeof **slot);
        **slot = (struct function){what, name.span};
        check_function_name(r, name, what);
        return;
    }
    /* Semantic types may share a predicate (R18), sources no session function (R17). */
    bool session = strcmp(what, "session function") == 0;
    if (!session && strcmp((*slot)->what, what) == 0)
        return;
    bool twice = strcmp((*slot)->what, what) == 0;
    struct diag *diag = twice
                            ? diag_report(r->program->diags, DIAG_DUPLICATE_SESSION, name.span,
                                          "'%s' names the sessions of another source", name.text)
                            : diag_report(r->program->diags, DIAG_NAME_CLASH, name.span,
                                          "'%s' is a %s and a %s", name.text, what, (*slot)->what);
    diag_note(diag, (*slot)->span, "%s", twice ? "here" : "the other one");
}

static bool in_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Names that a syntax error passed over may be declared there. */
static void collect_mentioned(struct resolver *r)
{
    for (unsigned i = 0; i < r->ast->broken.count; i++) {
        struct span span = r->ast->broken.at[i];
        const char *at = span.file->text + span.begin, *end = span.file->text + span.end;
        while (at < end) {
            size_t length = 0;
            while (at + length < end && in_word(at[length]))
                length++;
            if (length > 0) {
                const char *word = arena_intern(r->program->arena, at, length);
                *table_at(r->program->arena, &r->mentioned, word) = r;
                r->unread |= strcmp(word, "include") == 0;
            }
            at += length > 0 ? length : 1;
        }
    }
}

static bool may_be_declared(const struct resolver *r, const char *name)
{
    return r->unread || table_get(&r->mentioned, name) != NULL;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static struct entry *entry_of(struct resolver *r, struct word name)
{
    struct arena *arena = r->program->arena;
    struct entry **slot = (struct entry **)table_at(arena, &r->entries, name.text);
    if (*slot == NULL) {
        struct node *node = arena_alloc(arena, sizeof *node);
        node->name = name.text;
        node->span = name.span;
        *slot = arena_alloc(arena, sizeof **slot);
        (*slot)->node = node;
    }
    return *slot;
}

static void list_node(struct resolver *r, struct entry *entry)
{
    struct program *program = r->program;
    entry->listed = true;
    entry->node->index = program->nodes.count;
    vector_push(program->arena, &program->nodes, entry->node);
    vector_push(program->arena, &r->nodes, entry);
}

/* Signatures and bodies to their names. */
static void gather(struct resolver *r)
{
    for (unsigned i = 0; i < r->ast->declarations.count; i++) {
        const struct decl *decl = r->ast->declarations.at[i];
        if (decl->kind == DECL_BODY) {
            vector_push(r->program->arena, &entry_of(r, decl->name)->bodies, decl);
        } else if (decl->kind == DECL_SIGNATURE) {
            struct entry *entry = entry_of(r, decl->name);
            if (entry->signature != NULL) {
                struct diag *diag =
                    diag_report(r->program->diags, DIAG_DUPLICATE_NODE, decl->name.span,
                                "'%s' is declared twice", decl->name.text);
                diag_note(diag, entry->signature->name.span, "here first");
            } else {
                entry->signature = decl;
            }
        }
    }
}

/* `initial Setup;` says all there is to say of Setup (R43): it need not be declared besides. */
static void list_setup(struct resolver *r, struct word name)
{
    struct entry *entry = entry_of(r, name);
    if (entry->signature != NULL || entry->bodies.count > 0 || entry->listed)
        return;
    list_node(r, entry);
    check_function_name(r, name, "node");
    struct node *node = entry->node;
    node->missing = may_be_declared(r, name.text);
    node->inputs_known = node->outputs_known = !node->missing;
    node->inputs.types = node->outputs.types = arena_intern_string(r->program->arena, "");
}

/* Lists the nodes in order of the text, handlers that are declared nowhere (R24) among them. */
static void list_nodes(struct resolver *r)
{
    for (unsigned i = 0; i < r->ast->declarations.count; i++) {
        const struct decl *decl = r->ast->declarations.at[i];
        if (decl->kind == DECL_HANDLER) {
            struct entry *entry = entry_of(r, decl->handler.target);
            if (entry->signature == NULL && entry->bodies.count == 0 && !entry->listed) {
                list_node(r, entry);
                entry->node->implied = true;
                entry->node->missing = may_be_declared(r, entry->node->name);
                entry->node->outputs_known = !entry->node->missing;
                check_function_name(r, decl->handler.target, "node");
            }
        } else if (decl->kind == DECL_INITIAL || decl->kind == DECL_FINAL) {
            list_setup(r, decl->name);
        } else if (decl->kind == DECL_SIGNATURE || decl->kind == DECL_BODY) {
            struct entry *entry = entry_of(r, decl->name);
            if (entry->listed)
                continue;
            list_node(r, entry);
            entry->node->declared = entry->signature != NULL;
            check_function_name(r, decl->name, "node");
        }
    }
}

static const char *nearest_node(struct resolver *r, const char *name)
{
    if (r->searches++ >= SEARCHES_MAX)
        return NULL;
    struct near near = near_to(name);
    for (unsigned i = 0; i < r->nodes.count; i++)
        if (!r->nodes.at[i]->node->missing)
            near_try(&near, r->nodes.at[i]->node->name);
    return near.best;
}

static struct diag *report_unknown(struct resolver *r, struct word name)
{
    struct diag *diag = diag_report(r->program->diags, DIAG_UNKNOWN_NODE, name.span,
                                    "no node is called '%s'", name.text);
    const struct function *function = table_get(&r->functions, name.text);
    const char *near = function == NULL ? nearest_node(r, name.text) : NULL;
    if (function != NULL)
        diag_note(diag, function->span, "this is a %s, not a node", function->what);
    if (near != NULL) {
        diag_fix(diag, near);
        diag_note(diag, (struct span){0}, "did you mean '%s'?", near);
    }
    return diag;
}

struct entry *resolve_node(struct resolver *r, struct word name, bool handlers)
{
    struct entry *entry = entry_of(r, name);
    struct node *node = entry->node;
    if (!entry->listed) {
        node->missing = r->program->incomplete = true;
        list_node(r, entry);
        if (!may_be_declared(r, name.text))
            entry->unknown = report_unknown(r, name);
    } else if (node->implied && handlers) {
        return entry;
    } else if (entry->unknown != NULL) {
        if (++entry->places < PLACES_MAX)
            diag_note(entry->unknown, name.span, "and here");
    } else if (node->implied && !node->missing) {
        node->missing = r->program->incomplete = true;
        node->outputs_known = false;
        entry->unknown = diag_report(r->program->diags, DIAG_UNKNOWN_NODE, name.span,
                                     "no node is called '%s'", name.text);
        diag_note(entry->unknown, node->span,
                  "a handler that is declared nowhere else can stand in no flow");
    }
    return entry;
}

static void read_signatures(struct resolver *r)
{
    for (unsigned i = 0; i < r->nodes.count; i++) {
        struct entry *entry = r->nodes.at[i];
        struct node *node = entry->node;
        if (entry->signature == NULL) {
            /* Its signature or its first body may stand in text that could not be read. */
            node->inputs_doubted = node->outputs_doubted = may_be_declared(r, node->name);
            continue;
        }
        const struct decl *decl = entry->signature;
        struct span span = decl->name.span;
        node->inputs_known = resolve_fields(r, span, &decl->signature.inputs, &node->inputs);
        node->outputs_known = resolve_fields(r, span, &decl->signature.outputs, &node->outputs);
    }
}

/* ---- predicates and bodies ------------------------------------------------------------------- */

static void resolve_predicate(struct resolver *r, const struct decl *decl)
{
    struct program *program = r->program;
    const char *why = strcmp(decl->name.text, "_") == 0
                          ? "it is the pattern that matches everything"
                          : name_refused(decl->name.text);
    if (why != NULL)
        resolve_refuse(r, decl->name, "a semantic type", why);
    resolve_function(r, decl->function, "predicate");

    struct predicate **slot =
        (struct predicate **)table_at(program->arena, &r->predicates, decl->name.text);
    if (*slot != NULL) {
        struct diag *diag = diag_report(program->diags, DIAG_DUPLICATE_PREDICATE, decl->name.span,
                                        "semantic type '%s' is bound twice", decl->name.text);
        diag_note(diag, (*slot)->span, "here first");
        return;
    }
    *slot = arena_alloc(program->arena, sizeof **slot);
    **slot = (struct predicate){
        .name = decl->name.text, .function = decl->function.text, .span = decl->name.span};
    vector_push(program->arena, &program->predicates, *slot);
}

static void report_unknown_predicate(struct resolver *r, struct word name)
{
    struct program *program = r->program;
    struct diag *diag = diag_report(program->diags, DIAG_UNKNOWN_PREDICATE, name.span,
                                    "no semantic type is called '%s'", name.text);
    if (r->searches++ >= SEARCHES_MAX)
        return;
    struct near near = near_to(name.text);
    for (unsigned i = 0; i < program->predicates.count; i++) {
        const struct predicate *predicate = program->predicates.at[i];
        if (predicate->function == name.text) {
            diag_fix(diag, predicate->name);
            diag_note(diag, predicate->span, "this is the type that '%s' tells", name.text);
            return;
        }
        near_try(&near, predicate->name);
    }
    if (near.best != NULL) {
        diag_fix(diag, near.best);
        diag_note(diag, (struct span){0}, "did you mean '%s'?", near.best);
    }
}

/* NULL for a wildcard. An unknown one is made up, so that its pattern is not taken for a wildcard.
 */
static struct predicate *find_predicate(struct resolver *r, struct word name)
{
    if (strcmp(name.text, "_") == 0 || strcmp(name.text, "*") == 0)
        return NULL;
    struct arena *arena = r->program->arena;
    struct predicate **slot = (struct predicate **)table_at(arena, &r->predicates, name.text);
    if (*slot == NULL) {
        *slot = arena_alloc(arena, sizeof **slot);
        **slot = (struct predicate){.name = name.text, .span = name.span};
        r->program->incomplete = true;
        if (!may_be_declared(r, name.text))
            report_unknown_predicate(r, name);
    }
    (*slot)->used = true;
    return *slot;
}

const struct pattern *resolve_patterns(struct resolver *r, const struct words *words)
{
    struct pattern *patterns = arena_alloc(r->program->arena, words->count * sizeof *patterns);
    unsigned count = 0;
    for (const struct word_link *link = words->first; link != NULL; link = link->next)
        patterns[count++] = (struct pattern){find_predicate(r, link->word), link->word.span};
    return patterns;
}

static void resolve_body(struct resolver *r, const struct decl *decl, struct arm *arm)
{
    struct member *members =
        arena_alloc(r->program->arena, decl->body.members.count * sizeof *members);
    arm->span = decl->body.head;
    arm->members = members;
    for (const struct word_link *link = decl->body.members.first; link != NULL; link = link->next)
        members[arm->member_count++] =
            (struct member){resolve_node(r, link->word, false)->node, link->word.span};
    if (decl->body.patterns.count > 0) {
        arm->patterns = resolve_patterns(r, &decl->body.patterns);
        arm->pattern_count = decl->body.patterns.count;
    }
}

static void resolve_bodies(struct resolver *r, struct entry *entry)
{
    struct node *node = entry->node;
    if (entry->bodies.count == 0)
        return;
    const struct decl *first = entry->bodies.at[0];
    struct arm *arms = arena_alloc(r->program->arena, entry->bodies.count * sizeof *arms);
    node->kind = NODE_ABSTRACT;
    node->arms = arms;
    node->dispatches = first->body.patterns.count > 0;
    for (unsigned i = 0; i < entry->bodies.count; i++) {
        const struct decl *decl = entry->bodies.at[i];
        bool arm = decl->body.patterns.count > 0;
        if (i > 0 && !(arm && node->dispatches)) {
            struct diag *diag =
                diag_report(r->program->diags, DIAG_DUPLICATE_BODY, decl->body.head,
                            arm != node->dispatches ? "'%s' has a plain body and arms"
                                                    : "'%s' has two plain bodies",
                            node->name);
            diag_note(diag, first->body.head, "here first");
            r->program->incomplete = true;
            continue;
        }
        resolve_body(r, decl, &arms[node->arm_count++]);
    }
}

/* ---- the pass -------------------------------------------------------------------------------- */

static void resolve_preamble(struct resolver *r, const struct decl *decl)
{
    vector_push(r->program->arena, &r->program->preamble, decl->name.text);
    vector_push(r->program->arena, &r->program->preamble_spans, decl->name.span);
}

/* What refers to nodes; the rest is done. */
static void resolve_statement(struct resolver *r, const struct decl *decl)
{
    switch (decl->kind) {
    case DECL_SIGNATURE:
    case DECL_BODY:
    case DECL_PREDICATE:
    case DECL_SOURCE:
    case DECL_CLOCK:
    case DECL_INCLUDE:
        break;
    case DECL_HANDLER:
        resolve_handler(r, decl);
        break;
    case DECL_ATOMIC:
        resolve_atomic(r, decl);
        break;
    case DECL_BLOCKING:
        resolve_blocking(r, decl);
        break;
    case DECL_AWAIT:
        resolve_await(r, decl);
        break;
    case DECL_REPEAT:
        resolve_repeat(r, decl);
        break;
    case DECL_INITIAL:
    case DECL_FINAL:
        resolve_setup(r, decl);
        break;
    case DECL_PREAMBLE:
        resolve_preamble(r, decl);
        break;
    }
}

void resolve(struct program *program, const struct ast *ast)
{
    struct resolver r = {.program = program, .ast = ast};
    r.ctypes.arena = program->arena;
    r.unread = ast->incomplete;
    program->incomplete = ast->incomplete || ast->broken.count > 0;
    collect_mentioned(&r);
    gather(&r);
    list_nodes(&r);
    read_signatures(&r);
    for (unsigned i = 0; i < ast->declarations.count; i++)
        if (ast->declarations.at[i]->kind == DECL_PREDICATE)
            resolve_predicate(&r, ast->declarations.at[i]);

    /* Bodies and sources before what is said of nodes, which depends on their kind. Nodes that are
     * missing are listed on the way. */
    for (unsigned i = 0, count = r.nodes.count; i < count; i++)
        resolve_bodies(&r, r.nodes.at[i]);
    for (unsigned i = 0; i < ast->declarations.count; i++)
        if (ast->declarations.at[i]->kind == DECL_SOURCE ||
            ast->declarations.at[i]->kind == DECL_CLOCK)
            resolve_source(&r, ast->declarations.at[i]);
    for (unsigned i = 0; i < ast->declarations.count; i++)
        resolve_statement(&r, ast->declarations.at[i]);
    resolve_locks(&r);
    resolve_symbols(&r);
    resolve_clashes(&r);

    if (program->sources.count == 0 && !ast->incomplete && ast->broken.count == 0)
        diag_report(program->diags, DIAG_NO_SOURCE, (struct span){program->file, 0, 0},
                    "nothing starts a flow: a program needs a 'source'");
}
