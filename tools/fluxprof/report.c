#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct table *report_table(struct arena *arena, struct report *report, const char *key,
                           const char *title, const struct column *columns, unsigned count,
                           unsigned shown)
{
    struct table *table = arena_alloc(arena, sizeof *table);
    *table = (struct table){.arena = arena,
                            .key = key,
                            .title = title,
                            .columns = columns,
                            .column_count = count,
                            .shown = shown};
    vector_push(arena, &report->tables, table);
    return table;
}

/* What is sorted: by weight, the heaviest first, and where it is equal in the order it had. */
struct ranked {
    double weight;
    unsigned index;
};

static int heavier(const void *a, const void *b)
{
    const struct ranked *one = a, *other = b;
    if (one->weight != other->weight)
        return one->weight < other->weight ? 1 : -1;
    return one->index < other->index ? -1 : 1;
}

static struct ranked *ranking(struct arena *arena, unsigned count)
{
    return arena_alloc(arena, (count + 1) * sizeof(struct ranked));
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* ---- the head -------------------------------------------------------------------------------- */

void report_head(const struct profile *profile, FILE *out, bool colour)
{
    char seconds[32], requests[32], rate[32], cpu[32], sampled[32];
    double count = profile_requests(profile);
    fprintf(out, "%s%s, runtime %s%s", colour ? "\033[1m" : "", profile->program, profile->runtime,
            colour ? "\033[0m" : "");
    fprintf(out, ": %s from %s", format_number(seconds, COLUMN_TIME, profile->seconds * 1e9),
            profile->started[0] != '\0' ? profile->started : "some time");
    if (profile->processes > 1)
        fprintf(out, ", %.0f processes", profile->processes);
    fprintf(out, "\n%s requests, %s; %s of a core (%.0f); %s watched\n\n",
            format_number(requests, COLUMN_COUNT, count),
            format_number(rate, COLUMN_RATE, share(count, profile->seconds)),
            format_number(cpu, COLUMN_SHARE, share(profile->cpu_seconds, profile->seconds)),
            profile->cores, format_number(sampled, COLUMN_COUNT, profile->sampled));
}

/* ---- ways ------------------------------------------------------------------------------------ */

const char *report_way(const struct profile *profile, const struct way_profile *way)
{
    struct arena *arena = profile->arena;
    const char *text = way->source, *begins = way->begins, *ends = way->ends;
    if (strcmp(begins, "source") == 0)
        text = arena_printf(arena, "%s, source:", text);
    else if (strcmp(begins, "start") == 0)
        text = arena_printf(arena, "%s:", text);
    else
        text = arena_printf(arena, "%s, %s:", text, begins);
    for (unsigned i = 0; i < way->steps.count; i++)
        text = arena_printf(arena, i > 0 ? "%s > %s" : "%s %s", text, way->steps.at[i]);
    if (strcmp(ends, "end") != 0 && strcmp(ends, "born") != 0 && ends[0] != '\0')
        text = arena_printf(arena, "%s > (%s)", text, ends);
    return text;
}

static void add_ways(struct report *report, const struct profile *profile,
                     const struct report_options *options)
{
    static const struct column columns[] = {
        {"time", COLUMN_TIME},   {"share", COLUMN_SHARE},  {"sum", COLUMN_SHARE},
        {"count", COLUMN_COUNT}, {"of all", COLUMN_SHARE}, {"each", COLUMN_TIME},
        {"waited", COLUMN_TIME}, {"way", COLUMN_LAST},
    };
    struct table *table = REPORT_TABLE(
        profile->arena, report, "ways",
        options->order == BY_TIME
            ? "Ways, by their time in nodes (on core and blocked; waited: awaits and constraints)"
            : "Ways, by how often they were taken",
        columns, options->rows);
    unsigned count = profile->ways.count;
    struct ranked *ranks = ranking(profile->arena, count);
    double time = 0, times = 0, sum = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct way_profile *way = &profile->ways.at[i];
        double its = way_time(profile, way);
        time += its;
        times += way->count;
        ranks[i] = (struct ranked){options->order == BY_TIME ? its : way->count, i};
    }
    for (unsigned i = 0; i < count && time == 0; i++) /* nothing has been watched */
        ranks[i].weight = profile->ways.at[i].count;
    qsort(ranks, count, sizeof *ranks, heavier);
    for (unsigned i = 0; i < count; i++) {
        const struct way_profile *way = &profile->ways.at[ranks[i].index];
        double its = way_time(profile, way);
        if (way->count == 0)
            continue;
        struct cell *row = table_row(table);
        sum += options->order == BY_TIME ? share(its, time) : share(way->count, times);
        row[0] = cell_number(its);
        row[1] = cell_number(share(its, time));
        row[2] = cell_number(sum);
        row[3] = cell_number(way->count);
        row[4] = cell_number(share(way->count, times));
        row[5] = cell_number(share(its, way->count));
        row[6] = way->sampled > 0 ? cell_number(way->waited) : cell_unknown();
        row[7] = cell_text(report_way(profile, way));
    }
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void add_nodes(struct report *report, const struct profile *profile,
                      const struct report_options *options)
{
    static const struct column columns[] = {
        {"node", COLUMN_TEXT},    {"calls", COLUMN_COUNT},  {"errors", COLUMN_COUNT},
        {"on core", COLUMN_TIME}, {"p50", COLUMN_TIME},     {"p99", COLUMN_TIME},
        {"share", COLUMN_SHARE},  {"blocked", COLUMN_TIME}, {"blocked p99", COLUMN_TIME},
        {"awaited", COLUMN_TIME}, {"where", COLUMN_TEXT},
    };
    struct table *table = REPORT_TABLE(
        profile->arena, report, "nodes",
        "Nodes, by their share of what the program took of cores (times: mean of a call)", columns,
        options->rows);
    unsigned count = profile->nodes.count;
    struct ranked *ranks = ranking(profile->arena, count);
    double nodes = profile_nodes_cpu(profile), all = profile->cpu_seconds * 1e9;
    for (unsigned i = 0; i < count; i++)
        ranks[i] = (struct ranked){node_cpu(&profile->nodes.at[i]), i};
    qsort(ranks, count, sizeof *ranks, heavier);
    if (all < nodes)
        all = nodes; /* samples are not exact */
    for (unsigned i = 0; i < count; i++) {
        const struct node_profile *node = &profile->nodes.at[ranks[i].index];
        if (node->calls == 0)
            continue;
        struct cell *row = table_row(table);
        bool sampled = spread_count(&node->cpu) > 0;
        bool blocked = spread_count(&node->blocked) > 0;
        row[0] = cell_text(node->name);
        row[1] = cell_number(node->calls);
        row[2] = cell_number(node->errors);
        row[3] = sampled ? cell_number(spread_mean(&node->cpu)) : cell_unknown();
        row[4] = sampled ? cell_number(spread_quantile(&node->cpu, 0.5)) : cell_unknown();
        row[5] = sampled ? cell_number(spread_quantile(&node->cpu, 0.99)) : cell_unknown();
        row[6] = cell_number(share(node_cpu(node), all));
        row[7] = blocked ? cell_number(node_blocked(node) / node->calls) : cell_unknown();
        row[8] = blocked ? cell_number(spread_quantile(&node->blocked, 0.99)) : cell_unknown();
        row[9] = spread_count(&node->await) > 0 ? cell_number(spread_mean(&node->await))
                                                : cell_unknown();
        row[10] = cell_text(arena_printf(profile->arena, "%s:%u%s", node->file, node->line,
                                         node->blocking ? " blocking" : ""));
    }
    struct cell *row = table_row(table);
    row[0] = cell_text("(runtime and kernel)");
    row[6] = cell_number(share(all - nodes, all));
}

/* ---- constraints ----------------------------------------------------------------------------- */

static void add_constraints(struct report *report, const struct profile *profile,
                            const struct report_options *options)
{
    static const struct column columns[] = {
        {"constraint", COLUMN_TEXT}, {"waited", COLUMN_TIME},    {"taken", COLUMN_COUNT},
        {"waits", COLUMN_COUNT},     {"of taken", COLUMN_SHARE}, {"mean", COLUMN_TIME},
        {"p50", COLUMN_TIME},        {"p99", COLUMN_TIME},       {"scope", COLUMN_TEXT},
    };
    struct table *table =
        REPORT_TABLE(profile->arena, report, "constraints",
                     "Constraints, by how long flows have waited for them", columns, options->rows);
    unsigned count = profile->constraints.count;
    struct ranked *ranks = ranking(profile->arena, count);
    for (unsigned i = 0; i < count; i++) {
        const struct constraint_profile *one = &profile->constraints.at[i];
        ranks[i] = (struct ranked){one->waits * spread_mean(&one->waited), i};
    }
    qsort(ranks, count, sizeof *ranks, heavier);
    for (unsigned i = 0; i < count; i++) {
        const struct constraint_profile *one = &profile->constraints.at[ranks[i].index];
        struct cell *row = table_row(table);
        bool waits = spread_count(&one->waited) > 0;
        row[0] = cell_text(one->name);
        row[1] = cell_number(ranks[i].weight);
        row[2] = cell_number(one->taken);
        row[3] = cell_number(one->waits);
        row[4] = cell_number(share(one->waits, one->taken));
        row[5] = waits ? cell_number(spread_mean(&one->waited)) : cell_unknown();
        row[6] = waits ? cell_number(spread_quantile(&one->waited, 0.5)) : cell_unknown();
        row[7] = waits ? cell_number(spread_quantile(&one->waited, 0.99)) : cell_unknown();
        row[8] = cell_text(one->session ? "session" : "program");
    }
}

/* ---- the slowest ----------------------------------------------------------------------------- */

struct sums {
    VECTOR(struct spent) spent;
    double requests;
};

static void add_class(struct arena *arena, struct sums *sums, const struct latency_profile *class,
                      double part)
{
    sums->requests += part * class->count;
    for (unsigned i = 0; i < class->spent.count; i++) {
        const struct spent *spent = &class->spent.at[i];
        unsigned k = 0;
        while (k < sums->spent.count &&
               (sums->spent.at[k].kind != spent->kind || sums->spent.at[k].name != spent->name))
            k++;
        if (k == sums->spent.count)
            vector_push(arena, &sums->spent, ((struct spent){spent->kind, spent->name, 0}));
        sums->spent.at[k].time += part * spent->time;
    }
}

static double time_in(const struct sums *sums, const struct spent *where)
{
    for (unsigned i = 0; i < sums->spent.count; i++)
        if (sums->spent.at[i].kind == where->kind && sums->spent.at[i].name == where->name)
            return share(sums->spent.at[i].time, sums->requests);
    return 0;
}

static const char *place_text(struct arena *arena, const struct spent *spent)
{
    static const char *const words[] = {[SPENT_NODE] = "",
                                        [SPENT_CONSTRAINT] = "constraint ",
                                        [SPENT_AWAIT] = "await ",
                                        [SPENT_OTHER] = ""};
    return spent->kind == SPENT_OTHER
               ? "(runtime, queues)"
               : arena_printf(arena, "%s%s", words[spent->kind], spent->name);
}

static void add_slowest(struct report *report, const struct profile *profile,
                        const struct report_options *options)
{
    static const struct column columns[] = {
        {"where", COLUMN_TEXT}, {"slowest", COLUMN_TIME},       {"share", COLUMN_SHARE},
        {"all", COLUMN_TIME},   {"share of all", COLUMN_SHARE}, {"factor", COLUMN_NUMBER},
    };
    struct arena *arena = profile->arena;
    struct spread latency = profile_latency(profile);
    struct sums all = {0}, slow = {0};
    double wanted = options->slowest * spread_count(&latency), slow_time = 0, all_time = 0;
    for (unsigned i = profile->latency.count; i-- > 0;) {
        const struct latency_profile *class = &profile->latency.at[i];
        double part = share(fmin(wanted, class->count), class->count);
        add_class(arena, &all, class, 1);
        if (part > 0)
            add_class(arena, &slow, class, part);
        wanted -= part * class->count;
    }
    char from[32], count[32], p50[32], mean[32];
    const char *title = arena_printf(
        arena,
        "Where the slowest %g %% of requests spent their time: those of %s and more (%s), beside "
        "all\n"
        "(mean %s, p50 %s)",
        100 * options->slowest,
        format_number(from, COLUMN_TIME, spread_quantile(&latency, 1 - options->slowest)),
        format_number(count, COLUMN_COUNT, slow.requests),
        format_number(mean, COLUMN_TIME, spread_mean(&latency)),
        format_number(p50, COLUMN_TIME, spread_quantile(&latency, 0.5)));
    struct table *table = REPORT_TABLE(arena, report, "slowest", title, columns, options->rows);
    struct ranked *ranks = ranking(arena, all.spent.count);
    for (unsigned i = 0; i < all.spent.count; i++) {
        ranks[i] = (struct ranked){time_in(&slow, &all.spent.at[i]), i};
        slow_time += ranks[i].weight;
        all_time += time_in(&all, &all.spent.at[i]);
    }
    qsort(ranks, all.spent.count, sizeof *ranks, heavier);
    for (unsigned i = 0; i < all.spent.count; i++) {
        const struct spent *spent = &all.spent.at[ranks[i].index];
        double usual = time_in(&all, spent);
        if (usual == 0)
            continue;
        struct cell *row = table_row(table);
        row[0] = cell_text(place_text(arena, spent));
        row[1] = cell_number(ranks[i].weight);
        row[2] = cell_number(share(ranks[i].weight, slow_time));
        row[3] = cell_number(usual);
        row[4] = cell_number(share(usual, all_time));
        row[5] = cell_number(share(ranks[i].weight, usual));
    }
}

/* ---- sources and choices --------------------------------------------------------------------- */

static void add_sources(struct report *report, const struct profile *profile,
                        const struct report_options *options)
{
    static const struct column columns[] = {
        {"source", COLUMN_TEXT},
        {"flows", COLUMN_COUNT},
        {"alive", COLUMN_COUNT},
        {"failures", COLUMN_COUNT},
        {"rate", COLUMN_RATE},
        {"variation", COLUMN_NUMBER},
        {"requests", COLUMN_COUNT},
        {"request rate", COLUMN_RATE},
        {"request variation", COLUMN_NUMBER},
    };
    struct table *table = REPORT_TABLE(
        profile->arena, report, "sources",
        "Sources (variation: squared, of the times between arrivals; 1: random, 0: regular)",
        columns, options->rows);
    for (unsigned i = 0; i < profile->sources.count; i++) {
        const struct source_profile *source = &profile->sources.at[i];
        struct cell *row = table_row(table);
        bool arrivals = spread_count(&source->arrivals) > 0;
        bool requests = spread_count(&source->request_arrivals) > 0;
        row[0] = cell_text(source->name);
        row[1] = cell_number(source->flows);
        row[2] = cell_number(fmax(0, source->flows - source->ended));
        row[3] = cell_number(source->failures);
        row[4] = cell_number(share(source->flows, profile->seconds));
        row[5] = arrivals ? cell_number(spread_variation(&source->arrivals)) : cell_unknown();
        row[6] = cell_number(source->requests);
        row[7] = cell_number(share(source->requests, profile->seconds));
        row[8] =
            requests ? cell_number(spread_variation(&source->request_arrivals)) : cell_unknown();
    }
}

static void add_choices(struct report *report, const struct profile *profile,
                        const struct report_options *options)
{
    static const struct column columns[] = {{"node", COLUMN_TEXT},
                                            {"goes", COLUMN_TEXT},
                                            {"times", COLUMN_COUNT},
                                            {"share", COLUMN_SHARE}};
    struct table *table = REPORT_TABLE(profile->arena, report, "choices",
                                       "Arms of dispatches, and turns", columns, options->rows);
    for (unsigned i = 0; i < profile->choices.count; i++) {
        const struct choice_profile *choice = &profile->choices.at[i];
        double all = 0;
        for (unsigned k = 0; k < choice->counts.count; k++)
            all += choice->counts.at[k];
        for (unsigned k = 0; k < choice->counts.count; k++) {
            bool none = !choice->repeats && k + 1 == choice->counts.count;
            if (none && choice->counts.at[k] == 0)
                continue;
            struct cell *row = table_row(table);
            row[0] = cell_text(choice->node);
            row[1] = cell_text(choice->repeats ? (k == 0 ? "another turn" : "on")
                               : none          ? "no arm"
                                               : arena_printf(profile->arena, "arm %u", k));
            row[2] = cell_number(choice->counts.at[k]);
            row[3] = cell_number(share(choice->counts.at[k], all));
        }
    }
}

static void add_sessions(struct report *report, const struct profile *profile,
                         const struct report_options *options)
{
    static const struct column columns[] = {{"source", COLUMN_TEXT},
                                            {"sessions", COLUMN_COUNT},
                                            {"flows", COLUMN_COUNT},
                                            {"most popular", COLUMN_SHARE},
                                            {"ten most", COLUMN_SHARE}};
    if (profile->sessions.count == 0)
        return;
    struct table *table = REPORT_TABLE(profile->arena, report, "sessions",
                                       "Sessions (shares of flows)", columns, options->rows);
    for (unsigned i = 0; i < profile->sessions.count; i++) {
        const struct session_profile *session = &profile->sessions.at[i];
        double most = 0, ten = 0;
        for (unsigned k = 0; k < session->most.count; k++) {
            most = fmax(most, session->most.at[k]);
            ten += k < 10 ? session->most.at[k] : 0;
        }
        struct cell *row = table_row(table);
        row[0] = cell_text(session->source);
        row[1] = cell_number(session->sessions);
        row[2] = cell_number(session->flows);
        row[3] = cell_number(share(most, session->flows));
        row[4] = cell_number(share(ten, session->flows));
    }
}

struct report report_of(const struct profile *profile, const struct report_options *options)
{
    struct report report = {0};
    add_ways(&report, profile, options);
    add_nodes(&report, profile, options);
    add_constraints(&report, profile, options);
    add_slowest(&report, profile, options);
    add_sources(&report, profile, options);
    add_choices(&report, profile, options);
    add_sessions(&report, profile, options);
    return report;
}
