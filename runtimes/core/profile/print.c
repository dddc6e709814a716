/* print.c - the profile up to now, as JSON (docs/profile.md has the format). */
#include "print.h"
#include "core.h"
#include "popularity.h"
#include "profile.h"
#include "watched.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define FORMAT 1

#define NOWHERE UINT32_MAX
#define PARTS   (FLUXI_OCTAVES * FLUXI_PARTS)

/* ---- where nodes stand ----------------------------------------------------------------------- */

static void find_sources(struct whereabouts *whereabouts)
{
    for (unsigned s = 0; s < flux_program.source_count; s++) {
        const struct flux_profile_source *source = &flux_program.profile->sources[s];
        bool before = source->begins[0].kind == FLUX_PROFILE_SOURCE;
        for (unsigned i = 0; i < source->step_count; i++) {
            uint8_t op = source->steps[i].op;
            if (op == FLUX_PROFILE_CALL || op == FLUX_PROFILE_AWAIT) {
                whereabouts[source->steps[i].place].source = s;
                whereabouts[source->steps[i].place].before = before;
            }
            before &= op != FLUX_PROFILE_BORN;
        }
    }
}

static void printing_free(struct printing *printing)
{
    free(printing->whereabouts);
    free(printing->first);
    free(printing->parts);
}

/* Returns 0 or ENOMEM, and then there is nothing to be freed. */
static int printing_make(struct printing *printing)
{
    const struct flux_profile *profile = flux_program.profile;
    printing->whereabouts = calloc(profile->place_count + 1u, sizeof *printing->whereabouts);
    printing->first = calloc(profile->node_count + 1u, sizeof *printing->first);
    printing->parts = calloc(PARTS, sizeof *printing->parts);
    if (printing->whereabouts == NULL || printing->first == NULL || printing->parts == NULL ||
        fluxi_tally_make(&printing->tally) != 0) {
        printing_free(printing);
        return ENOMEM;
    }
    for (unsigned i = 0; i < profile->node_count; i++)
        printing->first[i] = NOWHERE;
    for (unsigned i = profile->place_count; i-- > 0;) {
        unsigned node = (unsigned)(profile->places[i].node - profile->nodes);
        printing->whereabouts[i].next = printing->first[node];
        printing->first[node] = i;
    }
    find_sources(printing->whereabouts);
    return 0;
}

/* ---- histograms ------------------------------------------------------------------------------ */

static void add_part(void *context, unsigned part, uint64_t count)
{
    uint64_t *parts = context;
    parts[part] += count;
}

static double part_middle(unsigned part)
{
    return ((double)fluxi_part_begin(part, FLUXI_PARTS) +
            (double)fluxi_part_begin(part + 1, FLUXI_PARTS) - 1) /
           2;
}

/* [[from, to, count], ...], and forgets it. Where nothing has ever taken time, nothing stands. */
static void print_parts(struct printing *printing, const char *key)
{
    struct fluxi_json *json = &printing->json;
    bool any = false;
    for (unsigned i = 1; i < PARTS; i++)
        any |= printing->parts[i] > 0;
    fluxi_json_open(json, key, '[');
    for (unsigned i = 0; any && i < PARTS; i++) {
        if (printing->parts[i] == 0)
            continue;
        fluxi_json_open(json, NULL, '[');
        fluxi_json_count(json, NULL, fluxi_part_begin(i, FLUXI_PARTS));
        fluxi_json_count(json, NULL, i > 0 ? fluxi_part_begin(i + 1, FLUXI_PARTS) : 0);
        fluxi_json_count(json, NULL, printing->parts[i]);
        fluxi_json_close(json, ']');
    }
    fluxi_json_close(json, ']');
    memset(printing->parts, 0, PARTS * sizeof printing->parts[0]);
}

static void print_times(struct printing *printing, const char *key, struct fluxi_times *times)
{
    fluxi_times_each(times, add_part, printing->parts);
    print_parts(printing, key);
}

enum kind { CPU, BLOCKED, AWAITED };

static void add_place(struct printing *printing, unsigned place, enum kind kind, bool idle)
{
    struct fluxi_place_times *times = fluxi_place_times(place);
    if (times != NULL)
        fluxi_times_each(kind == CPU       ? &times->cpu[idle]
                         : kind == BLOCKED ? &times->blocked[idle]
                                           : &times->await,
                         add_part, printing->parts);
}

static void print_node_times(struct printing *printing, unsigned node, const char *key,
                             enum kind kind, bool idle)
{
    for (unsigned i = printing->first[node]; i != NOWHERE; i = printing->whereabouts[i].next)
        if (kind == CPU || !printing->whereabouts[i].before)
            add_place(printing, i, kind, idle);
    for (unsigned i = 0; kind == CPU && i < PARTS; i++)
        printing->node_ns += (double)printing->parts[i] * part_middle(i);
    print_parts(printing, key);
}

/* ---- nodes, arms, turns ---------------------------------------------------------------------- */

/* At all its places, or at those in flows alone, and not in what comes before them. */
static struct fluxi_place_tally node_sum(const struct printing *printing, unsigned node,
                                         bool in_flows)
{
    struct fluxi_place_tally sum = {0};
    for (unsigned i = printing->first[node]; i != NOWHERE; i = printing->whereabouts[i].next) {
        const struct fluxi_place_tally *place = &printing->tally.places[i];
        if (in_flows && printing->whereabouts[i].before)
            continue;
        sum.calls += place->calls;
        sum.errors += place->errors;
        sum.awaits += place->awaits;
        sum.in_vain += place->in_vain;
    }
    return sum;
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
        struct fluxi_place_tally sum = node_sum(printing, i, false);
        struct fluxi_place_tally in_flows = node_sum(printing, i, true);
        fluxi_json_open(json, node->name, '{');
        fluxi_json_text(json, "file", node->file);
        fluxi_json_count(json, "line", node->line);
        fluxi_json_put(json, "blocking", "%s", profile->about[i].blocking ? "true" : "false");
        fluxi_json_count(json, "calls", sum.calls);
        fluxi_json_count(json, "errors", sum.errors);
        fluxi_json_put(json, "error", "%.9g", fluxi_share(in_flows.errors, in_flows.calls));
        if (profile->about[i].awaits) {
            fluxi_json_count(json, "awaits", sum.awaits);
            fluxi_json_count(json, "in_vain", sum.in_vain);
        }
        print_node_times(printing, i, "cpu", CPU, false);
        print_node_times(printing, i, "cpu_idle", CPU, true);
        print_node_times(printing, i, "blocked", BLOCKED, false);
        print_node_times(printing, i, "blocked_idle", BLOCKED, true);
        if (profile->about[i].awaits)
            print_node_times(printing, i, "await", AWAITED, false);
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
                fluxi_json_put(json, NULL, "%.9g", fluxi_share(count, sum));
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
            fluxi_json_put(json, name, "%.9g",
                           fluxi_share(node->again, node->again + node->no_other));
            continue;
        }
        fluxi_json_open(json, name, '[');
        fluxi_json_count(json, NULL, node->again);
        fluxi_json_count(json, NULL, node->no_other);
        fluxi_json_close(json, ']');
    }
    fluxi_json_close(json, '}');
}

/* ---- sessions -------------------------------------------------------------------------------- */

#define TOP 10u /* whose share says how unequal sessions are */

static void print_sessions(struct printing *printing, bool counts)
{
    struct fluxi_json *json = &printing->json;
    static const double even = 0.05; /* an exponent that could as well be chance */
    fluxi_json_open(json, counts ? "session_counts" : "sessions", '{');
    for (unsigned i = 0; i < flux_program.source_count; i++) {
        uint64_t flows, sessions, *most = printing->parts, top = 0;
        unsigned count = fluxi_popular_most(i, most, &flows, &sessions);
        const char *name = flux_program.sources[i].name;
        unsigned first = count < TOP ? count : TOP;
        char text[64];
        for (unsigned k = 0; k < first; k++)
            top += most[k];
        double exponent =
            first < sessions ? fluxi_popular_exponent(sessions, first, fluxi_share(top, flows)) : 0;
        if (exponent > even)
            snprintf(text, sizeof text, "zipf:%" PRIu64 ",%.3f", sessions, exponent);
        else
            snprintf(text, sizeof text, "%" PRIu64, sessions);
        if (count > 0 && !counts) {
            fluxi_json_text(json, name, text);
        } else if (count > 0) {
            fluxi_json_open(json, name, '{');
            fluxi_json_count(json, "sessions", sessions);
            fluxi_json_count(json, "flows", flows);
            fluxi_json_open(json, "most", '[');
            for (unsigned k = 0; k < count; k++)
                fluxi_json_count(json, NULL, most[k]);
            fluxi_json_close(json, ']');
            fluxi_json_close(json, '}');
        }
        memset(most, 0, FLUXI_POPULAR_MOST * sizeof *most);
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

static void print_places(struct printing *printing)
{
    const struct flux_profile *profile = flux_program.profile;
    struct fluxi_json *json = &printing->json;
    fluxi_json_open(json, "places", '[');
    for (unsigned i = 0; i < profile->place_count; i++) {
        const struct fluxi_place_tally *place = &printing->tally.places[i];
        if (place->calls + place->awaits == 0)
            continue;
        fluxi_json_open(json, NULL, '{');
        fluxi_json_text(json, "node", fluxi_place_name(i));
        fluxi_json_open(json, "path", '[');
        print_path(json, &profile->places[i]);
        fluxi_json_close(json, ']');
        fluxi_json_text(json, "source", flux_program.sources[printing->whereabouts[i].source].name);
        fluxi_json_count(json, "calls", place->calls);
        fluxi_json_count(json, "errors", place->errors);
        for (int idle = 0; idle < 2; idle++)
            add_place(printing, i, CPU, idle);
        print_parts(printing, "cpu");
        for (int idle = 0; idle < 2; idle++)
            add_place(printing, i, BLOCKED, idle);
        print_parts(printing, "blocked");
        add_place(printing, i, AWAITED, false);
        print_parts(printing, "await");
        fluxi_json_close(json, '}');
    }
    fluxi_json_close(json, ']');
}

/* ---- constraints, response times, overheads -------------------------------------------------- */

static void print_constraints(struct printing *printing)
{
    struct fluxi_json *json = &printing->json;
    fluxi_json_open(json, "constraints", '{');
    for (unsigned i = 0; i < fluxi_constraint_count(); i++) {
        struct fluxi_constraint_times *times = fluxi_constraint_times(i);
        bool session = i < flux_program.session_constraint_count;
        fluxi_json_open(json, fluxi_constraint_name(i), '{');
        fluxi_json_put(json, "session", "%s", session ? "true" : "false");
        fluxi_json_count(json, "taken", printing->tally.taken[i]);
        fluxi_json_count(json, "waits", atomic_load_explicit(&times->waits, memory_order_relaxed));
        print_times(printing, "waited", &times->waited);
        fluxi_json_close(json, '}');
    }
    fluxi_json_close(json, '}');
}

static uint64_t spent_on(struct fluxi_class *class, unsigned what)
{
    return atomic_load_explicit(&class->spent[what], memory_order_relaxed);
}

static void print_spent(struct fluxi_json *json, const char *key, struct fluxi_class *class,
                        unsigned first, unsigned count, const char *(*name)(unsigned))
{
    fluxi_json_open(json, key, '{');
    for (unsigned i = 0; i < count; i++)
        if (spent_on(class, first + i) > 0)
            fluxi_json_count(json, name(i), spent_on(class, first + i));
    fluxi_json_close(json, '}');
}

static const char *name_of_node(unsigned node)
{
    return flux_program.profile->nodes[node].name;
}

static void print_class(struct fluxi_json *json, unsigned number, struct fluxi_class *class)
{
    unsigned nodes = flux_program.profile->node_count;
    fluxi_json_open(json, NULL, '{');
    fluxi_json_count(json, "from", fluxi_part_begin(number, FLUXI_CLASSES));
    fluxi_json_count(json, "to", fluxi_part_begin(number + 1, FLUXI_CLASSES));
    fluxi_json_count(json, "count", atomic_load_explicit(&class->count, memory_order_relaxed));
    fluxi_json_open(json, "spent", '{');
    print_spent(json, "node", class, 0, nodes, name_of_node);
    print_spent(json, "constraint", class, fluxi_spent_constraint(0), fluxi_constraint_count(),
                fluxi_constraint_name);
    print_spent(json, "await", class, fluxi_spent_await(0), nodes, name_of_node);
    fluxi_json_count(json, "other", spent_on(class, fluxi_spent_other()));
    fluxi_json_close(json, '}');
    fluxi_json_close(json, '}');
}

static void print_latency(struct fluxi_json *json)
{
    fluxi_json_open(json, "latency", '[');
    for (unsigned i = 0; i < FLUXI_CLASS_COUNT; i++) {
        struct fluxi_class *class = fluxi_class(i);
        if (class != NULL)
            print_class(json, i, class);
    }
    fluxi_json_close(json, ']');
}

/* How often a flow has begun, or gone on after an await, a helper or a wait for a constraint: where
 * the simulator has it cost `dispatch`. */
static uint64_t dispatches(const struct printing *printing)
{
    uint64_t count = fluxi_times_helped();
    for (unsigned i = 0; i < flux_program.source_count; i++)
        count += printing->tally.sources[i].begun[FLUX_PROFILE_FLOW];
    for (unsigned i = 0; i < flux_program.profile->place_count; i++)
        count += printing->tally.places[i].awaits;
    for (unsigned i = 0; i < fluxi_constraint_count(); i++)
        count += atomic_load_explicit(&fluxi_constraint_times(i)->waits, memory_order_relaxed);
    return count;
}

/* What is neither in nodes nor spent on watching. */
static void print_overheads(struct printing *printing)
{
    double rest = fluxi_profile_cpu_seconds() * 1e9 - printing->node_ns - (double)fluxi_pace_cost();
    uint64_t count = dispatches(printing);
    fluxi_json_open(&printing->json, "overheads", '{');
    if (count > 0)
        fluxi_json_put(&printing->json, "dispatch", "\"%.0fns\"",
                       rest > 0 ? rest / (double)count : 0);
    fluxi_json_close(&printing->json, '}');
}

/* ---- sources ------------------------------------------------------------------------ */

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
        print_times(printing, "arrivals", fluxi_arrival_times(i, FLUXI_FLOWS));
        print_times(printing, "request_arrivals", fluxi_arrival_times(i, FLUXI_REQUESTS));
        fluxi_json_close(json, '}');
    }
    fluxi_json_close(json, '}');
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void print_head(struct printing *printing)
{
    struct fluxi_json *json = &printing->json;
    struct flux_load load = fluxi_runtime_load();
    struct tm utc;
    char started[32] = "";
    time_t then = fluxi_profile_began();
    double seconds = fluxi_profile_seconds();
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
    fluxi_json_put(json, "cpu_seconds", "%.6f", fluxi_profile_cpu_seconds());
    fluxi_json_count(json, "sampled", fluxi_watched());
    fluxi_json_count(json, "unsampled_for_lack_of_room", fluxi_not_watched());
}

int fluxi_profile_print(FILE *to)
{
    struct printing printing = {.json = {.to = to, .line = 2}};
    if (!fluxi_profile_there())
        return ENOTSUP;
    if (printing_make(&printing) != 0)
        return ENOMEM;
    errno = 0;
    fluxi_json_open(&printing.json, NULL, '{');
    print_head(&printing);
    print_nodes(&printing);
    print_arms(&printing, false);
    print_repeats(&printing, false);
    print_sessions(&printing, false);
    print_overheads(&printing);
    print_arms(&printing, true);
    print_repeats(&printing, true);
    print_sessions(&printing, true);
    print_constraints(&printing);
    print_places(&printing);
    print_sources(&printing);
    fluxi_print_ways(&printing);
    print_latency(&printing.json);
    fluxi_json_close(&printing.json, '}');
    fputc('\n', to);
    fluxi_tally_free(&printing.tally);
    printing_free(&printing);
    return fflush(to) == 0 && !ferror(to) ? 0 : errno != 0 ? errno : EIO;
}

int fluxi_profile_each_node(void (*each)(void *context, const struct flux_node *node,
                                         uint64_t calls, uint64_t errors),
                            void *context)
{
    struct printing printing = {0};
    if (!fluxi_profile_there())
        return ENOTSUP;
    if (printing_make(&printing) != 0)
        return ENOMEM;
    const struct flux_profile *profile = flux_program.profile;
    for (unsigned i = 0; i < profile->node_count; i++) {
        struct fluxi_place_tally sum = node_sum(&printing, i, false);
        if (profile->about[i].called)
            each(context, &profile->nodes[i], sum.calls, sum.errors);
    }
    fluxi_tally_free(&printing.tally);
    printing_free(&printing);
    return 0;
}
