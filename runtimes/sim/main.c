/* main.c - the simulator: runs a point for each combination of what varies. */
#include "command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- points ---------------------------------------------------------------------------------- */

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
                    fprintf(stderr, "%s%s: %s\n", progress ? "\n" : "", command_program_name,
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

/* ---- all of it ------------------------------------------------------------------------------- */

#define EXECUTORS_MOST 65536

static const char *settle(struct asked *asked)
{
    struct workload *load = varied_load(asked);
    char text[40];
    const char *error = NULL;
    if (asked->cores.count == 0)
        error = range_read(&asked->cores, "1", true);
    if (error == NULL && asked->rates.count == 0) {
        double rate = rate_of(load);
        snprintf(text, sizeof text, "%.17g", rate > 0 ? rate : 1);
        error = range_read(&asked->rates, text, false);
        if (error == NULL)
            asked->rates.values[0] = rate;
    }
    for (unsigned i = 0; i < asked->cores.count; i++)
        if (asked->cores.values[i] < 1 || asked->cores.values[i] > EXECUTORS_MOST ||
            asked->cores.values[i] != floor(asked->cores.values[i]))
            return "--cores: whole numbers up to 65536 are expected";
    if (asked->model.machine.loops > EXECUTORS_MOST)
        return "--loops: a whole number up to 65536 is expected";
    if (load->kind == WORKLOAD_CLOSED)
        for (unsigned i = 0; i < asked->rates.count; i++)
            if (asked->rates.values[i] < 1 || asked->rates.values[i] > WORKLOAD_CLIENTS_MOST)
                return "--rate: numbers of clients, up to 10000000, are expected";
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
        fprintf(stderr, "%s: %s\n", command_program_name, error);
        return 2;
    }
    if (asked->arrivals > 0) {
        arrivals_print(varied_load(asked), asked->effort.seed, asked->arrivals);
        return 0;
    }
    unsigned count = asked->kind_count * asked->cores.count * asked->rates.count;
    struct labelled *points = calloc(count, sizeof *points);
    int status = 1;
    points_wanted = count;
    if (points == NULL)
        fprintf(stderr, "%s: no memory\n", command_program_name);
    else if (run_points(asked, points))
        status = report_print(asked, points, count);
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
    command_program_name = slash != NULL ? slash + 1 : argv[0];
    if (flux_sim_version != FLUX_SIM_VERSION) {
        fprintf(stderr, "%s: made by another version of fluxc than this library\n",
                command_program_name);
        return 2;
    }
    sim_random_prepare();
    if (!model_make(&asked.model, &flux_sim_program)) {
        fprintf(stderr, "%s: no memory\n", command_program_name);
        return 1;
    }
    asked.model.machine = (struct machine){.helpers = 8,
                                           .disks = UNBOUNDED,
                                           .quantum = 0.003,
                                           .backlog = UNBOUNDED,
                                           .max_flows = UNBOUNDED,
                                           .connections = UNBOUNDED,
                                           .speed = 1};
    int status = command_read(&asked, argc, argv);
    if (status < 0)
        status = simulate(&asked);
    model_free(&asked.model);
    free(asked.rates.values);
    free(asked.cores.values);
    return status;
}
