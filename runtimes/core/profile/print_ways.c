/* print_ways.c - the ways that flows have taken, step by step. */
#include "print.h"

/* "turn Exchange": the node whose `repeat` leads back to the step. */
static const char *turning(const struct flux_profile_source *source, uint32_t step)
{
    for (uint32_t i = step; i < source->step_count; i++)
        if (source->steps[i].next == step && source->steps[i].next_cut)
            return fluxi_place_name(source->steps[i].place);
    return "-";
}

static void print_begin(struct fluxi_json *json, const struct flux_profile_source *source,
                        const struct flux_profile_begin *begin)
{
    static const char *const words[] = {
        [FLUX_PROFILE_SOURCE] = "source", [FLUX_PROFILE_FLOW] = "start"};
    char text[300];
    if (begin->kind == FLUX_PROFILE_TURN)
        snprintf(text, sizeof text, "turn %s", turning(source, begin->step));
    else if (begin->kind == FLUX_PROFILE_CUT)
        snprintf(text, sizeof text, "cut %u", (unsigned)begin->step);
    fluxi_json_text(json, "begins",
                    begin->kind == FLUX_PROFILE_TURN || begin->kind == FLUX_PROFILE_CUT
                        ? text
                        : words[begin->kind]);
}

struct listing {
    struct fluxi_json *json; /* NULL: only the end is looked for */
    const struct flux_profile_source *source;
    uint32_t last;
    bool other;
};

static void list_arm(struct listing *listing, const struct flux_profile_step *step, int arm)
{
    char text[300];
    if (arm == FLUX_PROFILE_ASKS)
        return;
    if (arm == FLUX_PROFILE_NO_ARM)
        snprintf(text, sizeof text, "%s:-", fluxi_place_name(step->place));
    else
        snprintf(text, sizeof text, "%s:%d", fluxi_place_name(step->place), arm);
    fluxi_json_text(listing->json, NULL, text);
}

static void list_step(void *context, uint32_t index, bool other)
{
    struct listing *listing = context;
    const struct flux_profile_step *step = &listing->source->steps[index];
    char text[300];
    listing->last = index;
    listing->other = other;
    if (step->op == FLUX_PROFILE_CALL || step->op == FLUX_PROFILE_AWAIT) {
        snprintf(text, sizeof text, "%s%s%s", fluxi_place_name(step->place),
                 step->op == FLUX_PROFILE_AWAIT ? "?" : "", other ? "!" : "");
        fluxi_json_text(listing->json, NULL, text);
    } else if (step->op == FLUX_PROFILE_ARM) {
        list_arm(listing, step, other ? step->no : step->yes);
    }
}

static void print_end(struct fluxi_json *json, const struct listing *listing)
{
    const struct flux_profile_step *step = &listing->source->steps[listing->last];
    uint32_t to = listing->other ? step->other : step->next;
    char text[300];
    switch (step->op) {
    case FLUX_PROFILE_BORN:
        snprintf(text, sizeof text, "born");
        break;
    case FLUX_PROFILE_LEFT:
        snprintf(text, sizeof text, "failed");
        break;
    case FLUX_PROFILE_END:
        snprintf(text, sizeof text, "end");
        break;
    default:
        if (to <= listing->last)
            snprintf(text, sizeof text, "turn %s", fluxi_place_name(step->place));
        else
            snprintf(text, sizeof text, "cut %u", (unsigned)to);
        break;
    }
    fluxi_json_text(json, "ends", text);
}

static void nothing(void *context, uint32_t index, bool other)
{
    (void)context, (void)index, (void)other;
}

static void print_way(struct printing *printing, const struct fluxi_way_sum *way)
{
    struct fluxi_json *json = &printing->json;
    const struct flux_profile_source *source = &flux_program.profile->sources[way->source];
    struct listing listing = {.json = json, .source = source};
    fluxi_json_open(json, NULL, '{');
    fluxi_json_text(json, "source", flux_program.sources[way->source].name);
    fluxi_json_count(json, "number", way->number);
    fluxi_json_count(json, "count", way->count);
    print_begin(json, source, fluxi_way_walk(source, way->number, nothing, NULL));
    fluxi_json_open(json, "steps", '[');
    fluxi_way_walk(source, way->number, list_step, &listing);
    fluxi_json_close(json, ']');
    print_end(json, &listing);
    fluxi_json_count(json, "sampled", way->sampled);
    fluxi_json_put(json, "cpu", "%.1f", fluxi_share(way->cpu, way->sampled));
    fluxi_json_put(json, "blocked", "%.1f", fluxi_share(way->blocked, way->sampled));
    fluxi_json_put(json, "waited", "%.1f", fluxi_share(way->waited, way->sampled));
    fluxi_json_close(json, '}');
}

void fluxi_print_ways(struct printing *printing)
{
    fluxi_json_open(&printing->json, "paths", '[');
    for (size_t i = 0; i < printing->tally.way_count; i++)
        print_way(printing, &printing->tally.ways[i]);
    fluxi_json_close(&printing->json, ']');
}
