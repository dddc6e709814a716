/* metrics_times.c - the histograms of a profile for /metrics, in parts as coarse as Prometheus
 * likes them: three to a factor of ten. Counts are weighted samples, as in the file. */
#include "core.h"
#include "metrics.h"
#include "profile.h"
#include "watched.h"

#define BOUNDS 22u /* from 1 us to 10 s */

struct coarse {
    uint64_t counts[BOUNDS + 1];
    uint64_t count;
    double sum; /* seconds */
};

/* 1, 2, 5, 10 ... microseconds, in nanoseconds. */
static uint64_t bound_of(unsigned i)
{
    static const unsigned digits[] = {1, 2, 5};
    uint64_t scale = 1000;
    for (unsigned k = 0; k < i / 3; k++)
        scale *= 10;
    return digits[i % 3] * scale;
}

static void add_part(void *context, unsigned part, uint64_t count)
{
    struct coarse *coarse = context;
    uint64_t from = fluxi_part_begin(part, FLUXI_PARTS);
    uint64_t to = fluxi_part_begin(part + 1, FLUXI_PARTS) - 1;
    double middle = ((double)from + (double)to) / 2;
    unsigned i = 0;
    while (i < BOUNDS && middle > (double)bound_of(i))
        i++;
    coarse->counts[i] += count;
    coarse->count += count;
    coarse->sum += (double)count * middle / 1e9;
}

static void print(FILE *out, const char *name, const char *label, const char *value,
                  const struct coarse *coarse)
{
    uint64_t below = 0;
    for (unsigned i = 0; i <= BOUNDS; i++) {
        below += coarse->counts[i];
        fprintf(out, "%s_bucket{%s=\"", name, label);
        fluxi_metric_label(out, value);
        if (i < BOUNDS)
            fprintf(out, "\",le=\"%g\"} %llu\n", (double)bound_of(i) / 1e9,
                    (unsigned long long)below);
        else
            fprintf(out, "\",le=\"+Inf\"} %llu\n", (unsigned long long)below);
    }
    fprintf(out, "%s_sum{%s=\"", name, label);
    fluxi_metric_label(out, value);
    fprintf(out, "\"} %.15g\n%s_count{%s=\"", coarse->sum, name, label);
    fluxi_metric_label(out, value);
    fprintf(out, "\"} %llu\n", (unsigned long long)coarse->count);
}

static void print_nodes(FILE *out, const char *name, const char *help, bool blocked)
{
    const struct flux_profile *profile = flux_program.profile;
    fluxi_metric_head(out, name, FLUXI_HISTOGRAM, help);
    for (unsigned n = 0; n < profile->node_count; n++) {
        struct coarse coarse = {.count = 0};
        if (!profile->about[n].called)
            continue;
        for (unsigned p = 0; p < profile->place_count; p++) {
            struct fluxi_place_times *times = fluxi_place_times(p);
            if (times == NULL || profile->places[p].node != &profile->nodes[n])
                continue;
            for (unsigned idle = 0; idle < 2; idle++)
                fluxi_times_each(blocked ? &times->blocked[idle] : &times->cpu[idle], add_part,
                                 &coarse);
        }
        print(out, name, "node", profile->nodes[n].name, &coarse);
    }
}

void fluxi_profile_metrics(FILE *out)
{
    if (!fluxi_profile_there())
        return;
    print_nodes(out, "flux_node_cpu_seconds",
                "What calls of the node took of their core (samples).", false);
    print_nodes(out, "flux_node_blocked_seconds", "How long calls of the node waited (samples).",
                true);
    for (unsigned i = 0; i < fluxi_constraint_count(); i++) {
        struct fluxi_constraint_times *times = fluxi_constraint_times(i);
        struct coarse coarse = {.count = 0};
        if (i == 0)
            fluxi_metric_head(out, "flux_constraint_wait_seconds", FLUXI_HISTOGRAM,
                              "Waits for the constraint, of flows that had to wait.");
        if (times != NULL) /* raced: a flow has had to wait */
            fluxi_times_each(&times->waited, add_part, &coarse);
        print(out, "flux_constraint_wait_seconds", "constraint", fluxi_constraint_name(i), &coarse);
    }
}
