/* emit_profile.c - what the simulator has to be told about a program, to be filled in:
 * --emit=profile-template. docs/simulator.md describes it.
 */
#include "emit.h"
#include "json.h"

#define FORMAT_VERSION 1

static bool is_called(const struct node *node)
{
    return node->kind == NODE_CONCRETE && node->used;
}

static void print_nodes(struct json *json, const struct program *program)
{
    json_begin(json, "nodes", '{', false);
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        if (!is_called(node))
            continue;
        json_begin(json, node->name, '{', true);
        json_string(json, "cpu", "10us");
        json_string(json, "blocked", "0us");
        json_string(json, "error", "0%");
        if (node->await != NULL)
            json_string(json, "await", "0us");
        json_end(json, '}');
    }
    json_end(json, '}');
}

/* As likely as each other, in whole percents. */
static void print_arms(struct json *json, const struct program *program)
{
    json_begin(json, "arms", '{', false);
    for (unsigned i = 0; i < program->nodes.count; i++) {
        const struct node *node = program->nodes.at[i];
        if (node->arm_count == 0 || node->arms[0].patterns == NULL)
            continue;
        json_begin(json, node->name, '[', true);
        for (unsigned a = 0; a < node->arm_count; a++) {
            unsigned share = 100 / node->arm_count + (a < 100 % node->arm_count);
            json_string(json, NULL, arena_printf(program->arena, "%u%%", share));
        }
        json_end(json, ']');
    }
    json_end(json, '}');
}

static void print_repeats(struct json *json, const struct program *program)
{
    json_begin(json, "repeats", '{', true);
    for (unsigned i = 0; i < program->nodes.count; i++)
        if (program->nodes.at[i]->repeat != NULL)
            json_string(json, program->nodes.at[i]->name, "0%");
    json_end(json, '}');
}

static void print_sessions(struct json *json, const struct program *program)
{
    json_begin(json, "sessions", '{', true);
    for (unsigned i = 0; i < program->sources.count; i++)
        if (program->sources.at[i]->session != NULL)
            json_string(json, program->sources.at[i]->name, "1000");
    json_end(json, '}');
}

void emit_profile(const struct program *program, struct text *out)
{
    struct json json = {.out = out};
    json_begin_file(&json, FORMAT_VERSION, program->name);
    print_nodes(&json, program);
    print_arms(&json, program);
    print_repeats(&json, program);
    print_sessions(&json, program);
    json_begin(&json, "overheads", '{', true);
    json_string(&json, "dispatch", "0us");
    json_string(&json, "wake", "0us");
    json_string(&json, "hand_off", "0us");
    json_end(&json, '}');
    json_end(&json, '}');
    text_print(out, "\n");
}
