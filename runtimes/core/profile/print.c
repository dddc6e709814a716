/* print.c - the profile up to now, as JSON (docs/profile.md has the format). */
#include "core.h"
#include "json.h"
#include "profile.h"
#include "ways.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define FORMAT 1

struct printing {
    struct fluxi_json json;
    struct fluxi_tally tally;
};

static const char *node_name(uint32_t place)
{
    return place != FLUX_PROFILE_NONE ? flux_program.profile->places[place].node->name : "-";
}

/* ---- nodes, arms, turns ---------------------------------------------------------------------- */

static struct fluxi_place_tally node_sum(const struct printing *printing, unsigned node)
{
    const struct flux_profile *profile = flux_program.profile;
    struct fluxi_place_tally sum = {0};
    for (unsigned i = 0; i < profile->place_count; i++) {
        const struct fluxi_place_tally *place = &printing->tally.places[i];
        if (profile->places[i].node != &profile->nodes[node])
            continue;
        sum.calls += place->calls;
        sum.errors += place->errors;
        sum.awaits += place->awaits;
        sum.in_vain += place->in_vain;
    }
    return sum;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static void print_nodes(struct printing *printing)
{
    const struct flux_profile *profile = flux_program.profile;
    struct fluxi_json *json = &printing->json;
    fluxi_json_open(json, "nodes", '{');
    for (unsigned i = 0; i < profile->node_count; i++) {
        const struct flux_node *node = &profile->nodes[i];
        if (!profile->about[i].called)
            continue;
        struct fluxi_place_tally sum = node_sum(printing, i);
        fluxi_json_open(json, node->name, '{');
        fluxi_json_text(json, "file", node->file);
        fluxi_json_count(json, "line", node->line);
        fluxi_json_put(json, "blocking", "%s", profile->about[i].blocking ? "true" : "false");
        fluxi_json_count(json, "calls", sum.calls);
        fluxi_json_count(json, "errors", sum.errors);
        fluxi_json_put(json, "error", "%.9g", share(sum.errors, sum.calls));
        if (profile->about[i].awaits) {
            fluxi_json_count(json, "awaits", sum.awaits);
            fluxi_json_count(json, "in_vain", sum.in_vain);
        }
        fluxi_json_close(json, '}');
    }
    fluxi_json_close(json, '}');
}

static uint64_t arm_sum(const struct printing *printing, unsigned node)
{
    uint64_t sum = 0;
    for (unsigned a = 0; a <= flux_program.profile->about[node].arms; a++)
        sum += printing->tally.nodes[node].arms[a];
    return sum;
}

/* As shares, or as counts with the one of no arm. A dispatch that nothing has come to has none. */
static void print_arms(struct printing *printing, bool counts)
{
    const struct flux_profile *profile = flux_program.profile;
    struct fluxi_json *json = &printing->json;
    fluxi_json_open(json, counts ? "arm_counts" : "arms", '{');
    for (unsigned i = 0; i < profile->node_count; i++) {
        uint64_t sum = arm_sum(printing, i);
        if (sum == 0)
            continue;
        fluxi_json_open(json, profile->nodes[i].name, '[');
        for (unsigned a = 0; a < profile->about[i].arms + counts; a++) {
            uint64_t count = printing->tally.nodes[i].arms[a];
            if (counts)
                fluxi_json_count(json, NULL, count);
            else
                fluxi_json_put(json, NULL, "%.9g", share(count, sum));
        }
        fluxi_json_close(json, ']');
    }
    fluxi_json_close(json, '}');
}

static void print_repeats(struct printing *printing, bool counts)
{
    const struct flux_profile *profile = flux_program.profile;
    struct fluxi_json *json = &printing->json;
    fluxi_json_open(json, counts ? "repeat_counts" : "repeats", '{');
    for (unsigned i = 0; i < profile->node_count; i++) {
        const struct fluxi_node_tally *node = &printing->tally.nodes[i];
        const char *name = profile->nodes[i].name;
        if (!profile->about[i].repeats || node->again + node->no_other == 0)
            continue;
        if (!counts) {
            fluxi_json_put(json, name, "%.9g", share(node->again, node->again + node->no_other));
            continue;
        }
        fluxi_json_open(json, name, '[');
        fluxi_json_count(json, NULL, node->again);
        fluxi_json_count(json, NULL, node->no_other);
        fluxi_json_close(json, ']');
    }
    fluxi_json_close(json, '}');
}

/* ---- places ---------------------------------------------------------------------------------- */

static void print_path(struct fluxi_json *json, const struct flux_place *place)
{
    if (place->up != NULL)
        print_path(json, place->up);
    fluxi_json_text(json, NULL, place->node->name);
}

static void place_sources(unsigned *source_of)
{
    for (unsigned s = 0; s < flux_program.source_count; s++) {
        const struct flux_profile_source *source = &flux_program.profile->sources[s];
        for (unsigned i = 0; i < source->step_count; i++)
            if (source->steps[i].place != FLUX_PROFILE_NONE)
                source_of[source->steps[i].place] = s;
    }
}

static void print_places(struct printing *printing, const unsigned *source_of)
{
    const struct flux_profile *profile = flux_program.profile;
    struct fluxi_json *json = &printing->json;
    fluxi_json_open(json, "places", '[');
    for (unsigned i = 0; i < profile->place_count; i++) {
        const struct fluxi_place_tally *place = &printing->tally.places[i];
        if (place->calls + place->awaits == 0)
            continue;
        fluxi_json_open(json, NULL, '{');
        fluxi_json_text(json, "node", node_name(i));
        fluxi_json_open(json, "path", '[');
        print_path(json, &profile->places[i]);
        fluxi_json_close(json, ']');
        fluxi_json_text(json, "source", flux_program.sources[source_of[i]].name);
        fluxi_json_count(json, "calls", place->calls);
        fluxi_json_count(json, "errors", place->errors);
        fluxi_json_close(json, '}');
    }
    fluxi_json_close(json, ']');
}

/* ---- sources and ways ------------------------------------------------------------------------ */

static void print_sources(struct printing *printing)
{
    struct fluxi_json *json = &printing->json;
    fluxi_json_open(json, "sources", '{');
    for (unsigned i = 0; i < flux_program.source_count; i++) {
        const struct fluxi_source_tally *source = &printing->tally.sources[i];
        bool clock = flux_program.sources[i].period > 0;
        uint64_t unknown = fluxi_ways_unknown(i);
        uint64_t flows = clock ? source->begun[FLUX_PROFILE_FLOW] : source->born;
        bool idles = flux_program.profile->sources[i].idles;
        fluxi_json_open(json, flux_program.sources[i].name, '{');
        fluxi_json_count(json, "flows", flows);
        fluxi_json_count(json, "failures", source->failed);
        fluxi_json_count(json, "ended", source->ended);
        fluxi_json_count(json, "requests", idles ? source->requests : flows);
        if (unknown > 0)
            fluxi_json_count(json, "unknown", unknown);
        fluxi_json_close(json, '}');
    }
    fluxi_json_close(json, '}');
}

/* "turn Exchange": the node whose `repeat` leads back to the step. */
static const char *turning(const struct flux_profile_source *source, uint32_t step)
{
    for (uint32_t i = step; i < source->step_count; i++)
        if (source->steps[i].next == step && source->steps[i].next_cut)
            return node_name(source->steps[i].place);
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
        snprintf(text, sizeof text, "%s:-", node_name(step->place));
    else
        snprintf(text, sizeof text, "%s:%d", node_name(step->place), arm);
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
        snprintf(text, sizeof text, "%s%s%s", node_name(step->place),
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
            snprintf(text, sizeof text, "turn %s", node_name(step->place));
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
    fluxi_json_close(json, '}');
}

static void print_ways(struct printing *printing)
{
    fluxi_json_open(&printing->json, "paths", '[');
    for (size_t i = 0; i < printing->tally.way_count; i++)
        print_way(printing, &printing->tally.ways[i]);
    fluxi_json_close(&printing->json, ']');
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void print_head(struct printing *printing)
{
    struct fluxi_json *json = &printing->json;
    struct flux_load load = fluxi_runtime_load();
    struct timespec used;
    struct tm utc;
    char started[32] = "";
    time_t then = fluxi_profile_began();
    double seconds = fluxi_profile_seconds();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    if (gmtime_r(&then, &utc) != NULL)
        strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &utc);

    fluxi_json_count(json, "format", FORMAT);
    fluxi_json_text(json, "kind", "measured");
    fluxi_json_text(json, "program", flux_program.name);
    fluxi_json_text(json, "runtime", flux_program.runtime);
    fluxi_json_count(json, "cores", fluxi_cpus());
    fluxi_json_count(json, "executors", load.workers);
    fluxi_json_count(json, "processes",
                     fluxi_settings.processes > 0 ? fluxi_settings.processes : 1);
    fluxi_json_text(json, "started", started);
    fluxi_json_put(json, "seconds", "%.6f", seconds);
    fluxi_json_put(json, "cpu_seconds", "%.6f", (double)used.tv_sec + (double)used.tv_nsec * 1e-9);
}

int fluxi_profile_print(FILE *to)
{
    struct printing printing = {.json = {.to = to, .line = 2}};
    if (!fluxi_profile_there())
        return ENOTSUP;
    unsigned *source_of = calloc(flux_program.profile->place_count + 1u, sizeof *source_of);
    if (source_of == NULL || fluxi_tally_make(&printing.tally) != 0) {
        free(source_of);
        return ENOMEM;
    }
    place_sources(source_of);
    errno = 0;
    fluxi_json_open(&printing.json, NULL, '{');
    print_head(&printing);
    print_nodes(&printing);
    print_arms(&printing, false);
    print_repeats(&printing, false);
    print_arms(&printing, true);
    print_repeats(&printing, true);
    print_places(&printing, source_of);
    print_sources(&printing);
    print_ways(&printing);
    fluxi_json_close(&printing.json, '}');
    fputc('\n', to);
    free(source_of);
    fluxi_tally_free(&printing.tally);
    return fflush(to) == 0 && !ferror(to) ? 0 : errno != 0 ? errno : EIO;
}

int fluxi_profile_each_node(void (*each)(void *context, const struct flux_node *node,
                                         uint64_t calls, uint64_t errors),
                            void *context)
{
    struct printing printing = {0};
    if (!fluxi_profile_there())
        return ENOTSUP;
    if (fluxi_tally_make(&printing.tally) != 0)
        return ENOMEM;
    const struct flux_profile *profile = flux_program.profile;
    for (unsigned i = 0; i < profile->node_count; i++) {
        struct fluxi_place_tally sum = node_sum(&printing, i);
        if (profile->about[i].called)
            each(context, &profile->nodes[i], sum.calls, sum.errors);
    }
    fluxi_tally_free(&printing.tally);
    return 0;
}
