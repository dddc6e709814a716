/* A node's constraints are held while its body runs, and while those handlers run that recover a
 * node of the body; not while its own handler runs (R25), while its own await waits (R36), or from
 * one turn of its own repeat to the next (R37). Nor is it worth a word that a node is blocking and
 * holds a constraint itself: both are said of it, and that is how one guards a library. So for
 *
 *      Conn = Read -> Work;   Work = Query;   await Read: readable(fd);   blocking Query;
 *      atomic Conn:{log};     atomic Work:{db};     atomic Query:{db};
 *
 * there are three warnings: log over Read's await and over Query, db of Work over Query.
 */
#include "held.h"

enum wait { WAIT_AWAIT, WAIT_BLOCKING, WAIT_REPEAT, WAIT_COUNT };

static const struct {
    enum diag_id id;
    const char *does, *note;
} waits[WAIT_COUNT] = {[WAIT_AWAIT] = {DIAG_HELD_OVER_AWAIT, "awaits", "'%s' awaits"},
                       [WAIT_BLOCKING] = {DIAG_HELD_OVER_BLOCKING, "blocks", "'%s' is blocking"},
                       [WAIT_REPEAT] = {DIAG_HELD_OVER_REPEAT, "repeats", "'%s' is repeated"}};

/* For each node, by index: which node to go on to for what waits in it or in its recovery; itself,
 * if it is the one; NULL, if there is none. */
typedef const struct node *leads[WAIT_COUNT];

static bool waits_itself(const struct node *node, enum wait wait)
{
    return wait == WAIT_AWAIT      ? node->await != NULL
           : wait == WAIT_BLOCKING ? node->blocking
                                   : node->repeat != NULL;
}

/* The first member whose run waits. */
static const struct member *find_member(const struct node *node, leads *lead, enum wait wait)
{
    for (unsigned i = 0; i < node->arm_count; i++)
        for (unsigned m = 0; m < node->arms[i].member_count; m++)
            if (lead[node->arms[i].members[m].node->index][wait] != NULL)
                return &node->arms[i].members[m];
    return NULL;
}

/* The diagnostic is about "'log'" or "'log' and 2 more". */
static const char *locks_text(struct arena *arena, const struct node *node)
{
    const char *first = node->locks.at[0].constraint->name;
    return node->locks.count == 1
               ? arena_printf(arena, "'%s'", first)
               : arena_printf(arena, "'%s' and %u more", first, node->locks.count - 1);
}

static void report(struct program *program, const struct node *node, const struct member *member,
                   leads *lead, enum wait wait)
{
    const struct node *waiting = member->node;
    while (lead[waiting->index][wait] != waiting)
        waiting = lead[waiting->index][wait];
    struct diag *diag = diag_report(
        program->diags, waits[wait].id, node->locks.at[0].span, "'%s' holds %s while '%s' %s",
        node->name, locks_text(program->arena, node), waiting->name, waits[wait].does);
    if (member->node != waiting)
        diag_note(diag, member->span, "'%s' leads there", member->node->name);
    diag_note(diag,
              wait == WAIT_AWAIT    ? waiting->await->span
              : wait == WAIT_REPEAT ? waiting->repeat->span
                                    : waiting->span,
              waits[wait].note, waiting->name);
}

static void find_leads(const struct node *node, const struct member *const *members, leads *lead)
{
    const struct handler *handler = node->handler;
    const struct node *recovery = handler != NULL && !handler->ends ? handler->node : NULL;
    for (enum wait wait = 0; wait < WAIT_COUNT; wait++)
        lead[node->index][wait] = waits_itself(node, wait) ? node
                                  : members[wait] != NULL  ? members[wait]->node
                                  : recovery != NULL && lead[recovery->index][wait] != NULL
                                      ? recovery
                                      : NULL;
}

static void check_sources(struct program *program)
{
    for (unsigned i = 0; i < program->sources.count; i++) {
        const struct node *node = program->sources.at[i]->node;
        if (node == NULL || node->locks.count == 0)
            continue;
        struct diag *diag =
            diag_report(program->diags, DIAG_SOURCE_CONSTRAINT, node->locks.at[0].span,
                        "'%s' holds %s while it waits for something to do", node->name,
                        locks_text(program->arena, node));
        diag_note(diag, program->sources.at[i]->span, "it is a source");
    }
}

void held_check(struct program *program, struct node *const *order)
{
    leads *lead = arena_alloc(program->arena, program->nodes.count * sizeof *lead);
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct member *members[WAIT_COUNT];
        for (enum wait wait = 0; wait < WAIT_COUNT; wait++) {
            members[wait] = find_member(order[i], lead, wait);
            if (members[wait] != NULL && order[i]->locks.count > 0)
                report(program, order[i], members[wait], lead, wait);
        }
        find_leads(order[i], members, lead);
    }
    check_sources(program);
}
