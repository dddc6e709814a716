/* emit_locks.c - what every node takes, in which order, and why: --emit=locks, -d l. */
#include "emit.h"

static const char *place_text(struct arena *arena, struct span span)
{
    return arena_printf(arena, "%s:%u", span.file->name,
                        source_position(span.file, span.begin).line);
}

static void print_lock(struct arena *arena, const struct lock *lock, struct text *out)
{
    text_print(out, "    %-16s %-5s %-7s ", lock->constraint->name, lock->write ? "write" : "read",
               lock->constraint->scope == SCOPE_SESSION ? "session" : "program");
    if (lock->below)
        text_print(out, "lifted from %s (%s): '%s' is held there already", lock->below->name,
                   place_text(arena, lock->span), lock->later->name);
    else
        text_print(out, "declared (%s)", place_text(arena, lock->span));
    if (lock->writer)
        text_print(out, "; writes because %s below does", lock->writer->name);
    text_print(out, "\n");
}

void emit_locks(const struct prog *prog, struct text *out)
{
    const struct program *program = prog->program;
    text_print(out, "order");
    for (unsigned i = 0; i < program->constraints.count; i++)
        text_print(out, "%s %s%s", i > 0 ? " <" : "", program->constraints.at[i]->name,
                   program->constraints.at[i]->scope == SCOPE_SESSION ? "(session)" : "");
    text_print(out, "%s\n", program->constraints.count > 0 ? "" : " (no constraints)");
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        if (node->locks.count == 0)
            continue;
        text_print(out, "%s (%s)\n", node->name, place_text(program->arena, node->span));
        for (unsigned k = 0; k < node->locks.count; k++)
            print_lock(program->arena, &node->locks.at[k], out);
    }
}
