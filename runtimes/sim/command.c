#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what can be asked for ------------------------------------------------------------------- */

const char *const kind_names[] = {"thread", "pool", "event"};

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
    "  --order=first|shortest    who is taken next: the first, or whose next computation is\n"
    "                            shortest\n"
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
    "  --arrivals=N              no simulation, but the times of the first N arrivals of the load\n"
    "  --quiet                   no progress\n"
    "  --help\n";

const char *command_program_name;

int command_fail(const char *option, const char *value, const char *why)
{
    fprintf(stderr, "%s: --%s=%s: %s\n", command_program_name, option, value, why);
    return 2;
}

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

const char *range_read(struct range *to, const char *text, bool whole)
{
    static const char wrong[] = "a number, A..B or A..B:STEP is expected";
    char *end;
    double first = sim_number(text, &end), last = first, step;
    if (end == text || !(first >= 1e-9))
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
    if (*end != '\0' || !(last <= 1e9) || !(count <= 10000))
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
    if (equal != NULL && equal < text + strcspn(text, ":")) { /* later: of a file's name */
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
    if (strcmp(text, "none") == 0) {
        *to = INFINITY;
        return NULL;
    }
    const char *error = read_time(to, text);
    return error != NULL || *to == 0 || *to >= 1e-6 ? error
                                                    : "0, none, or a time from 1us on is expected";
}

static const char *read_order(bool *shortest, const char *text)
{
    *shortest = strcmp(text, "shortest") == 0;
    return *shortest || strcmp(text, "first") == 0 ? NULL : "first or shortest is expected";
}

static const char *read_factor(double *to, const char *text)
{
    char *end;
    *to = strtod(text, &end);
    return end != text && *end == '\0' && *to >= 1e-6 && *to <= 1e6
               ? NULL
               : "a number above 0, within a million, is expected";
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
       O_BACKLOG, O_MAX_FLOWS, O_CONNECTIONS, O_ORDER, O_SPEED, O_NODE, O_ARM, O_RATE, O_REQUESTS,
       O_REPLICATIONS, O_PRECISION, O_CONFIDENCE, O_SEED, O_JOBS, O_NO_WARM_UP, O_FORMAT, O_PLOT,
       O_ARRIVALS, O_QUIET, O_HELP };
static const struct option long_options[] = {
    {"load", 1, NULL, O_LOAD}, {"profile", 1, NULL, O_PROFILE}, {"runtime", 1, NULL, O_RUNTIME},
    {"cores", 1, NULL, O_CORES}, {"threads", 1, NULL, O_THREADS}, {"loops", 1, NULL, O_LOOPS},
    {"helpers", 1, NULL, O_HELPERS}, {"disks", 1, NULL, O_DISKS}, {"quantum", 1, NULL, O_QUANTUM},
    {"backlog", 1, NULL, O_BACKLOG}, {"max-flows", 1, NULL, O_MAX_FLOWS},
    {"connections", 1, NULL, O_CONNECTIONS}, {"order", 1, NULL, O_ORDER}, {"cpu-speed", 1, NULL, O_SPEED},
    {"node", 1, NULL, O_NODE}, {"arm", 1, NULL, O_ARM}, {"rate", 1, NULL, O_RATE},
    {"requests", 1, NULL, O_REQUESTS}, {"replications", 1, NULL, O_REPLICATIONS},
    {"precision", 1, NULL, O_PRECISION}, {"confidence", 1, NULL, O_CONFIDENCE},
    {"seed", 1, NULL, O_SEED}, {"jobs", 1, NULL, O_JOBS}, {"no-warm-up", 0, NULL, O_NO_WARM_UP},
    {"format", 1, NULL, O_FORMAT}, {"plot", 1, NULL, O_PLOT},
    {"arrivals", 1, NULL, O_ARRIVALS}, {"quiet", 0, NULL, O_QUIET}, {"help", 0, NULL, O_HELP}, {NULL, 0, NULL, 0},
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
        return range_read(&asked->cores, value, true);
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
    case O_ORDER:
        return read_order(&machine->shortest, value);
    case O_SPEED:
        return read_factor(&machine->speed, value);
    case O_RATE:
        return range_read(&asked->rates, value, false);
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
    case O_ARRIVALS:
        return set_unsigned(&asked->arrivals, value, 1);
    case O_PLOT:
        asked->plot = value;
        return NULL;
    default:
        asked->quiet = true;
        return NULL;
    }
}

static bool has_requests(const struct flux_sim_program *program)
{
    for (unsigned i = 0; i < program->source_count; i++)
        if (program->sources[i].period == 0)
            return true;
    return false;
}

/* What changes the profile comes after it, wherever it stands. Returns -1 to go on, else the exit
 * status. */
int command_read(struct asked *asked, int argc, char **argv)
{
    int option, index = 0;
    for (int pass = 0; pass < 2; pass++) {
        optind = 1;
        while ((option = getopt_long(argc, argv, "", long_options, &index)) != -1) {
            const char *error = NULL;
            if (option == O_HELP) {
                printf(about, command_program_name, asked->model.program->name);
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
                return command_fail(long_options[index].name, optarg, error);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: '%s' is no option; --help lists them\n", command_program_name,
                argv[optind]);
        return 2;
    }
    if (!asked->load_given && !has_requests(asked->model.program)) {
        fprintf(stderr, "%s: all sources are clocks: there are no requests to simulate\n",
                command_program_name);
        return 2;
    }
    if (!asked->load_given) {
        fprintf(stderr, "%s: no load; for example --load=open:poisson:100\n", command_program_name);
        return 2;
    }
    return -1;
}
