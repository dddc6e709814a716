/* What is said of nodes declared elsewhere: handle, atomic, blocking, await, repeat. */
#include "resolve.h"

#include "names.h"
#include "near.h"

#include <stdlib.h>
#include <string.h>

/* ---- handlers (R23-R26) ---------------------------------------------------------------------- */

static void resolve_default_handler(struct resolver *r, struct word star, struct handler *handler)
{
    if (r->program->default_handler == NULL) {
        r->program->default_handler = handler;
        return;
    }
    struct diag *diag = diag_report(r->program->diags, DIAG_DUPLICATE_HANDLER, star.span,
                                    "a program has one default handler");
    diag_note(diag, r->program->default_handler->span, "here first");
    r->program->incomplete = true;
}

static void resolve_handled(struct resolver *r, struct word name, struct handler *handler)
{
    struct entry *entry = resolve_node(r, name, true);
    struct node *node = entry->node, *h = handler->node;
    if (entry->source != NULL && !node->missing) {
        struct diag *diag = diag_report(r->program->diags, DIAG_WRONG_KIND, name.span,
                                        "'%s' is a source: an error that leaves it starts no flow, "
                                        "so there is nothing to handle",
                                        name.text);
        diag_note(diag, entry->source->span, "a source here");
        r->program->incomplete = true;
    } else if (node->handler != NULL) {
        struct diag *diag = diag_report(r->program->diags, DIAG_DUPLICATE_HANDLER, name.span,
                                        "'%s' has a handler already", name.text);
        diag_note(diag, node->handler->span, "here first");
        r->program->incomplete = true;
    } else {
        node->handler = handler;
        if (h->implied && h->serves == NULL)
            h->serves = node;
    }
}

static void report_source(struct resolver *r, struct entry *entry, struct word target)
{
    if (entry->no_handler == NULL) {
        entry->no_handler = diag_report(r->program->diags, DIAG_WRONG_KIND, target.span,
                                        "'%s' is a source and cannot be a handler", target.text);
        diag_note(entry->no_handler, entry->source->span, "a source here");
    } else if (++entry->no_handler_places < PLACES_MAX) {
        diag_note(entry->no_handler, target.span, "and here");
    }
}

void resolve_handler(struct resolver *r, const struct decl *decl)
{
    struct word target = decl->handler.target;
    struct entry *entry = resolve_node(r, target, true);
    if (entry->source != NULL && !entry->node->missing) {
        report_source(r, entry, target);
        return;
    }
    if (entry->node->role == NULL)
        entry->node->role = "handler";
    const struct words *nodes = &decl->handler.nodes;
    for (const struct word_link *link = nodes->first; link != NULL; link = link->next) {
        struct handler *handler = arena_alloc(r->program->arena, sizeof *handler);
        handler->node = entry->node;
        handler->span = target.span;
        if (strcmp(link->word.text, "*") == 0 || strcmp(link->word.text, "_") == 0)
            resolve_default_handler(r, link->word, handler);
        else
            resolve_handled(r, link->word, handler);
    }
}

/* ---- constraints (R28) ----------------------------------------------------------------------- */

/* The scope that is asked for; false after an error. */
static bool read_scope(struct resolver *r, struct word scope, enum constraint_scope *result)
{
    *result = SCOPE_PROGRAM;
    if (scope.text == NULL || strcmp(scope.text, "program") == 0)
        return true;
    *result = SCOPE_SESSION;
    if (strcmp(scope.text, "session") == 0)
        return true;
    struct diag *diag =
        diag_report(r->program->diags, DIAG_UNKNOWN_SCOPE, scope.span,
                    "a constraint's scope is program or session, not '%s'", scope.text);
    struct near near = near_to(scope.text);
    near_try(&near, "program");
    near_try(&near, "session");
    if (near.best != NULL)
        diag_fix(diag, near.best);
    return false;
}

static void resolve_use(struct resolver *r, const struct use *use)
{
    struct program *program = r->program;
    enum constraint_scope scope;
    bool known = read_scope(r, use->scope, &scope);
    struct constraint **slot =
        (struct constraint **)table_at(program->arena, &r->constraints, use->name.text);
    if (*slot != NULL) {
        bool disputed = (*slot)->disputed;
        (*slot)->disputed |= !known || scope != (*slot)->scope;
        if (disputed || !known || scope == (*slot)->scope)
            return;
        struct diag *diag =
            diag_report(program->diags, DIAG_CONSTRAINT_SCOPE, use->name.span,
                        "constraint '%s' is one of the %s here and one of the %s elsewhere",
                        use->name.text, scope == SCOPE_SESSION ? "session" : "program",
                        scope == SCOPE_SESSION ? "program" : "session");
        diag_note(diag, (*slot)->span, "here");
        return;
    }
    const char *why = name_refused(use->name.text);
    if (why != NULL)
        resolve_refuse(r, use->name, "a constraint", why);
    *slot = arena_alloc(program->arena, sizeof **slot);
    **slot = (struct constraint){.name = use->name.text,
                                 .scope = scope,
                                 .span = use->name.span,
                                 .disputed = !known,
                                 .rank = program->constraints.count};
    vector_push(program->arena, &program->constraints, *slot);
}

void resolve_atomic(struct resolver *r, const struct decl *decl)
{
    struct entry *entry = resolve_node(r, decl->name, true);
    vector_push(r->program->arena, &entry->atomics, decl);
    for (const struct use *use = decl->uses.first; use != NULL; use = use->next)
        resolve_use(r, use);
}

/* What is known of one constraint while the lines of one node are added up. */
struct tally {
    const struct node *node; /* that has it as locks.at[lock] */
    const struct decl *decl; /* the line in which it stood last */
    unsigned lock;
};

static void add_lock(struct resolver *r, struct node *node, const struct decl *decl,
                     const struct use *use, struct tally *tally, struct constraint *constraint)
{
    bool write = use->mode != '?';
    if (tally->decl == decl)
        diag_report(r->program->diags, DIAG_DUPLICATE_CONSTRAINT, use->name.span,
                    "'%s' stands twice in this list", use->name.text);
    if (tally->node != node) {
        *tally = (struct tally){node, decl, node->locks.count};
        vector_push(r->program->arena, &node->locks,
                    ((struct lock){.constraint = constraint,
                                   .write = write,
                                   .declared = true,
                                   .span = use->name.span}));
        return;
    }
    struct lock *lock = &node->locks.at[tally->lock];
    if (write && !lock->write) {
        lock->write = true; /* the stronger mode wins, and is what messages point to */
        lock->span = use->name.span;
    }
    tally->decl = decl;
}

static int canonical(const void *left, const void *right)
{
    const struct constraint *a = *(struct constraint *const *)left,
                            *b = *(struct constraint *const *)right;
    if (a->scope != b->scope)
        return a->scope == SCOPE_SESSION ? -1 : 1;
    return strcmp(a->name, b->name);
}

void resolve_locks(struct resolver *r)
{
    struct program *program = r->program;
    unsigned count = program->constraints.count;
    if (count > 0)
        qsort(program->constraints.at, count, sizeof program->constraints.at[0], canonical);
    for (unsigned i = 0; i < count; i++)
        program->constraints.at[i]->rank = i;

    struct tally *tallies = arena_alloc(program->arena, count * sizeof *tallies);
    for (unsigned n = 0; n < r->nodes.count; n++) {
        const struct entry *entry = r->nodes.at[n];
        for (unsigned i = 0; i < entry->atomics.count; i++) {
            const struct decl *decl = entry->atomics.at[i];
            for (const struct use *use = decl->uses.first; use != NULL; use = use->next) {
                struct constraint *constraint = table_get(&r->constraints, use->name.text);
                add_lock(r, entry->node, decl, use, &tallies[constraint->rank], constraint);
            }
        }
    }
}

/* ---- waiting and loops (R35-R37) ------------------------------------------------------------- */

/* Whether the node is of the kind that the declaration is for. */
static bool check_kind(struct resolver *r, const struct node *node, struct word name,
                       enum node_kind kind, const char *what)
{
    if (node->missing)
        return false;
    if (node->kind == kind)
        return true;
    struct diag *diag =
        diag_report(r->program->diags, DIAG_WRONG_KIND, name.span, "'%s' is %s: %s", name.text,
                    kind == NODE_CONCRETE ? "abstract" : "concrete", what);
    diag_note(diag, node->span, "declared here");
    return false;
}

void resolve_blocking(struct resolver *r, const struct decl *decl)
{
    for (const struct word_link *link = decl->nodes.first; link != NULL; link = link->next) {
        struct entry *entry = resolve_node(r, link->word, true);
        struct node *node = entry->node;
        if (!check_kind(r, node, link->word, NODE_CONCRETE, "only a C function can block"))
            continue;
        if (node->blocking) {
            struct diag *diag =
                diag_report(r->program->diags, DIAG_DUPLICATE_BLOCKING, link->word.span,
                            "'%s' is blocking already", link->word.text);
            diag_note(diag, entry->blocking.span, "here first");
            continue;
        }
        node->blocking = true;
        entry->blocking = link->word;
    }
}

void resolve_await(struct resolver *r, const struct decl *decl)
{
    struct node *node = resolve_node(r, decl->name, true)->node;
    if (!check_kind(r, node, decl->name, NODE_CONCRETE,
                    "only before a C function can a flow await"))
        return;
    if (node->await != NULL) {
        struct diag *diag = diag_report(r->program->diags, DIAG_DUPLICATE_AWAIT, decl->name.span,
                                        "'%s' has an await already", decl->name.text);
        diag_note(diag, node->await->span, "here first");
        return;
    }
    struct await *await = arena_alloc(r->program->arena, sizeof *await);
    *await = (struct await){.span = decl->name.span,
                            .writable = decl->await.writable,
                            .fd_name = decl->await.fd.text,
                            .fd_span = decl->await.fd.span,
                            .limit_name = decl->await.limit.text,
                            .limit_span = decl->await.limit.span,
                            .limit_field = -1,
                            .limit = -1};
    uint64_t ns;
    if (decl->await.number.text != NULL &&
        resolve_time(r, decl->await.number, decl->await.unit, &ns))
        await->limit = (int64_t)((ns + 999999) / 1000000);
    node->await = await;
}

void resolve_repeat(struct resolver *r, const struct decl *decl)
{
    struct node *node = resolve_node(r, decl->name, true)->node;
    if (!check_kind(r, node, decl->name, NODE_ABSTRACT, "only a flow can be repeated"))
        return;
    if (node->repeat != NULL) {
        struct diag *diag = diag_report(r->program->diags, DIAG_DUPLICATE_REPEAT, decl->name.span,
                                        "'%s' has a repeat already", decl->name.text);
        diag_note(diag, node->repeat->span, "here first");
        return;
    }
    struct repeat *repeat = arena_alloc(r->program->arena, sizeof *repeat);
    *repeat = (struct repeat){.span = decl->name.span,
                              .patterns = resolve_patterns(r, &decl->patterns),
                              .pattern_count = decl->patterns.count};
    node->repeat = repeat;
}
