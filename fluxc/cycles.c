/* Strongly connected components (Tarjan, "Depth-first search and linear graph algorithms", 1972),
 * with a stack of our own, since a chain of nodes may be as long as the program. A component of
 * several nodes is reported once, with a shortest cycle through the first of them:
 *
 *      A = B -> C;   B = D;   D = A;         'A' leads back to itself: A > B > D > A
 */
#include "cycles.h"

#include "walk.h"

enum { SHOWN_MAX = 8 }; /* steps of a cycle */

struct search {
    struct program *program;
    unsigned *number; /* by index of node: order of discovery from 1; 0: not yet */
    unsigned *low;    /* the earliest node that it leads back to */
    bool *open;       /* on the stack of nodes whose component is not complete */
    unsigned count;
    VECTOR(struct node *) stack;
    VECTOR(struct walk) walks;
    struct node **order;
    unsigned order_count;

    unsigned *component; /* by index of node, from 1 */
    unsigned components;
    struct walk *from; /* by index of node: the step that a search for a cycle came by */
    bool found;
};

/* Breadth first from `start` within its component, until a step leads back to it. Fills in
 * search->from. */
static struct walk find_cycle(struct search *search, struct node *start)
{
    VECTOR(struct node *) queue = {0};
    vector_push(search->program->arena, &queue, start);
    for (unsigned i = 0; i < queue.count; i++) {
        struct walk walk = walk_from(queue.at[i]);
        while (walk_next(&walk)) {
            if (walk.to == start)
                return walk;
            if (search->component[walk.to->index] != search->component[start->index] ||
                search->from[walk.to->index].node != NULL)
                continue;
            search->from[walk.to->index] = walk;
            vector_push(search->program->arena, &queue, walk.to);
        }
    }
    return (struct walk){0}; /* not in a component that has a cycle */
}

static void report_cycle(struct search *search, struct node *start)
{
    struct arena *arena = search->program->arena;
    VECTOR(struct walk) steps = {0}; /* the last first */
    for (struct walk step = find_cycle(search, start);; step = search->from[step.node->index]) {
        vector_push(arena, &steps, step);
        if (step.node == start)
            break;
    }
    const char *path = start->name;
    for (unsigned i = steps.count; i-- > 0;)
        if (steps.count - i <= SHOWN_MAX || i == 0)
            path = arena_printf(arena, "%s%s%s", path,
                                i == 0 && steps.count > SHOWN_MAX + 1 ? " > ... > " : " > ",
                                steps.at[i].to->name);
    struct diag *diag = diag_report(search->program->diags, DIAG_CYCLE, start->span,
                                    "'%s' leads back to itself: %s", start->name, path);
    for (unsigned i = steps.count; i-- > 0 && steps.count - i <= SHOWN_MAX;)
        diag_note(diag, steps.at[i].span,
                  steps.at[i].handler ? "'%s' has '%s' as its handler"
                                      : "'%s' has '%s' in its body",
                  steps.at[i].node->name, steps.at[i].to->name);
    search->found = true;
}

/* The nodes from `root` up on the stack are a component. */
static void close_component(struct search *search, struct node *root)
{
    unsigned size = 0;
    struct node *node, *first = root;
    search->components++;
    do {
        node = search->stack.at[--search->stack.count];
        search->open[node->index] = false;
        search->component[node->index] = search->components;
        search->order[search->order_count++] = node;
        if (node->index < first->index)
            first = node;
        size++;
    } while (node != root);

    bool cyclic = size > 1;
    for (struct walk walk = walk_from(root); !cyclic && walk_next(&walk);)
        cyclic = walk.to == root;
    if (!cyclic)
        return;
    for (unsigned i = search->order_count - size; i < search->order_count; i++)
        search->order[i]->inputs_doubted = search->order[i]->outputs_doubted = true;
    report_cycle(search, first);
}

static void discover(struct search *search, struct node *node)
{
    search->number[node->index] = search->low[node->index] = ++search->count;
    search->open[node->index] = true;
    vector_push(search->program->arena, &search->stack, node);
    vector_push(search->program->arena, &search->walks, walk_from(node));
}

static void note_low(struct search *search, const struct node *node, unsigned low)
{
    if (low < search->low[node->index])
        search->low[node->index] = low;
}

static void search_from(struct search *search, struct node *root)
{
    discover(search, root);
    while (search->walks.count > 0) {
        struct walk *walk = &search->walks.at[search->walks.count - 1];
        struct node *node = search->program->nodes.at[walk->node->index];
        if (walk_next(walk)) {
            if (search->number[walk->to->index] == 0)
                discover(search, walk->to);
            else if (search->open[walk->to->index])
                note_low(search, node, search->number[walk->to->index]);
            continue;
        }
        search->walks.count--;
        if (search->low[node->index] == search->number[node->index])
            close_component(search, node);
        if (search->walks.count > 0)
            note_low(search, search->walks.at[search->walks.count - 1].node,
                     search->low[node->index]);
    }
}

struct node *const *cycles_check(struct program *program)
{
    unsigned count = program->nodes.count;
    struct arena *arena = program->arena;
    struct search search = {.program = program,
                            .number = arena_alloc(arena, count * sizeof *search.number),
                            .low = arena_alloc(arena, count * sizeof *search.low),
                            .open = arena_alloc(arena, count * sizeof *search.open),
                            .order = arena_alloc(arena, count * sizeof *search.order),
                            .component = arena_alloc(arena, count * sizeof *search.component),
                            .from = arena_alloc(arena, count * sizeof *search.from)};
    for (unsigned i = 0; i < count; i++)
        if (search.number[i] == 0)
            search_from(&search, program->nodes.at[i]);
    return search.found ? NULL : search.order;
}
