/* emit_prog.c - PROG as text: --emit=prog, -d p. And what the emitters share (emit.h). */
#include "emit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *prog_op_name(enum step_op op)
{
    static const char *const names[] = {
        [STEP_CALL] = "call",       [STEP_TEST] = "test",           [STEP_TAKE] = "take",
        [STEP_GIVE] = "give",       [STEP_AWAIT] = "await",         [STEP_BLOCK] = "block",
        [STEP_UNBLOCK] = "unblock", [STEP_COPY] = "copy",           [STEP_TURN] = "turn",
        [STEP_JOIN] = "join",       [STEP_BORN] = "born",           [STEP_NOMATCH] = "nomatch",
        [STEP_MEMO] = "memo",       [STEP_FAIL] = "fail",           [STEP_STOPPED] = "stopped",
        [STEP_RECOVER] = "recover", [STEP_UNHANDLED] = "unhandled", [STEP_LEAVE] = "leave",
        [STEP_END] = "end",         [STEP_STEP] = "step",           [STEP_GOTO] = "goto",
    };
    return names[op];
}

static const char *escape(struct arena *arena, const char *text, const char *escaped)
{
    size_t length = strlen(text);
    char *copy = arena_alloc(arena, length * 4 + 1);
    char *to = copy;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (strchr(escaped, c)) {
            *to++ = '\\';
            *to++ = (char)c;
        } else if (c < ' ' || c == 0x7f) {
            to += sprintf(to, "\\%03o", c);
        } else {
            *to++ = (char)c;
        }
    }
    return copy;
}

const char *emit_c_string(struct arena *arena, const char *text)
{
    return escape(arena, text, "\"\\");
}

const char *emit_comment(struct arena *arena, const char *text)
{
    return escape(arena, text, "*\\");
}

static const char *value_name(const struct value *value)
{
    return value ? value->name : "-";
}

static const char *path(struct arena *arena, const struct place *place)
{
    if (!place)
        return "";
    if (!place->up)
        return place->node->name;
    return arena_printf(arena, "%s > %s", path(arena, place->up), place->node->name);
}

/* What stands behind the name of the operation. */
static const char *operands(struct arena *arena, const struct step *step)
{
    switch (step->op) {
    case STEP_CALL:
        return arena_printf(arena, "%s (%s%s)%s%s", step->place->node->name,
                            step->input ? step->input->name : "",
                            step->takes_error ? (step->input ? ", code" : "code") : "",
                            step->value ? " -> " : "", step->value ? step->value->name : "");
    case STEP_TEST:
        return arena_printf(arena, "%s (%s.%s)", step->predicate->function, value_name(step->input),
                            step->input->fields->at[step->field].name);
    case STEP_TAKE:
    case STEP_GIVE:
        return arena_printf(arena, "%s %s%s", step->lock->constraint->name,
                            step->write ? "write" : "read",
                            step->lock->constraint->scope == SCOPE_SESSION ? " session" : "");
    case STEP_AWAIT: {
        const struct await *await = step->place->node->await;
        const char *fd = step->input->fields->at[await->fd].name;
        const char *limit =
            await->limit_field >= 0 ? arena_printf(arena, " within %s.%s", value_name(step->input),
                                                   step->input->fields->at[await->limit_field].name)
            : await->limit >= 0     ? arena_printf(arena, " within %" PRId64 " ms", await->limit)
                                    : "";
        return arena_printf(arena, "%s (%s.%s)%s%s", await->writable ? "writable" : "readable",
                            value_name(step->input), fd, limit, step->idle ? " idle" : "");
    }
    case STEP_COPY:
        return arena_printf(arena, "%s%s -> %s", step->input ? step->input->name : "",
                            step->takes_error ? (step->input ? ", code" : "code") : "",
                            value_name(step->value));
    case STEP_LEAVE:
        return step->handled ? "handled" : "";
    case STEP_MEMO:
        return arena_printf(arena, "%u..%u", step->memo, step->memo + step->field - 1);
    default:
        return "";
    }
}

static void print_step(struct arena *arena, const struct routine *routine, unsigned index,
                       struct text *out)
{
    const struct step *step = &routine->steps.at[index];
    char ways[64] = "";
    size_t used = 0;
    if (step->next != STEP_NONE && step->next != index + 1)
        used = (size_t)snprintf(ways, sizeof ways, " next %u", step->next);
    if (step->other != STEP_NONE)
        snprintf(ways + used, sizeof ways - used, " %s %u",
                 step->op == STEP_TEST      ? "else"
                 : step->op == STEP_STOPPED ? "stop"
                                            : "error",
                 step->other);
    const char *text =
        arena_printf(arena, "%-9s %s", prog_op_name(step->op), operands(arena, step));
    text_print(out, "%5u%s %-46s%-20s", index, step->cold ? "'" : " ", text, ways);
    if (step->place)
        text_print(out, " ; %s", path(arena, step->place));
    text_print(out, "\n");
}

void emit_prog(const struct prog *prog, struct text *out)
{
    struct arena *arena = prog->program->arena;
    for (unsigned r = 0; r < prog->routines.count; r++) {
        const struct routine *routine = prog->routines.at[r];
        text_print(out, "%ssource %s => %s\n", r > 0 ? "\n" : "", routine->source->name,
                   routine->source->target->name);
        for (unsigned i = 0; i < routine->values.count; i++) {
            const struct value *value = routine->values.at[i];
            text_print(out, "  value %s : %s_%s %s, %u to %u\n", value->name, value->node->name,
                       value->input ? "in" : "out", value->in_frame ? "frame" : "local",
                       value->made, value->read);
        }
        for (unsigned i = 0; i < routine->steps.count; i++)
            print_step(arena, routine, i, out);
    }
}
