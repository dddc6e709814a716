/* difference.c - two profiles of a program side by side. They may have run for different times
 * under different loads, so everything is told per request. */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct change {
    const char *name;
    double old_calls, new_calls;
    double old_time, new_time; /* per request */
};

struct changes {
    VECTOR(struct change) items;
};

static struct change *change_of(struct arena *arena, struct changes *changes, const char *name)
{
    for (unsigned i = 0; i < changes->items.count; i++)
        if (strcmp(changes->items.at[i].name, name) == 0)
            return &changes->items.at[i];
    vector_push(arena, &changes->items, ((struct change){.name = name}));
    return &changes->items.at[changes->items.count - 1];
}

/* The largest change first. */
static int larger_change(const void *a, const void *b)
{
    const struct change *one = a, *other = b;
    double x = fabs(one->new_time - one->old_time), y = fabs(other->new_time - other->old_time);
    return x != y ? (x < y ? 1 : -1) : strcmp(one->name, other->name);
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static void add_changes(struct report *report, struct arena *arena, const char *key,
                        const char *title, const struct column *columns, struct changes *changes,
                        const struct report_options *options)
{
    struct table *table = report_table(arena, report, key, title, columns, 7, options->rows);
    if (changes->items.count > 0)
        qsort(changes->items.at, changes->items.count, sizeof(struct change), larger_change);
    for (unsigned i = 0; i < changes->items.count; i++) {
        const struct change *change = &changes->items.at[i];
        if (fabs(change->new_time - change->old_time) < 0.5 &&
            fabs(change->new_calls - change->old_calls) < 0.001)
            continue;
        struct cell *row = table_row(table);
        row[0] = cell_number(change->new_time - change->old_time);
        row[1] = cell_number(change->old_time);
        row[2] = cell_number(change->new_time);
        row[3] = change->old_time > 0 ? cell_number(change->new_time / change->old_time - 1)
                                      : cell_unknown();
        row[4] = cell_number(change->old_calls);
        row[5] = cell_number(change->new_calls);
        row[6] = cell_text(change->name);
    }
}

#define COLUMNS(count_, name_)                                                                     \
    {                                                                                              \
        {"change", COLUMN_TIME}, {"old", COLUMN_TIME}, {"new", COLUMN_TIME}, {"%", COLUMN_CHANGE}, \
            {"old " count_, COLUMN_NUMBER}, {"new " count_, COLUMN_NUMBER},                        \
        {                                                                                          \
            name_, COLUMN_LAST                                                                     \
        }                                                                                          \
    }

static void nodes_of(const struct profile *profile, struct arena *arena, struct changes *cpu,
                     struct changes *blocked, bool new)
{
    double requests = profile_requests(profile);
    for (unsigned i = 0; i < profile->nodes.count; i++) {
        const struct node_profile *node = &profile->nodes.at[i];
        struct change *on_core = change_of(arena, cpu, node->name);
        struct change *waited = change_of(arena, blocked, node->name);
        double calls = share(node->calls, requests);
        *(new ? &on_core->new_calls : &on_core->old_calls) = calls;
        *(new ? &on_core->new_time : &on_core->old_time) = share(node_cpu(node), requests);
        double waits = share(node_blocked(node), requests);
        if (waits > 0)
            *(new ? &waited->new_calls : &waited->old_calls) = calls;
        *(new ? &waited->new_time : &waited->old_time) = waits;
    }
}

static void constraints_of(const struct profile *profile, struct arena *arena,
                           struct changes *changes, bool new)
{
    double requests = profile_requests(profile);
    for (unsigned i = 0; i < profile->constraints.count; i++) {
        const struct constraint_profile *one = &profile->constraints.at[i];
        struct change *change = change_of(arena, changes, one->name);
        *(new ? &change->new_calls : &change->old_calls) = share(one->waits, requests);
        *(new ? &change->new_time : &change->old_time) =
            share(one->waits * spread_mean(&one->waited), requests);
    }
}

/* Numbers of ways change with the program, their steps do not. */
static void ways_of(const struct profile *profile, struct arena *arena, struct changes *changes,
                    bool new)
{
    double requests = profile_requests(profile);
    for (unsigned i = 0; i < profile->ways.count; i++) {
        const struct way_profile *way = &profile->ways.at[i];
        struct change *change = change_of(arena, changes, report_way(profile, way));
        *(new ? &change->new_calls : &change->old_calls) += share(way->count, requests);
        *(new ? &change->new_time : &change->old_time) += share(way_time(profile, way), requests);
    }
}

static void add_row(struct table *table, const char *name, double old, double new)
{
    struct cell *row = table_row(table);
    row[0] = cell_text(name);
    row[1] = cell_number(old);
    row[2] = cell_number(new);
    row[3] = old > 0 ? cell_number(new / old - 1) : cell_unknown();
}

static void add_summary(struct report *report, const struct profile *old, const struct profile *new,
                        const struct report_options *options)
{
    static const struct column times[] = {{"per request", COLUMN_TEXT},
                                          {"old", COLUMN_TIME},
                                          {"new", COLUMN_TIME},
                                          {"%", COLUMN_CHANGE}};
    static const struct column rates[] = {{"requests", COLUMN_TEXT},
                                          {"old", COLUMN_COUNT},
                                          {"new", COLUMN_COUNT},
                                          {"%", COLUMN_CHANGE}};
    double a = profile_requests(old), b = profile_requests(new);
    struct spread before = profile_latency(old), after = profile_latency(new);
    struct table *table = REPORT_TABLE(new->arena, report, "load", "Load", rates, options->rows);
    add_row(table, "all", a, b);
    add_row(table, "a second", share(a, old->seconds), share(b, new->seconds));
    table = REPORT_TABLE(new->arena, report, "summary", "A request", times, options->rows);
    add_row(table, "of cores", share(old->cpu_seconds * 1e9, a), share(new->cpu_seconds * 1e9, b));
    add_row(table, "in nodes, on core", share(profile_nodes_cpu(old), a),
            share(profile_nodes_cpu(new), b));
    add_row(table, "mean", spread_mean(&before), spread_mean(&after));
    add_row(table, "p50", spread_quantile(&before, 0.5), spread_quantile(&after, 0.5));
    add_row(table, "p99", spread_quantile(&before, 0.99), spread_quantile(&after, 0.99));
}

struct report report_difference(const struct profile *old, const struct profile *new,
                                const struct report_options *options)
{
    static const struct column of_nodes[] = COLUMNS("calls", "node");
    static const struct column of_waits[] = COLUMNS("waits", "constraint");
    static const struct column of_ways[] = COLUMNS("count", "way");
    struct arena *arena = new->arena;
    struct changes cpu = {0}, blocked = {0}, constraints = {0}, ways = {0};
    struct report report = {0};
    nodes_of(old, arena, &cpu, &blocked, false);
    nodes_of(new, arena, &cpu, &blocked, true);
    constraints_of(old, arena, &constraints, false);
    constraints_of(new, arena, &constraints, true);
    ways_of(old, arena, &ways, false);
    ways_of(new, arena, &ways, true);
    add_summary(&report, old, new, options);
    add_changes(&report, arena, "nodes", "Nodes, on core, per request", of_nodes, &cpu, options);
    add_changes(&report, arena, "blocked", "Nodes, blocked, per request", of_nodes, &blocked,
                options);
    add_changes(&report, arena, "constraints", "Waits for constraints, per request", of_waits,
                &constraints, options);
    add_changes(&report, arena, "ways", "Ways, time in nodes, per request", of_ways, &ways,
                options);
    return report;
}
