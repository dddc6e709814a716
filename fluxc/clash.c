/* The one name space of nodes, with their N_in and N_out, predicates and session functions (R6),
 * and the C types that the program speaks of: all become names of one C file. */
#include "resolve.h"

#include <string.h>

static void report_clash(struct resolver *r, struct span span, const char *name, const char *what,
                         const struct node *node)
{
    struct diag *diag = diag_report(
        r->program->diags, DIAG_NAME_CLASH, span, "'%s' is a %s, and also %s", name, what,
        name == node->name ? "a node"
                           : arena_printf(r->program->arena,
                                          "what the values of '%s' are called in C", node->name));
    diag_note(diag, node->span, "the node '%s'", node->name);
}

/* Node N takes the names N_in and N_out for its structs. */
static void check_suffix(struct resolver *r, struct span span, const char *name, const char *what)
{
    static const char *const suffixes[] = {"_in", "_out"};
    size_t length = strlen(name);
    for (unsigned i = 0; i < 2; i++) {
        size_t suffix = strlen(suffixes[i]);
        if (length <= suffix || strcmp(name + length - suffix, suffixes[i]) != 0)
            continue;
        const struct entry *entry =
            table_get(&r->entries, arena_intern(r->program->arena, name, length - suffix));
        if (entry != NULL && !entry->node->missing)
            report_clash(r, span, name, what, entry->node);
    }
}

static void check_function_clash(struct resolver *r, struct word name)
{
    const struct function *function = table_get(&r->functions, name.text);
    if (function->span.begin != name.span.begin || function->span.file != name.span.file)
        return; /* another source or type has it too */
    const struct entry *entry = table_get(&r->entries, name.text);
    if (entry != NULL && !entry->node->missing)
        report_clash(r, name.span, name.text, function->what, entry->node);
    check_suffix(r, name.span, name.text, function->what);
}

void resolve_clashes(struct resolver *r)
{
    for (unsigned i = 0; i < r->nodes.count; i++) {
        const struct node *node = r->nodes.at[i]->node;
        if (!node->missing)
            check_suffix(r, node->span, node->name, "node");
    }
    for (unsigned i = 0; i < r->ast->declarations.count; i++) {
        const struct decl *decl = r->ast->declarations.at[i];
        if (decl->kind == DECL_PREDICATE)
            check_function_clash(r, decl->function);
        else if (decl->kind == DECL_SOURCE && decl->source.function.text != NULL)
            check_function_clash(r, decl->source.function);
    }
    for (unsigned i = 0; i < r->ctypes.typedefs.count; i++) {
        struct word name = r->ctypes.typedefs.at[i];
        const struct entry *entry = table_get(&r->entries, name.text);
        if (entry != NULL && !entry->node->missing)
            report_clash(r, name.span, name.text, "type", entry->node);
    }
}
