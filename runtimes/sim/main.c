/* main.c - the simulator's command line: what is varied, and what is printed. */
#include "experiment.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what is asked for ----------------------------------------------------------------------- */

/* The values that something takes in turn. */
struct range {
    double *values;
    unsigned count;
};

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };

struct asked {
    struct model model;
    struct effort effort;
    struct range rates, cores;
    enum machine_kind kinds[3];
    unsigned kind_count;
    enum format format;
    const char *plot; /* a gnuplot script is written there */
    bool quiet, load_given, threads_given, cut_given;
};

static const char *const kind_names[] = {"thread", "pool", "event"};

static const char about[] =
    "usage: %s --load=WORKLOAD [--profile=FILE] [OPTION...]\n"
    "Simulates %s: throughput and response times under a load, on a machine.\n"
    "\n"
    "  --load=[SOURCE=]WORKLOAD  open:poisson:R  open:const:R  closed:N,Z  partly:R,P,Z\n"
    "                            trace:FILE[,xSPEED]; of the first source unless one is named\n"
    "  --profile=FILE            how long nodes take; fluxc --emit=profile-template begins one\n"
    "\n"
    "The machine\n"
    "  --runtime=NAME[,NAME...]  thread, pool, event (default: event)\n"
    "  --cores=N[..M[:STEP]]     (1)\n"
    "  --threads=N               workers of a pool (4 for each core, 8 at least); limit of thread\n"
    "  --loops=N  --helpers=N    of event (one for each core; 8)\n"
    "  --disks=N                 that serve `disk` times; nobody waits for one otherwise\n"
    "  --quantum=T               after which kernel threads share cores (3ms); 0: ideally,\n"
    "                            none: nobody is interrupted\n"
    "  --backlog=N               flows that wait to begin; what comes beyond is lost (no bound)\n"
    "  --max-flows=N             admitted at a time\n"
    "  --connections=N           that clients of an open load have, at most\n"
    "  --cpu-speed=X             of a core; 1 is the one that was measured\n"
    "\n"
    "What if\n"
    "  --node=NAME:xF            all times of the node by a factor; NAME:TIME: its time on a core\n"
    "  --arm=NAME:N=P            the probability of an arm, counted from 0; NAME=P: of a repeat\n"
    "  --rate=A..B[:STEP]        a point for each rate, or number of clients of a closed load\n"
    "\n"
    "The effort\n"
    "  --requests=N              of each replication (100000)\n"
    "  --replications=N          (10)\n"
    "  --precision=P             more replications, until mean and 99 %% are known to that: 1%%\n"
    "  --confidence=P            of intervals (95%%)\n"
    "  --seed=N                  (1); the same seed, the same output\n"
    "  --jobs=N                  replications at a time (one for each CPU)\n"
    "  --no-warm-up              nothing is left out at the beginning\n"
    "\n"
    "The output\n"
    "  --format=table|csv|json   (table)\n"
    "  --plot=FILE               a script for gnuplot with the points in it\n"
    "  --quiet                   no progress\n"
    "  --help\n";

static const char *program_name;

static int fail(const char *option, const char *value, const char *why)
{
    fprintf(stderr, "%s: --%s=%s: %s\n", program_name, option, value, why);
    return 2;
}

/* ---- reading options ------------------------------------------------------------------------- */

static bool read_count(const char *text, double least, double most, double *to)
{
    char *end;
    *to = strtod(text, &end);
    return end != text && *end == '\0' && *to >= least && *to <= most && *to == floor(*to);
}

static const char *set_unsigned(unsigned *to, const char *text, double least)
{
    double value;
    if (!read_count(text, least, 1e9, &value))
        return least > 0 ? "a whole number above 0 is expected" : "a whole number is expected";
    *to = (unsigned)value;
    return NULL;
}

static const char *read_range(struct range *to, const char *text, bool whole)
{
    static const char wrong[] = "a number, A..B or A..B:STEP is expected";
    char *end;
    double first = sim_number(text, &end), last = first, step;
    if (end == text || !(first > 0))
        return wrong;
    if (strncmp(end, "..", 2) == 0) {
        const char *from = end + 2;
        last = strtod(from, &end);
        if (end == from || !(last >= first))
            return wrong;
    }
    step = last > first && !whole ? (last - first) / 10 : 1;
    if (*end == ':') {
        const char *from = end + 1;
        step = strtod(from, &end);
        if (end == from || !(step > 0))
            return wrong;
    }
    double count = floor((last - first) / step + 1e-9) + 1;
    if (*end != '\0' || count > 10000)
        return wrong;
    free(to->values);
    to->values = calloc((size_t)count, sizeof *to->values);
    if (to->values == NULL)
        return "no memory";
    to->count = (unsigned)count;
    for (unsigned i = 0; i < to->count; i++)
        to->values[i] = first + i * step;
    return NULL;
}

static const char *read_kinds(struct asked *asked, const char *text)
{
    asked->kind_count = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        unsigned kind = 0;
        while (kind < 3 &&
               (strlen(kind_names[kind]) != length || strncmp(kind_names[kind], text, length) != 0))
            kind++;
        if (kind == 3 || asked->kind_count == 3)
            return "thread, pool or event is expected, or some of them with commas between";
        asked->kinds[asked->kind_count++] = (enum machine_kind)kind;
        text += length + (text[length] == ',');
    }
    return asked->kind_count > 0 ? NULL : "thread, pool or event is expected";
}

static const char *read_load(struct asked *asked, const char *text)
{
    const struct flux_sim_program *program = asked->model.program;
    unsigned source = 0;
    const char *equal = strchr(text, '=');
    if (equal != NULL) {
        int named = model_source(&asked->model, text, (size_t)(equal - text));
        if (named < 0)
            return "the program has no source of that name";
        source = (unsigned)named;
        text = equal + 1;
    } else {
        while (source < program->source_count && program->sources[source].period > 0)
            source++;
    }
    if (source == program->source_count || program->sources[source].period > 0)
        return "a clock needs no load";
    workload_free(&asked->model.workloads[source]);
    asked->load_given = true;
    return workload_parse(&asked->model.workloads[source], text);
}

static const char *read_time(double *to, const char *text)
{
    const char *rest;
    return sim_time_parse(text, to, &rest) && *rest == '\0' ? NULL
                                                            : "a time is expected, such as 3ms";
}

static const char *read_quantum(double *to, const char *text)
{
    if (strcmp(text, "none") != 0)
        return read_time(to, text);
    *to = INFINITY;
    return NULL;
}

static const char *read_factor(double *to, const char *text)
{
    char *end;
    *to = strtod(text, &end);
    return end != text && *end == '\0' && *to > 0 && isfinite(*to) ? NULL
                                                                   : "a number above 0 is expected";
}

static const char *read_probability(double *to, const char *text)
{
    return probability_parse(text, to) && *to > 0 && *to < 1
               ? NULL
               : "a probability between 0 and 1 is expected, such as 95%";
}

static const char *read_format(enum format *to, const char *text)
{
    static const char *const names[] = {"table", "csv", "json"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(names[i], text) == 0) {
            *to = (enum format)i;
            return NULL;
        }
    }
    return "table, csv or json is expected";
}

static const char *read_seed(uint64_t *to, const char *text)
{
    char *end;
    errno = 0;
    *to = strtoull(text, &end, 0);
    return end != text && *end == '\0' && errno == 0 ? NULL : "a whole number is expected";
}

static const char *read_requests(uint64_t *to, const char *text)
{
    double value;
    if (!read_count(text, 100, 4e9, &value))
        return "a whole number from 100 on is expected";
    *to = (uint64_t)value;
    return NULL;
}

/* clang-format off */
enum { O_LOAD = 1, O_PROFILE, O_RUNTIME, O_CORES, O_THREADS, O_LOOPS, O_HELPERS, O_DISKS, O_QUANTUM,
       O_BACKLOG, O_MAX_FLOWS, O_CONNECTIONS, O_SPEED, O_NODE, O_ARM, O_RATE, O_REQUESTS,
       O_REPLICATIONS, O_PRECISION, O_CONFIDENCE, O_SEED, O_JOBS, O_NO_WARM_UP, O_FORMAT, O_PLOT,
       O_QUIET, O_HELP };
static const struct option long_options[] = {
    {"load", 1, NULL, O_LOAD}, {"profile", 1, NULL, O_PROFILE}, {"runtime", 1, NULL, O_RUNTIME},
    {"cores", 1, NULL, O_CORES}, {"threads", 1, NULL, O_THREADS}, {"loops", 1, NULL, O_LOOPS},
    {"helpers", 1, NULL, O_HELPERS}, {"disks", 1, NULL, O_DISKS}, {"quantum", 1, NULL, O_QUANTUM},
    {"backlog", 1, NULL, O_BACKLOG}, {"max-flows", 1, NULL, O_MAX_FLOWS},
    {"connections", 1, NULL, O_CONNECTIONS}, {"cpu-speed", 1, NULL, O_SPEED},
    {"node", 1, NULL, O_NODE}, {"arm", 1, NULL, O_ARM}, {"rate", 1, NULL, O_RATE},
    {"requests", 1, NULL, O_REQUESTS}, {"replications", 1, NULL, O_REPLICATIONS},
    {"precision", 1, NULL, O_PRECISION}, {"confidence", 1, NULL, O_CONFIDENCE},
    {"seed", 1, NULL, O_SEED}, {"jobs", 1, NULL, O_JOBS}, {"no-warm-up", 0, NULL, O_NO_WARM_UP},
    {"format", 1, NULL, O_FORMAT}, {"plot", 1, NULL, O_PLOT}, {"quiet", 0, NULL, O_QUIET},
    {"help", 0, NULL, O_HELP}, {NULL, 0, NULL, 0},
};
/* clang-format on */

static const char *set(struct asked *asked, int option, const char *value)
{
    struct machine *machine = &asked->model.machine;
    struct effort *effort = &asked->effort;
    switch (option) {
    case O_LOAD:
        return read_load(asked, value);
    case O_PROFILE:
        return profile_read(&asked->model, value);
    case O_RUNTIME:
        return read_kinds(asked, value);
    case O_CORES:
        return read_range(&asked->cores, value, true);
    case O_THREADS:
        return set_unsigned(&machine->threads, value, 1);
    case O_LOOPS:
        return set_unsigned(&machine->loops, value, 1);
    case O_HELPERS:
        return set_unsigned(&machine->helpers, value, 0);
    case O_DISKS:
        return set_unsigned(&machine->disks, value, 1);
    case O_QUANTUM:
        return read_quantum(&machine->quantum, value);
    case O_BACKLOG:
        return set_unsigned(&machine->backlog, value, 0);
    case O_MAX_FLOWS:
        return set_unsigned(&machine->max_flows, value, 1);
    case O_CONNECTIONS:
        return set_unsigned(&machine->connections, value, 1);
    case O_SPEED:
        return read_factor(&machine->speed, value);
    case O_RATE:
        return read_range(&asked->rates, value, false);
    case O_REQUESTS:
        return read_requests(&effort->requests, value);
    case O_REPLICATIONS:
        return set_unsigned(&effort->replications, value, 1);
    case O_PRECISION:
        return read_probability(&effort->precision, value);
    case O_CONFIDENCE:
        return read_probability(&effort->confidence, value);
    case O_SEED:
        return read_seed(&effort->seed, value);
    case O_JOBS:
        return set_unsigned(&effort->jobs, value, 1);
    case O_NO_WARM_UP:
        effort->cut = false;
        return NULL;
    case O_FORMAT:
        return read_format(&asked->format, value);
    case O_PLOT:
        asked->plot = value;
        return NULL;
    default:
        asked->quiet = true;
        return NULL;
    }
}

/* What changes the profile comes after it, wherever it stands. Returns -1 to go on, else the exit
 * status. */
static int read_options(struct asked *asked, int argc, char **argv)
{
    int option, index = 0;
    for (int pass = 0; pass < 2; pass++) {
        optind = 1;
        while ((option = getopt_long(argc, argv, "", long_options, &index)) != -1) {
            const char *error = NULL;
            if (option == O_HELP) {
                printf(about, program_name, asked->model.program->name);
                return 0;
            }
            if (option == '?')
                return 2;
            if (pass == 0 && option != O_NODE && option != O_ARM)
                error = set(asked, option, optarg);
            else if (pass == 1 && option == O_NODE)
                error = model_set_node(&asked->model, optarg);
            else if (pass == 1 && option == O_ARM)
                error = model_set_arm(&asked->model, optarg);
            if (error != NULL)
                return fail(long_options[index].name, optarg, error);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: '%s' is no option; --help lists them\n", program_name, argv[optind]);
        return 2;
    }
    if (!asked->load_given) {
        fprintf(stderr, "%s: no load; for example --load=open:poisson:100\n", program_name);
        return 2;
    }
    return -1;
}

/* ---- points ---------------------------------------------------------------------------------- */

struct labelled {
    struct point point;
    const char *runtime;
    unsigned cores;
    double rate; /* or clients */
};

static unsigned points_done, points_wanted;

static void show_progress(unsigned done, unsigned of)
{
    const unsigned width = 40;
    double share = (points_done + (double)done / of) / points_wanted;
    unsigned full = (unsigned)(share * width);
    fprintf(stderr, "\r[%.*s%*s] %3.0f %%", (int)full, "########################################",
            (int)(width - full), "", 100 * share);
}

static double rate_of(const struct workload *workload)
{
    return workload->kind == WORKLOAD_CLOSED ? workload->clients : workload->rate;
}

static struct workload *varied_load(struct asked *asked)
{
    struct model *model = &asked->model;
    unsigned source = 0;
    while (model->workloads[source].kind == WORKLOAD_NONE)
        source++;
    return &model->workloads[source];
}

static void set_machine(struct asked *asked, const struct machine *given, enum machine_kind kind,
                        double cores)
{
    struct machine *machine = &asked->model.machine;
    *machine = *given;
    machine->kind = kind;
    machine->cores = (unsigned)cores;
    if (machine->loops == 0)
        machine->loops = machine->cores;
    if (machine->threads == 0)
        machine->threads = kind == MACHINE_THREAD   ? 16384
                           : 4 * machine->cores > 8 ? 4 * machine->cores
                                                    : 8;
    if (kind == MACHINE_THREAD && machine->threads < machine->max_flows)
        machine->max_flows = machine->threads;
}

static bool run_points(struct asked *asked, struct labelled *to)
{
    const struct machine given = asked->model.machine;
    struct workload *load = varied_load(asked);
    bool progress = !asked->quiet && isatty(STDERR_FILENO);
    for (unsigned k = 0; k < asked->kind_count; k++) {
        for (unsigned c = 0; c < asked->cores.count; c++) {
            for (unsigned r = 0; r < asked->rates.count; r++, to++) {
                set_machine(asked, &given, asked->kinds[k], asked->cores.values[c]);
                if (asked->rates.values[r] != rate_of(load))
                    workload_scale(load, asked->rates.values[r]);
                to->runtime = kind_names[asked->kinds[k]];
                to->cores = (unsigned)asked->cores.values[c];
                to->rate = asked->rates.values[r];
                experiment_run(&to->point, &asked->model, &asked->effort,
                               progress ? show_progress : NULL);
                points_done++;
                if (to->point.error != NULL) {
                    fprintf(stderr, "%s%s: %s\n", progress ? "\n" : "", program_name,
                            to->point.error);
                    return false;
                }
            }
        }
    }
    if (progress)
        fprintf(stderr, "\r%*s\r", 60, "");
    return true;
}

/* ---- output ---------------------------------------------------------------------------------- */

/* "1.23 ms", four digits at least. */
static const char *time_text(double seconds, char *to, size_t room)
{
    static const struct {
        double from, unit;
        const char *name;
    } units[] = {{1, 1, "s"}, {1e-3, 1e-3, "ms"}, {1e-6, 1e-6, "us"}, {0, 1e-9, "ns"}};
    unsigned i = 0;
    while (seconds < units[i].from)
        i++;
    snprintf(to, room, "%.4g %s", seconds / units[i].unit, units[i].name);
    return to;
}

static void print_table(const struct asked *asked, const struct labelled *points, unsigned count)
{
    char text[6][24];
    printf("%-7s %5s %10s %12s %9s %10s %10s %10s %10s %10s  %s\n", "runtime", "cores", "load",
           "per second", "+- %", "mean", "50 %", "90 %", "99 %", "99.9 %", "used most");
    for (unsigned i = 0; i < count; i++) {
        const struct point *point = &points[i].point;
        printf("%-7s %5u %10.6g ", points[i].runtime, points[i].cores, points[i].rate);
        if (point->saturated) {
            printf("%12.6g saturated: no steady state; %s %.0f %%\n", point->throughput.mean,
                   point->bottleneck, 100 * point->bottleneck_use);
            continue;
        }
        double wide = 100 * point->throughput.half_width / point->throughput.mean;
        printf("%12.6g %9.2g %10s", point->throughput.mean, isfinite(wide) ? wide : 0,
               time_text(point->response.mean, text[0], sizeof text[0]));
        for (unsigned q = 0; q < QUANTILES; q++)
            printf(" %10s", time_text(point->quantiles[q].mean, text[1], sizeof text[1]));
        printf("  %s %.0f %%", point->bottleneck, 100 * point->bottleneck_use);
        if (point->lost.mean > 0)
            printf("; %.3g %% lost", 100 * point->lost.mean);
        if (point->failed > 0)
            printf("; %llu failed", (unsigned long long)point->failed);
        printf("\n");
    }
    if (count != 1 || points->point.saturated)
        return;
    const struct point *point = &points->point;
    const struct flux_sim_program *program = asked->model.program;
    printf("\n%u replications of %llu requests, %.0f of each left out as warm-up; intervals of "
           "%.4g %%: mean +- %s, 99 %% +- %s\n",
           point->replications, (unsigned long long)asked->effort.requests, point->warm_up,
           100 * asked->effort.confidence,
           time_text(point->response.half_width, text[0], sizeof text[0]),
           time_text(point->quantiles[P99].half_width, text[1], sizeof text[1]));
    printf("cores %.1f %%", 100 * point->cores);
    if (asked->model.machine.kind != MACHINE_THREAD)
        printf(", %s %.1f %%", asked->model.machine.kind == MACHINE_POOL ? "workers" : "loops",
               100 * point->executors);
    if (point->helpers > 0)
        printf(", helpers %.1f %%", 100 * point->helpers);
    if (point->disks > 0)
        printf(", disks %.1f %%", 100 * point->disks);
    printf("; %.4g requests in the system (Little's law: off by %.2g %%)\n", point->requests.mean,
           100 * point->little);
    for (unsigned i = 0; i < program->constraint_count; i++)
        printf("constraint %s: held %.1f %% of the time, waited for %s on average\n",
               program->constraints[i].name, 100 * point->held[i],
               time_text(point->waited[i], text[0], sizeof text[0]));
}

static void print_csv(const struct labelled *points, unsigned count)
{
    printf("runtime,cores,load,saturated,throughput,throughput_half,mean,mean_half,p50,p50_half,"
           "p90,p90_half,p99,p99_half,p999,p999_half,requests,lost,failed,cores_used,"
           "executors_used,helpers_used,disks_used,bottleneck,bottleneck_used\n");
    for (unsigned i = 0; i < count; i++) {
        const struct point *point = &points[i].point;
        printf("%s,%u,%.9g,%d,%.9g,%.9g,%.9g,%.9g", points[i].runtime, points[i].cores,
               points[i].rate, point->saturated, point->throughput.mean,
               point->throughput.half_width, point->response.mean, point->response.half_width);
        for (unsigned q = 0; q < QUANTILES; q++)
            printf(",%.9g,%.9g", point->quantiles[q].mean, point->quantiles[q].half_width);
        printf(",%.9g,%.9g,%llu,%.9g,%.9g,%.9g,%.9g,%s,%.9g\n", point->requests.mean,
               point->lost.mean, (unsigned long long)point->failed, point->cores, point->executors,
               point->helpers, point->disks, point->bottleneck, point->bottleneck_use);
    }
}

static void print_estimate(const char *name, const struct sim_estimate *estimate)
{
    if (isfinite(estimate->half_width))
        printf(", \"%s\": {\"mean\": %.12g, \"half_width\": %.12g}", name, estimate->mean,
               estimate->half_width);
    else
        printf(", \"%s\": {\"mean\": %.12g, \"half_width\": null}", name, estimate->mean);
}

static void print_json(const struct asked *asked, const struct labelled *points, unsigned count)
{
    static const char *const names[] = {"p50", "p90", "p99", "p999"};
    const struct flux_sim_program *program = asked->model.program;
    printf("{\"format\": 1, \"kind\": \"predicted\", \"program\": \"%s\", \"seed\": %llu, "
           "\"confidence\": %.12g, \"points\": [",
           program->name, (unsigned long long)asked->effort.seed, asked->effort.confidence);
    for (unsigned i = 0; i < count; i++) {
        const struct point *point = &points[i].point;
        printf("%s\n  {\"runtime\": \"%s\", \"cores\": %u, \"load\": %.12g, \"saturated\": %s",
               i > 0 ? "," : "", points[i].runtime, points[i].cores, points[i].rate,
               point->saturated ? "true" : "false");
        print_estimate("throughput", &point->throughput);
        print_estimate("mean", &point->response);
        for (unsigned q = 0; q < QUANTILES; q++)
            print_estimate(names[q], &point->quantiles[q]);
        print_estimate("requests", &point->requests);
        print_estimate("lost", &point->lost);
        printf(", \"cores_used\": %.12g, \"executors_used\": %.12g, \"helpers_used\": %.12g, "
               "\"disks_used\": %.12g, \"bottleneck\": \"%s\", \"bottleneck_used\": %.12g, "
               "\"constraints\": {",
               point->cores, point->executors, point->helpers, point->disks, point->bottleneck,
               point->bottleneck_use);
        for (unsigned k = 0; k < program->constraint_count; k++)
            printf("%s\"%s\": {\"held\": %.12g, \"waited\": %.12g}", k > 0 ? ", " : "",
                   program->constraints[k].name, point->held[k], point->waited[k]);
        printf("}, \"replications\": %u, \"warm_up\": %.12g, \"end\": %.12g, \"little\": %.6g, "
               "\"completed\": %llu, \"failed\": %llu, \"events\": %llu}",
               point->replications, point->warm_up, point->end, point->little,
               (unsigned long long)point->completed, (unsigned long long)point->failed,
               (unsigned long long)point->events);
    }
    printf("\n]}\n");
}

/* Response over load, a curve for each runtime and number of cores. */
static int write_plot(const struct asked *asked, const struct labelled *points, unsigned count)
{
    FILE *file = fopen(asked->plot, "we");
    if (file == NULL)
        return fail("plot", asked->plot, strerror(errno));
    unsigned rates = asked->rates.count;
    fprintf(file,
            "# gnuplot -p %s\nset xlabel 'load'\nset ylabel 'response, ms'\nset logscale y\n"
            "set key left top\nset grid\n",
            asked->plot);
    for (unsigned curve = 0; curve < count / rates; curve++) {
        fprintf(file, "$c%u << end\n", curve);
        for (unsigned i = curve * rates; i < (curve + 1) * rates; i++)
            if (!points[i].point.saturated)
                fprintf(file, "%.9g %.9g %.9g %.9g\n", points[i].rate,
                        1e3 * points[i].point.response.mean,
                        1e3 * points[i].point.quantiles[P50].mean,
                        1e3 * points[i].point.quantiles[P99].mean);
        fprintf(file, "end\n");
    }
    fprintf(file, "plot ");
    for (unsigned curve = 0; curve < count / rates; curve++) {
        const struct labelled *first = &points[curve * rates];
        fprintf(file,
                "%s$c%u using 1:2 with linespoints title '%s, cores: %u, mean', "
                "$c%u using 1:4 with linespoints title '%s, cores: %u, 99 %%'",
                curve > 0 ? ", " : "", curve, first->runtime, first->cores, curve, first->runtime,
                first->cores);
    }
    fprintf(file, "\n");
    return fclose(file) == 0 ? 0 : fail("plot", asked->plot, strerror(errno));
}

static int print(const struct asked *asked, const struct labelled *points, unsigned count)
{
    if (asked->format == FORMAT_JSON)
        print_json(asked, points, count);
    else if (asked->format == FORMAT_CSV)
        print_csv(points, count);
    else
        print_table(asked, points, count);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "%s: standard output: %s\n", program_name, strerror(errno));
        return 2;
    }
    return asked->plot != NULL ? write_plot(asked, points, count) : 0;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const char *settle(struct asked *asked)
{
    struct workload *load = varied_load(asked);
    char text[40];
    const char *error = NULL;
    if (asked->cores.count == 0)
        error = read_range(&asked->cores, "1", true);
    if (error == NULL && asked->rates.count == 0) {
        double rate = rate_of(load);
        snprintf(text, sizeof text, "%.17g", rate > 0 ? rate : 1);
        error = read_range(&asked->rates, text, false);
        if (error == NULL)
            asked->rates.values[0] = rate;
    }
    for (unsigned i = 0; i < asked->cores.count; i++)
        if (asked->cores.values[i] < 1 || asked->cores.values[i] != floor(asked->cores.values[i]))
            return "--cores: whole numbers are expected";
    if (load->kind == WORKLOAD_TRACE) { /* it has an end, and counts as a whole */
        asked->effort.cut = false;
        asked->effort.requests = load->time_count;
    }
    return error != NULL ? error : model_settle(&asked->model) ? NULL : "no memory";
}

static int simulate(struct asked *asked)
{
    const char *error = settle(asked);
    if (error != NULL) {
        fprintf(stderr, "%s: %s\n", program_name, error);
        return 2;
    }
    unsigned count = asked->kind_count * asked->cores.count * asked->rates.count;
    struct labelled *points = calloc(count, sizeof *points);
    int status = 1;
    points_wanted = count;
    if (points == NULL)
        fprintf(stderr, "%s: no memory\n", program_name);
    else if (run_points(asked, points))
        status = print(asked, points, count);
    for (unsigned i = 0; points != NULL && i < count; i++)
        point_free(&points[i].point);
    free(points);
    return status;
}

int main(int argc, char **argv)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    struct asked asked = {
        .effort = {.seed = 1,
                   .requests = 100000,
                   .replications = 10,
                   .replications_most = 1000,
                   .confidence = 0.95,
                   .jobs = cpus > 0 ? (unsigned)cpus : 1,
                   .cut = true},
        .kinds = {MACHINE_EVENT},
        .kind_count = 1,
    };
    const char *slash = strrchr(argv[0], '/');
    program_name = slash != NULL ? slash + 1 : argv[0];
    if (flux_sim_version != FLUX_SIM_VERSION) {
        fprintf(stderr, "%s: made by another version of fluxc than this library\n", program_name);
        return 2;
    }
    sim_random_prepare();
    if (!model_make(&asked.model, &flux_sim_program)) {
        fprintf(stderr, "%s: no memory\n", program_name);
        return 1;
    }
    asked.model.machine = (struct machine){.helpers = 8,
                                           .disks = UNBOUNDED,
                                           .quantum = 0.003,
                                           .backlog = UNBOUNDED,
                                           .max_flows = UNBOUNDED,
                                           .connections = UNBOUNDED,
                                           .speed = 1};
    int status = read_options(&asked, argc, argv);
    if (status < 0)
        status = simulate(&asked);
    model_free(&asked.model);
    free(asked.rates.values);
    free(asked.cores.values);
    return status;
}
