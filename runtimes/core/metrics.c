/* metrics.c - the numbers of /metrics that every program has. What is written by other threads is
 * read without order: each number is right, and they may be some nanoseconds apart. */
#include "metrics.h"

#include "core.h"
#include "profile/profile.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void fluxi_metric_head(FILE *out, const char *name, enum fluxi_metric_type type, const char *help)
{
    static const char *const types[] = {
        [FLUXI_COUNTER] = "counter", [FLUXI_GAUGE] = "gauge", [FLUXI_HISTOGRAM] = "histogram"};
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, types[type]);
}

void fluxi_metric_label(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"')
            putc('\\', out);
        if (*text == '\n')
            fputs("\\n", out);
        else
            putc(*text, out);
    }
}

void fluxi_metric(FILE *out, const char *name, enum fluxi_metric_type type, const char *help,
                  double value)
{
    fluxi_metric_head(out, name, type, help);
    fprintf(out, "%s %.15g\n", name, value);
}

/* ---- sources --------------------------------------------------------------------------------- */

/* Of all copies of a source. */
struct totals {
    uint64_t births, ends, failures, missed, unhandled;
};

static uint64_t read_number(atomic_ullong *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

/* Ends before births: so never more flows end than began. */
static struct totals totals_of(const struct flux_source *table)
{
    struct totals totals = {.births = 0};
    for (unsigned i = 0; i < fluxi_source_count; i++)
        if (fluxi_sources[i].table == table)
            totals.ends += atomic_load_explicit(&fluxi_sources[i].ends, memory_order_acquire);
    for (unsigned i = 0; i < fluxi_source_count; i++) {
        struct fluxi_source *source = &fluxi_sources[i];
        if (source->table != table)
            continue;
        totals.births += read_number(&source->births);
        totals.failures += read_number(&source->failures);
        totals.missed += read_number(&source->missed);
        totals.unhandled += read_number(&source->unhandled);
    }
    return totals;
}

static uint64_t started(const struct totals *totals)
{
    return totals->births;
}

static uint64_t ended(const struct totals *totals)
{
    return totals->ends;
}

static uint64_t alive(const struct totals *totals)
{
    return totals->births > totals->ends ? totals->births - totals->ends : 0;
}

static uint64_t failures(const struct totals *totals)
{
    return totals->failures;
}

static uint64_t missed(const struct totals *totals)
{
    return totals->missed;
}

static uint64_t unhandled(const struct totals *totals)
{
    return totals->unhandled;
}

static void print_sources(FILE *out)
{
    static const struct {
        const char *name;
        enum fluxi_metric_type type;
        const char *help;
        uint64_t (*value)(const struct totals *totals);
        bool clocks; /* they alone have it */
    } columns[] = {
        {"flux_flows_started_total", FLUXI_COUNTER, "Flows that have begun.", started, false},
        {"flux_flows_ended_total", FLUXI_COUNTER, "Flows that are over.", ended, false},
        {"flux_flows", FLUXI_GAUGE, "Flows that have begun and are not over.", alive, false},
        {"flux_source_failures_total", FLUXI_COUNTER, "Runs of the source that have begun no flow.",
         failures, false},
        {"flux_clock_ticks_merged_total", FLUXI_COUNTER,
         "Ticks that fell while a flow of the clock ran.", missed, true},
        {"flux_unhandled_errors_total", FLUXI_COUNTER, "Errors of flows that nobody handles.",
         unhandled, false},
    };
    for (unsigned c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        bool any = false;
        for (unsigned i = 0; i < flux_program.source_count; i++) {
            const struct flux_source *table = &flux_program.sources[i];
            if (columns[c].clocks && table->period == 0)
                continue;
            if (!any)
                fluxi_metric_head(out, columns[c].name, columns[c].type, columns[c].help);
            any = true;
            struct totals totals = totals_of(table);
            fprintf(out, "%s{source=\"", columns[c].name);
            fluxi_metric_label(out, table->name);
            fprintf(out, "\"} %llu\n", (unsigned long long)columns[c].value(&totals));
        }
    }
}

/* ---- the program and its process ------------------------------------------------------------- */

static void print_build(FILE *out)
{
    fluxi_metric_head(out, "flux_build_info", FLUXI_GAUGE, "The program; the value is always 1.");
    fprintf(out, "flux_build_info{program=\"");
    fluxi_metric_label(out, flux_program.name);
    fprintf(out, "\",runtime=\"");
    fluxi_metric_label(out, fluxi_runtime_name);
    fprintf(out, "\",version=\"");
    fluxi_metric_label(out, fluxi_options_version());
    fprintf(out, "\"} 1\n");
}

/* Those of this call included, as everywhere. */
static double open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    double count = 0;
    if (folder == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1; /* the folder's own */
}

/* The field of /proc/self/stat that is the n-th behind the name, from 1: proc(5). */
static double stat_field(const char *stat, unsigned n)
{
    const char *at = strrchr(stat, ')');
    for (; at != NULL && n > 0; n--)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtod(at, NULL) : 0;
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* These names are the same for all that Prometheus is told of. */
static void print_process(FILE *out)
{
    struct rusage usage = {0};
    struct rlimit limit = {0};
    char stat[1024] = "";
    FILE *file = fopen("/proc/self/stat", "re");
    if (file != NULL) {
        if (fgets(stat, sizeof stat, file) == NULL)
            stat[0] = '\0';
        fclose(file);
    }
    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &limit);
    fluxi_metric(out, "process_cpu_seconds_total", FLUXI_COUNTER,
                 "User and system time of the process.",
                 (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    double descriptors = open_descriptors();
    if (descriptors >= 0)
        fluxi_metric(out, "process_open_fds", FLUXI_GAUGE, "Descriptors that are open.",
                     descriptors);
    fluxi_metric(out, "process_max_fds", FLUXI_GAUGE, "Descriptors that may be open.",
                 limit.rlim_cur == RLIM_INFINITY ? -1 : (double)limit.rlim_cur);
    if (stat[0] == '\0')
        return;
    fluxi_metric(out, "process_threads", FLUXI_GAUGE, "Threads of the process.",
                 stat_field(stat, 18));
    fluxi_metric(out, "process_virtual_memory_bytes", FLUXI_GAUGE, "Address space.",
                 stat_field(stat, 21));
    fluxi_metric(out, "process_resident_memory_bytes", FLUXI_GAUGE, "Memory that is resident.",
                 stat_field(stat, 22) * (double)sysconf(_SC_PAGESIZE));
    double up = seconds(CLOCK_BOOTTIME) - stat_field(stat, 20) / (double)sysconf(_SC_CLK_TCK);
    fluxi_metric(out, "process_start_time_seconds", FLUXI_GAUGE,
                 "When the process began, since 1970.", seconds(CLOCK_REALTIME) - up);
    fluxi_metric(out, "flux_uptime_seconds", FLUXI_GAUGE, "How long the process has run.", up);
}

static void print_load(FILE *out)
{
    struct flux_load load = fluxi_runtime_load();
    fluxi_metric(out, "flux_flows_limit", FLUXI_GAUGE,
                 "Sources wait while this many flows are alive.", (double)load.limit);
    fluxi_metric(out, "flux_flows_queued", FLUXI_GAUGE,
                 "Flows that wait for a thread or a loop to run them.", (double)load.queued);
    fluxi_metric(out, "flux_stopping", FLUXI_GAUGE, "1 from the first signal to stop on.",
                 atomic_load(&fluxi_stopping));
}

/* ---- nodes, with --profile ------------------------------------------------------------------- */

struct node_column {
    FILE *out;
    const char *name;
    bool errors;
};

static void print_node(void *context, const struct flux_node *node, uint64_t calls, uint64_t errors)
{
    const struct node_column *column = context;
    fprintf(column->out, "%s{node=\"", column->name);
    fluxi_metric_label(column->out, node->name);
    fprintf(column->out, "\"} %llu\n", (unsigned long long)(column->errors ? errors : calls));
}

static void print_nodes(FILE *out)
{
    struct node_column calls = {out, "flux_node_calls_total", false};
    struct node_column errors = {out, "flux_node_errors_total", true};
    if (!fluxi_profile_there())
        return;
    fluxi_metric_head(out, calls.name, FLUXI_COUNTER, "Calls of the node.");
    fluxi_profile_each_node(print_node, &calls);
    fluxi_metric_head(out, errors.name, FLUXI_COUNTER, "Calls of the node that failed.");
    fluxi_profile_each_node(print_node, &errors);
    fluxi_profile_metrics(out);
}

void fluxi_metrics_print(FILE *out)
{
    print_build(out);
    print_sources(out);
    print_load(out);
    fluxi_runtime_metrics(out);
    print_nodes(out);
    print_process(out);
}
